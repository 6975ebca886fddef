"""How copies of a row should count for LOF: AUC of both modes, beside scikit-learn's, which holds each copy as a row.

    pip install -r tests/reference/requirements.txt
    cargo build --release
    python benches/peers/lof_duplicates.py PATH/TO/whis-lab ADBENCH_FOLDER

Writes results/lof_duplicates.md. In sample, k = 20; categories one-hot; demo stores of seeds 42, 1, 2 and 7.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import LocalOutlierFactor
from sklearn.preprocessing import StandardScaler

ROOT = Path(__file__).resolve().parents[2]
SEEDS = (42, 1, 2, 7)
LARGEST_FOR_PEER = 60_000


def ours(program: str, arguments: list[str], mode: str, folder: Path) -> tuple[float, int, int]:
    command = [program, "compare", "-q", "--detectors", "lof", "--params", f"lof.duplicates={mode}", "--format", "json"]
    ran = subprocess.run([*command, "--out", str(folder), *arguments], check=True, capture_output=True, text=True)
    table = json.loads(ran.stdout)["tables"][0]
    return table["runs"][0]["auc"], table["rows"], table["distinct_rows"]


def peer(frame: pd.DataFrame, features: list[str], label: str) -> float | None:
    if len(frame) > LARGEST_FOR_PEER:
        return None
    x = StandardScaler().fit_transform(pd.get_dummies(frame[features]).astype(float))
    model = LocalOutlierFactor(n_neighbors=20, n_jobs=2).fit(x)
    return roc_auc_score(frame[label].astype(int), -model.negative_outlier_factor_)


def line(name: str, found: list[tuple[float, float, float | None]], rows: str) -> str:
    def mean(values):
        return f"{sum(values) / len(values):.3f}" if None not in values else "–"

    distinct, copies, theirs = (mean(column) for column in zip(*found))
    return f"| {name} | {rows} | {distinct} | {copies} | {theirs} |"


def public(program: str, folder: Path, scratch: Path) -> list[str]:
    lines = []
    for path in sorted(folder.glob("*.parquet")):
        arguments = ["--file", str(path), "--label", "label"]
        (distinct, rows, different), (copies, *_) = (ours(program, arguments, m, scratch) for m in ("distinct", "copies"))
        frame = pd.read_parquet(path)
        features = [column for column in frame if column != "label"]
        lines.append(line(path.stem, [(distinct, copies, peer(frame, features, "label"))], f"{rows:,} / {different:,}"))
    return lines


def demo(program: str, scratch: Path) -> list[str]:
    found: dict[str, list] = {}
    sizes: dict[str, str] = {}
    for seed in SEEDS:
        store = scratch / f"store{seed}"
        subprocess.run([program, "generate", "-q", "--out", str(store), "--seed", str(seed)], check=True, stdout=-3)
        for table in ("auth", "process", "admin"):
            arguments = ["--data", str(store), "--table", table]
            (distinct, rows, different), (copies, *_) = (ours(program, arguments, m, scratch) for m in ("distinct", "copies"))
            schema = json.loads((ROOT / "src" / "schema" / f"{table}_events.json").read_text())
            features = [feature["name"] for feature in schema["features"]]
            frame = pd.read_parquet(store / f"{table}_events.parquet")
            found.setdefault(table, []).append((distinct, copies, peer(frame, features, "is_suspicious")))
            sizes.setdefault(table, f"{rows:,} / {different:,}")
    return [line(f"demo {table}", values, sizes[table]) for table, values in found.items()]


def main() -> None:
    program, folder = str(Path(sys.argv[1]).resolve()), Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as scratch:
        lines = public(program, folder, Path(scratch)) + demo(program, Path(scratch))
    head = ["| table | rows / distinct | `distinct` | `copies` | scikit-learn |", "|---|---|---|---|---|"]
    text = "\n".join([__doc__.strip().splitlines()[-1], "", *head, *lines]) + "\n"
    (ROOT / "results" / "lof_duplicates.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
