"""Measures `whis-lab score` beside scikit-learn's IsolationForest.score_samples: the same files, in turn, in one run.

    pip install -r tests/reference/requirements.txt
    cargo build --release
    python benches/peers/score.py PATH/TO/whis-lab [FOLDER] [--quick]

FOLDER holds ADBench tables, as for adbench.py; of them cover is scored. Writes results/score.md: throughput with its
spread, latency through a running pipe, memory at 1, 10 and 100 million rows, and how long a model takes to load. --quick
takes fewer runs and stops at two million rows; it writes nothing.
"""

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import sklearn
from sklearn.ensemble import IsolationForest

from adbench import folder_of

ROOT = Path(__file__).resolve().parents[2]
FEATURES = ["hour_of_day", "is_weekend", "is_off_hours", "fail_count_1h", "success_after_fail_15m", "is_admin"]
FEATURES += ["asset_class"]
FOREST = {"n_estimators": 100, "max_samples": 256, "n_jobs": 2, "random_state": 0}


def run(command: list) -> tuple[float, float]:
    """Wall-clock seconds of one run, and those that `score` says it spent in the model."""
    began = time.perf_counter()
    done = subprocess.run([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{command}: {done.stderr}")
    took = time.perf_counter() - began
    in_model = re.search(r"([0-9.]+) s in the model", done.stderr)
    return took, float(in_model[1]) if in_model else 0.0


def resident(command: list) -> tuple[float, float]:
    """Wall-clock seconds and the largest resident set in MiB of one run, as /proc has it: what wait4 says of a child
    begins with what its parent had."""
    began = time.perf_counter()
    child = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL)
    largest = 0
    while child.poll() is None:
        status = Path(f"/proc/{child.pid}/status").read_text().splitlines()
        largest = max([largest, *(int(line.split()[1]) for line in status if line.startswith("VmHWM"))])
        time.sleep(0.005)
    if child.returncode != 0:
        sys.exit(f"{command} failed")
    return time.perf_counter() - began, largest / 1024


def repeated(program: str, folder: Path, rows: int) -> Path:
    """The demo's auth table, as its users see it: few distinct rows."""
    users = max(20, rows * 3530 // 1_000_000)
    run([program, "generate", "--out", folder / "demo", "--users", users, "-q"])
    whole = pd.read_parquet(folder / "demo" / "auth_events.parquet").head(rows).reset_index(drop=True)
    whole.to_parquet(folder / "auth_events.parquet")
    return folder / "auth_events.parquet"


def distinct(folder: Path, rows: int) -> Path:
    """Five columns of normal numbers: no row twice."""
    numbers = np.random.default_rng(1).normal(size=(rows, 5))
    path = folder / "random.parquet"
    pd.DataFrame(numbers, columns=[f"f{column}" for column in range(5)]).to_parquet(path)
    return path


def cover(tables: Path, folder: Path) -> Path:
    """A real table, its rows all but unlike, without the label."""
    path = folder / "cover.parquet"
    pd.read_parquet(tables / "cover.parquet").drop(columns="label").to_parquet(path)
    return path


def matrix(path: Path) -> pd.DataFrame:
    """What the forest of scikit-learn is given: categories one-hot, as whis-lab does by default."""
    columns = FEATURES if path.stem == "auth_events" else None
    return pd.get_dummies(pd.read_parquet(path, columns=columns)).astype(float)


def spread(values: list[float], digits: int) -> str:
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f} to {max(values):,.{digits}f})"


def detector_alone(program: str, path: Path) -> float:
    """Seconds of the detector on encoded rows in memory, as `compare` reports them: it fits, too."""
    source = ["--data", path.parent, "--table", "auth"] if path.stem == "auth_events" else ["--file", path]
    command = [program, "compare", *source, "--detectors", "isolation-forest", "--runs", "1", "--timings", "--format", "json"]
    command += ["-q", "--out", path.with_name("results")]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True)
    return sum(json.loads(done.stdout)["tables"][0]["runs"][0]["seconds"].values())


def throughput(program: str, path: Path, model: Path, runs: int) -> str:
    """Rows a second, A B A B, so that both see the same weather."""
    frame = matrix(path)
    forest = IsolationForest(**FOREST).fit(frame)
    rows, features = len(frame), len(FEATURES) if path.stem == "auth_events" else frame.shape[1]
    ours = [program, "score", "--model", model, path, "--out", path.with_name("scored.parquet")]
    run(ours)
    forest.score_samples(frame.head(1000))
    rounds = []
    for _ in range(runs):
        mine, in_model = run(ours)
        detector = detector_alone(program, path)
        began = time.perf_counter()
        table = matrix(path)
        read = time.perf_counter()
        forest.score_samples(table)
        ended = time.perf_counter()
        rounds.append([rows / seconds for seconds in (mine, in_model, detector, ended - read, ended - began)])
    mine, in_model, detector, alone, whole = (list(column) for column in zip(*rounds))
    of_detectors = [a / b for a, b in zip(detector, alone)]
    of_models = [a / b for a, b in zip(in_model, alone)]
    of_wholes = [a / b for a, b in zip(mine, whole)]
    unlike = len(frame.drop_duplicates())
    return (
        f"| {path.stem} | {rows:,} | {features} | {unlike:,} | {spread(alone, 0)} | {spread(detector, 0)} | "
        f"{spread(of_detectors, 1)} × | {spread(in_model, 0)} | {spread(of_models, 1)} × | {spread(mine, 0)} | "
        f"{spread(whole, 0)} | {spread(of_wholes, 1)} × |"
    )


def latency(program: str, path: Path, model: Path, events: int) -> tuple[list[float], list[float]]:
    """Milliseconds from writing an event to a running pipe to reading its score, and of score_samples on one row."""
    command = [str(part) for part in [program, "score", "--model", model, "-", "-q"]]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    rows = pd.read_parquet(path).head(events + 100)
    lines = [json.dumps(row, default=str) + "\n" for row in rows.to_dict("records")]
    taken = []
    for line in lines:
        began = time.perf_counter()
        child.stdin.write(line.encode())
        child.stdin.flush()
        answer = child.stdout.readline()
        taken.append((time.perf_counter() - began) * 1000)
        assert b'"score":' in answer, answer
    child.stdin.close()
    if child.wait() != 0:
        sys.exit("the pipe ended badly")
    frame = matrix(path)
    forest = IsolationForest(**{**FOREST, "n_jobs": 1}).fit(frame)
    alone = []
    for row in range(100):
        began = time.perf_counter()
        forest.score_samples(frame.iloc[[row]])
        alone.append((time.perf_counter() - began) * 1000)
    return taken[100:], alone[10:]


def memory(program: str, path: Path, model: Path, millions: int) -> str:
    """So many links to a table of a million rows, scored as one table."""
    shards = path.with_name(f"shards-{millions}")
    shards.mkdir()
    for number in range(millions):
        os.link(path, shards / f"part-{number:03}.parquet")
    out = path.with_name("large.parquet")
    seconds, largest = resident([program, "score", "--model", model, shards, "--out", out, "-q"])
    size = out.stat().st_size / 2**20
    out.unlink()
    rows = millions * len(pd.read_parquet(path, columns=["ts"]))
    return f"| {rows:,} | {largest:,.0f} MiB | {seconds:,.1f} s | {rows / seconds:,.0f} | {size:,.0f} MiB |"


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[int(share * (len(values) - 1))]


def measured(program: str, tables: Path, folder: Path, quick: bool) -> str:
    million = 100_000 if quick else 1_000_000
    runs, events = (2, 300) if quick else (5, 2_000)
    auth = repeated(program, folder, million)
    random = distinct(folder, million * 8 // 10)
    real = cover(tables, folder)
    models = {path: folder / f"{path.stem}.whis" for path in (auth, real, random)}
    run([program, "train", "--data", folder, "--table", "auth", "--out", models[auth], "-q"])
    for path in (real, random):
        run([program, "train", "--file", path, "--out", models[path], "-q"])
    lines = [
        "| table | rows | features | distinct rows | score_samples, rows/s | detector, rows/s | ratio | "
        "in `score`, rows/s | ratio | whis-lab score, rows/s | read and score_samples, rows/s | ratio |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
        *[throughput(program, path, models[path], runs) for path in models],
    ]
    taken, alone = latency(program, auth, models[auth], events)
    one = folder / "one.csv"
    pd.read_parquet(auth).head(1).to_csv(one, index=False)
    load = [run([program, "score", "--model", models[auth], one, "-q"])[0] * 1000 for _ in range(runs + 1)][1:]
    sizes = (1, 2) if quick else (1, 10, 100)
    memories = [memory(program, auth, models[auth], millions) for millions in sizes]
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    said = (
        f"{version} beside scikit-learn {sklearn.__version__} (Python {platform.python_version()}, n_jobs=2), "
        f"{os.cpu_count()} cores, {platform.machine()}: isolation forests of 100 trees on 256 rows each. On the "
        f"left the models alone: the call of score_samples on rows that are encoded; beside it the detector on encoded "
        f"rows in memory, its fit included and equal rows folded before (`compare --timings`); and what `whis-lab "
        f"score` says it spent in the model, with encoding, folding, severities and verdicts, while the table is read "
        f"and written on the same cores. On the right all of it: the whole "
        f"process of whis-lab, from its start to a Parquet file with every column and the scores on the disk, and "
        f"reading, encoding and scoring the same file in a Python that runs already, without writing anything. "
        f"Medians of {runs} in turn, with their range."
    )
    pipe = (
        f"One event through a running `whis-lab score -`, from writing the line to reading its score: median "
        f"{statistics.median(taken):.3f} ms, 99th percentile {percentile(taken, 0.99):.3f} ms over {events:,} events; "
        f"score_samples on one row in memory (n_jobs=1): median {statistics.median(alone):.2f} ms. Start, load the "
        f"model, score one row and end: {spread(load, 0)} ms."
    )
    table = ["| rows | largest resident set | time | rows/s | output |", "|---|---|---|---|---|", *memories]
    return "\n".join([said, "", *lines, "", pipe, "", *table])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        program = str(Path(arguments.program).resolve())
        text = measured(program, folder_of(arguments.folder), Path(name), arguments.quick)
    if not arguments.quick:
        (ROOT / "results").mkdir(exist_ok=True)
        (ROOT / "results" / "score.md").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
