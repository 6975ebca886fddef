"""Times whis-lab beside the notebook's script: whole processes, the same files, in turn, in one run.

    pip install -r tests/reference/requirements.txt
    cargo build --release
    python benches/peers/run.py PATH/TO/whis-lab

Writes results/speed.md and the part of README.md between its markers. Medians of five after one run that is not counted.
"""

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
import sklearn

ROOT = Path(__file__).resolve().parents[2]
RUNS = 5
FEATURES = ["hour_of_day", "is_weekend", "is_off_hours", "fail_count_1h", "success_after_fail_15m", "is_admin"]
FEATURES += ["asset_class"]


def stores(program: str, folder: Path) -> list[tuple[int, Path]]:
    """Auth tables of 1,000, 10,000 and 1,000,000 rows: evenly spaced rows of one generated store."""
    options = ["generate", "--out", str(folder / "all"), "--users", "3530", "-q"]
    subprocess.run([program, *options], check=True, stdout=subprocess.DEVNULL)
    whole = pd.read_parquet(folder / "all" / "auth_events.parquet")
    made = []
    for rows in (1_000, 10_000, 1_000_000):
        store = folder / str(rows)
        store.mkdir()
        part = whole.iloc[:: len(whole) // rows].head(rows).reset_index(drop=True)
        part.to_parquet(store / "auth_events.parquet")
        made.append((rows, store))
    return made


def timed(command: list[str]) -> float:
    """Wall-clock seconds of one run."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def measured(commands: list[list[str]]) -> list[list[float]]:
    """The commands in turn, A B A B, so that both see the same weather."""
    for command in commands:
        timed(command)
    rounds = [[timed(command) for command in commands] for _ in range(RUNS)]
    return [list(column) for column in zip(*rounds)]


def cell(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.3f} s ({min(seconds):.3f} to {max(seconds):.3f})"


def distinct(store: Path) -> int:
    return len(pd.read_parquet(store / "auth_events.parquet", columns=FEATURES).drop_duplicates())


def row(program: str, rows: int, store: Path, out: Path) -> str:
    ours = [program, "compare", "--table", "auth", "--data", str(store), "--encoding", "ordinal", "-q"]
    ours += ["--out", str(out)]
    script = str(ROOT / "benches" / "peers" / "notebook.py")
    peer = [sys.executable, script, str(store / "auth_events.parquet"), "is_suspicious", *FEATURES]
    start = f"| {rows:,} | {distinct(store):,} | "
    if rows > 100_000:
        (mine,) = measured([ours])
        return start + f"{cell(mine)} | not run | – |"
    mine, theirs = measured([ours, peer])
    ratio = statistics.median(b / a for a, b in zip(mine, theirs))
    return start + f"{cell(mine)} | {cell(theirs)} | {ratio:.0f} × |"


def table(program: str) -> str:
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = [row(program, rows, store, folder / "results") for rows, store in stores(program, folder)]
    head = [
        "| rows (d = 7) | distinct | whis-lab | scikit-learn | ratio |",
        "|---|---|---|---|---|",
    ]
    cpu = f"{os.cpu_count()} cores, {platform.machine()}"
    said = (
        f"{version} beside scikit-learn {sklearn.__version__} (Python {platform.python_version()}, n_jobs=2), {cpu}: "
        f"isolation forest, one-class SVM and LOF on the demo auth table, ordinal encoding, whole process from file to "
        f"report, medians of {RUNS} in turn with their range. The peer is not run on 1,000,000 rows: its SVM grows with "
        f"the square of the rows."
    )
    return "\n".join([said, "", *head, *lines])


def splice(path: Path, text: str) -> None:
    begin, end = "<!-- speed: written by benches/peers/run.py -->", "<!-- end of speed -->"
    readme = path.read_text()
    before, rest = readme.split(begin)
    path.write_text(f"{before}{begin}\n{text}\n{end}{rest.split(end)[1]}")


def main() -> None:
    text = table(str(Path(sys.argv[1]).resolve()))
    (ROOT / "results").mkdir(exist_ok=True)
    (ROOT / "results" / "speed.md").write_text(text + "\n")
    splice(ROOT / "README.md", text)
    print(text)


if __name__ == "__main__":
    main()
