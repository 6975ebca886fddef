"""Features of the time: every detector with and without `--time-features`, on tables with a time column.

    pip install numpy polars
    cargo build --release
    python benches/peers/time_features.py

Writes results/time_features.md: AUC and AP on the demo store, read as files without its own calendar columns, and
recall@20 of planted rows in a VPN log with times in place of its hours. About four minutes.

    --whis-lab PATH    the program; default: target/release/whis-lab, or the same in $CARGO_TARGET_DIR
    --detectors A,B    the detectors; default: all that `whis-lab detectors` lists
    --seeds A,B        the seeds of the tables; default: 42,1,2,7
"""

import argparse
import csv
import importlib.util
import os
import statistics
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from types import ModuleType

import numpy as np
import polars as pl

import page
import process

def of_encodings() -> ModuleType:
    """encodings.py beside this file: a package of Python has the same name."""
    spec = importlib.util.spec_from_file_location("simulated", Path(__file__).with_name("encodings.py"))
    module = sys.modules["simulated"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


simulated = of_encodings()
CALENDAR = ["hour_of_day", "is_weekend", "is_off_hours", "off_hours"]
FEATURES = {
    "auth": ["fail_count_1h", "success_after_fail_15m", "is_admin", "asset_class"],
    "process": ["cmd_len", "cmd_entropy", "has_encoded", "signed_parent", "rare_parent_child_7d"],
    "admin": ["method", "recent_4625s_actor_1h", "asset_class"],
}
WITH = [[], ["--time-features"]]
PROTOCOLS = ["in-sample", "clean", "time"]
LIMIT = 120
TOP = simulated.TOP
START = 1_772_409_600  # Monday, 2026-03-02


def demo(program: str, scratch: Path, seeds: list[int], detectors: list[str], found: dict) -> None:
    for seed in seeds:
        store = scratch / f"store-{seed}"
        process.run([program, "generate", "-q", "--out", str(store), "--seed", str(seed)])
        for name, features in FEATURES.items():
            table = pl.read_parquet(store / f"{name}_events.parquet")
            file = scratch / f"{name}.parquet"
            table.drop([column for column in CALENDAR if column in table.columns]).write_parquet(file)
            source = [*process.columns(file, "is_suspicious"), "--time", "ts", "--features", ",".join(features)]
            for protocol in PROTOCOLS:
                for at, flags in enumerate(WITH):
                    arguments = [*source, *flags, "--protocol", protocol, "--detectors", ",".join(detectors)]
                    answer = process.compare(program, arguments, LIMIT * len(detectors))
                    for detector in detectors:
                        run = answer.run(detector)
                        for metric in ("auc", "average_precision"):
                            if run[metric] is not None:
                                found[f"demo {name}, {protocol}", detector, metric, at].append(run[metric])
            print(f"demo {name}, seed {seed}", flush=True)


def vpn(seed: int) -> tuple[dict, np.ndarray]:
    """The VPN log of encodings.py, with a time on a day of four weeks in place of the hour."""
    table = simulated.vpn(simulated.VPN_ROWS, seed)
    rng = np.random.default_rng([seed, 5])
    hour = table.columns.pop("hour")
    day = rng.choice([day for day in range(28) if day % 7 < 5], len(hour))
    seconds = START + 86_400 * day + 3_600 * hour.astype(int) + rng.integers(0, 3_600, len(hour))
    times = np.array([str(np.datetime64(int(at), "s")).replace("T", " ") for at in seconds])
    return {"time": times, **table.columns}, table.kinds


def planted(program: str, scratch: Path, seeds: list[int], detectors: list[str], found: dict) -> None:
    for seed in seeds:
        columns, kinds = vpn(seed)
        file = simulated.write_csv(scratch / "vpn.csv", columns)
        for detector in detectors:
            for at, flags in enumerate(WITH):
                model, out = scratch / "vpn.whis", scratch / "scores.csv"
                source = ["--file", str(file), "--features", ",".join(list(columns)[1:])]
                process.run([program, "train", "-q", *source, *flags, "--detector", detector, "--out", str(model)])
                score = [program, "score", "-q", "--model", str(model), str(file), "--out", str(out)]
                process.run([*score, "--on-missing", "impute"])
                with out.open(encoding="utf-8") as rows:
                    scores = np.array([float(row["score"]) for row in csv.DictReader(rows)])
                first = in_the_first(scores)
                for kind in ("hour", "all"):
                    own = kinds != "normal" if kind == "all" else kinds == kind
                    found[f"vpn, planted: {kind}", detector, "recall", at].append(float(first[own].mean()))
        print(f"vpn, seed {seed}", flush=True)


def in_the_first(scores: np.ndarray) -> np.ndarray:
    """The probability of a place among the first, if equal scores are in random order."""
    ordered = np.sort(scores)
    above = len(scores) - np.searchsorted(ordered, scores, "right")
    equal = len(scores) - above - np.searchsorted(ordered, scores, "left")
    return np.clip((TOP - above) / equal, 0, 1)


def mean(found: dict, table: str, metric: str, at: int, detector: str | None = None) -> float | None:
    own = [
        statistics.mean(values)
        for (name, who, what, which), values in found.items()
        if (name, what, which) == (table, metric, at) and detector in (None, who)
    ]
    return statistics.mean(own) if own else None


def rows(found: dict, tables: list[str], metric: str, detector: str | None = None) -> list[str]:
    means = [[mean(found, table, metric, at, detector) for table in tables] for at in (0, 1)]
    pairs = [pair for pair in zip(*means) if None not in pair]
    if not pairs:
        return ["–"] * 3
    without, within = (statistics.mean(values) for values in zip(*pairs))
    return [page.fixed(without), page.fixed(within), f"{within - without:+.4f}"]


def text(found: dict, detectors: list[str], seeds: list[int], command: str) -> str:
    tables = sorted({name for name, *_ in found}, key=lambda name: (name.startswith("vpn"), name))
    demo_tables = [name for name in tables if name.startswith("demo")]
    head = ["without", "with", "difference"]
    by_table = [
        [name, metric.replace("average_precision", "AP").replace("auc", "AUC"), *rows(found, [name], metric)]
        for name in tables
        for metric in (["recall"] if name.startswith("vpn") else ["auc", "average_precision"])
    ]
    by_detector = [
        [
            detector,
            *rows(found, demo_tables, "average_precision", detector),
            *rows(found, ["vpn, planted: all"], "recall", detector),
        ]
        for detector in detectors
    ]
    return f"""# Features of the time

{command} Seeds of the tables: {", ".join(map(str, seeds))}; detectors at their defaults, seed 42.

The tables of the demo store are read as files without their own calendar columns. The VPN log of
[encodings.md](encodings.md) has a time in place of its hour: `train` learns from all rows without labels, `score` ranks
them, and recall is the share of planted rows among the first {TOP}. One of four planted rows is at an odd hour: `hour`.
Equal scores are in random order. Each figure is the mean over seeds and detectors.

`--time-features` is off by default. The attacks of the demo store are made at odd hours, so its tables favor these
features. In the VPN log they find rows at odd hours and cost other rows; users have different hours, and these features do
not know the user.

## Tables

{page.table(["table", "metric", *head], by_table, 2)}

## Detectors

AP is the mean over the demo tables and protocols, recall that of all planted rows.

{page.table(["detector", *(f"AP {name}" for name in head), *(f"recall {name}" for name in head)], by_detector)}
"""


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    target = Path(os.environ.get("CARGO_TARGET_DIR", page.ROOT / "target"))
    parser.add_argument("--whis-lab", default=str(target / "release" / "whis-lab"))
    parser.add_argument("--detectors", type=lambda names: names.split(","))
    parser.add_argument("--seeds", type=lambda seeds: [int(seed) for seed in seeds.split(",")], default=simulated.SEEDS)
    return parser.parse_args()


def main() -> None:
    arguments = parsed()
    program = arguments.whis_lab
    detectors = arguments.detectors or process.detectors(program)
    found: dict = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        planted(program, Path(folder), arguments.seeds, detectors, found)
        demo(program, Path(folder), arguments.seeds, detectors, found)
    said = f"Written by `python benches/peers/time_features.py`: {page.versions('numpy', 'polars')}; {page.machine()}."
    page.write("time_features.md", text(found, detectors, arguments.seeds, said))


if __name__ == "__main__":
    main()
