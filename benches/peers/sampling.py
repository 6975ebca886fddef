"""What fitting on a sample costs in AUC, and saves in time: the detectors that grow with the rows, on large tables.

    cargo build --release
    python benches/peers/sampling.py PATH/TO/whis-lab [FOLDER]

FOLDER as for adbench.py. Writes results/sampling.md: AUC and seconds of fitting and scoring with all rows and with
`--fit-rows`, every row scored, mean over seeds where a sample was drawn. About five minutes.
"""

import argparse
import statistics
from pathlib import Path

import page
import process
from adbench import folder_of

DETECTORS = ["one-class-svm", "lof", "knn"]
TABLES = ["mammography", "shuttle", "http", "cover"]
SAMPLES = [1_000, 5_000, 20_000]
SEEDS = [42, 43, 44]


def measured(program: str, path: Path, detector: str, rows: int | None) -> tuple[str, str]:
    """AUC with its range, and the median of seconds."""
    found, seconds = [], []
    for seed in SEEDS if rows else SEEDS[:1]:
        arguments = [*process.columns(path), "--detectors", detector, "--seed", str(seed)]
        answer = process.compare(program, arguments + (["--fit-rows", str(rows)] if rows else []), 600)
        found.append(answer.run(detector)["auc"])
        seconds.append(answer.seconds(detector))
    spread = "" if len(found) == 1 else f" ({min(found):.3f} to {max(found):.3f})"
    return f"{statistics.mean(found):.3f}{spread}", f"{page.short(statistics.median(seconds))} s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("folder", nargs="?", type=Path)
    arguments = parser.parse_args()
    folder = folder_of(arguments.folder)
    lines = []
    for table in TABLES:
        for detector in DETECTORS:
            cells = [measured(arguments.program, folder / f"{table}.parquet", detector, rows) for rows in [*SAMPLES, None]]
            lines.append([table, detector, *(f"{auc}, {seconds}" for auc, seconds in cells)])
            print(lines[-1], flush=True)
    head = ["table", "detector", *(f"{rows:,} rows" for rows in SAMPLES), "all rows"]
    about = (
        f"AUC in sample and seconds of fitting and scoring, fitted on a random sample of so many rows (`--fit-rows`; "
        f"`--time-limit` chooses their number) and on all, every row scored. Mean of {len(SEEDS)} seeds with their range "
        f"where a sample was drawn. {page.machine()}.\n\n"
    )
    page.write("sampling.md", about + page.table(head, lines, 2) + "\n")


if __name__ == "__main__":
    main()
