"""How often the gate fails without a reason, and how often it finds a fall.

    cargo build --release
    python benches/peers/gate.py PATH/TO/whis-lab

On the tables of fixtures/. Writes results/gate.md: the baseline is recorded with seed 42, then checked with other seeds
(same program, same data), with noise in a column, and with a weaker detector under the name of the recorded one.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

import page

FIXTURES = page.ROOT / "fixtures"
SEEDS = range(1, 21)
LABEL = ["--label", "is_suspicious"]
FEATURES = {
    "auth_events": "hour_of_day,is_weekend,is_off_hours,fail_count_1h,success_after_fail_15m,is_admin,asset_class",
    "process_events": "hour_of_day,cmd_len,cmd_entropy,has_encoded,signed_parent,rare_parent_child_7d",
    "admin_events": "method,off_hours,recent_4625s_actor_1h",
}
# A column that the detectors need, and the shares of its rows that are shuffled.
NOISE = {"auth_events": "fail_count_1h", "process_events": "rare_parent_child_7d", "admin_events": "recent_4625s_actor_1h"}
SHARES = [0.03, 0.2, 0.4]
DETECTORS = ["isolation-forest", "ecod", "hbos", "one-class-svm"]
# A detector that is worse by about 0.02, and the recorded one, under whose name it runs.
WEAKER = [
    ("auth_events", "mcd", "copod"),
    ("auth_events", "ensemble", "isolation-forest"),
    ("auth_events", "max(isolation-forest,copod)", "isolation-forest"),
    ("process_events", "copod", "ecod"),
    ("process_events", "copod", "autoencoder"),
    ("process_events", "one-class-svm", "isolation-forest"),
    ("process_events", "mean(isolation-forest,copod)", "isolation-forest"),
    ("admin_events", "pca", "extended-isolation-forest"),
]


def gate(program: str, *arguments: str) -> dict:
    ran = subprocess.run([program, "--quiet", "gate", *arguments], capture_output=True, text=True)
    if ran.returncode == 2:
        raise SystemExit(ran.stderr)
    return json.loads(ran.stdout) if "json" in arguments else {}


def file_arguments(table: str, path: Path, baseline: Path) -> list[str]:
    rows = ["--file", str(path), "--name", table, *LABEL, "--features", FEATURES[table]]
    return [*rows, "--baseline", str(baseline)]


def with_seed(baseline: Path, seed: int, to: Path) -> Path:
    document = json.loads(baseline.read_text())
    document["seed"] = seed
    to.write_text(json.dumps(document))
    return to


def words(entries: list[dict]) -> str:
    found = [entry["checks"][0]["outcome"] for entry in entries]
    return ", ".join(f"{word} {found.count(word)}" for word in sorted(set(found)))


def fall(entries: list[dict]) -> float:
    return -float(np.mean([entry["checks"][0]["difference"] for entry in entries]))


def same(program: str, folder: Path) -> list[list[str]]:
    """Other seeds, same program and data: all detectors on all tables of the fixtures."""
    baseline = folder / "same.json"
    store = ["--data", str(FIXTURES)]
    gate(program, *store, "--baseline", str(baseline), "--bless")
    failed, entries = 0, []
    for seed in SEEDS:
        answer = gate(program, *store, "--baseline", str(with_seed(baseline, seed, folder / "s.json")), "--format", "json")
        failed += not answer["passed"]
        entries += answer["entries"]
        print("same", seed, answer["failed"], flush=True)
    return [["all tables, all detectors", str(len(SEEDS)), str(failed), words(entries)]]


def noisy(program: str, folder: Path) -> list[list[str]]:
    """Noise in a column, with another seed for each draw."""
    lines = []
    for table, column in NOISE.items():
        rows = pd.read_parquet(FIXTURES / f"{table}.parquet")
        baseline = folder / f"{table}.json"
        recorded = file_arguments(table, FIXTURES / f"{table}.parquet", baseline)
        gate(program, *recorded, "--detectors", ",".join(DETECTORS), "--bless")
        for share in SHARES:
            by_detector: dict[str, list[dict]] = {}
            for seed in SEEDS:
                rng = np.random.default_rng(seed)
                noisy = rows.copy()
                chosen = rng.random(len(rows)) < share
                noisy.loc[chosen, column] = rng.permutation(rows[column].to_numpy())[chosen]
                path = folder / f"{table}.parquet"
                noisy.to_parquet(path)
                check = file_arguments(table, path, with_seed(baseline, seed, folder / "n.json"))
                for entry in gate(program, *check, "--format", "json")["entries"]:
                    by_detector.setdefault(entry["detector"], []).append(entry)
            for detector, entries in by_detector.items():
                failed = sum(entry["failed"] for entry in entries)
                lines.append(
                    [table, f"{share:.0%} of `{column}`", detector, f"{fall(entries):+.4f}", str(failed), words(entries)]
                )
                print(lines[-1], flush=True)
    return lines


def weaker(program: str, folder: Path) -> list[list[str]]:
    """A weaker detector under the name of the recorded one, with other seeds."""
    lines = []
    for table, weak, strong in WEAKER:
        recorded, under = folder / "strong.json", folder / "weak.json"
        for path in (recorded, under):
            path.unlink(missing_ok=True)
        rows = FIXTURES / f"{table}.parquet"
        gate(program, *file_arguments(table, rows, recorded), "--detectors", strong, "--bless")
        document = json.loads(recorded.read_text())
        document["tables"][table] = {weak: document["tables"][table][strong]}
        entries = []
        for seed in SEEDS:
            document["seed"] = seed
            under.write_text(json.dumps(document))
            check = [*file_arguments(table, rows, under), "--detectors", weak, "--format", "json"]
            entries += gate(program, *check)["entries"]
        failed = sum(entry["failed"] for entry in entries)
        lines.append([table, f"`{weak}` for `{strong}`", f"{fall(entries):+.4f}", str(failed), words(entries)])
        print(lines[-1], flush=True)
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    program = parser.parse_args().program
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        parts = [weaker(program, folder), noisy(program, folder), same(program, folder)]
    counts = f"Each line is {len(SEEDS)} runs with {len(SEEDS)} other seeds; the baseline has seed 42. Five seeds a run."
    text = [
        f"`python benches/peers/gate.py whis-lab`. {counts} \"Failed\" counts runs in which the entry fails, by its AUC, its "
        "average precision or its recall. The words are those of the AUC.",
        "## Same program, same data",
        page.table(["entries", "runs", "failed runs", "words"], parts[2]),
        "## A weaker detector under the same name",
        page.table(["table", "detector", "fall of the AUC", "failed", "words"], parts[0], 2),
        "## Noise in a column",
        "The values of a share of the rows are shuffled. The data are then others than those of the baseline, so an entry "
        "that is not worse says \"data changed\". The rows are paired by their numbers.",
        page.table(["table", "noise", "detector", "fall of the AUC", "failed", "words"], parts[1], 3),
        "What this cannot show: falls on other tables, and rows that depend on each other. The test treats rows as "
        "independent. On 11 suspicious rows (admin) a fall of 0.02 is one row that moves by a fifth of the table. Two detectors "
        "that rank other rows high, such as `one-class-svm` and `isolation-forest`, have a large paired variance: their "
        "difference of 0.02 is not told from chance. All runs of a part share one baseline, so they are not independent; "
        "0 failures in 20 runs exclude rates above 14 % (95 %), not one of 5 %. The pairs of detectors and the noisy "
        "columns were chosen on these tables, for a fall of about 0.02. `cmd_entropy` was tried first: 20 % of its rows "
        "moved an AUC by less than 0.005.",
    ]
    page.write("gate.md", "\n\n".join(text) + "\n")


if __name__ == "__main__":
    main()
