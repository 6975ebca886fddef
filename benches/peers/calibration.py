#!/usr/bin/env python3
"""Which scores should set the threshold of a contamination? Promised against realised share of flagged rows.

Each table is split at random: 70 % are the training rows, 30 % are new rows. Four ways to choose the threshold:

  train      the training scores of the detector (lof, knn: without the row itself)
  again      the fitted model scores its training rows
  folds      five fits, each scores the fifth that it was not fitted on
  held-out   a fit on 70 % of the training rows scores the rest; this fit is the model

Writes results/calibration.md. Needs pandas, numpy, pyarrow and a built whis-lab.
"""
import argparse, io, pathlib, subprocess, tempfile
import numpy as np, pandas as pd

SHARES = [0.01, 0.05, 0.15]
ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
ap.add_argument("--program", default="target/release/whis-lab")
ap.add_argument("--data", default="../shared/data/adbench", help="folder of Parquet tables with a column label")
ap.add_argument("--rows", type=int, default=4000, help="sample of each table")
ap.add_argument("--detectors", default="lof,knn,ensemble,isolation-forest")
ap.add_argument("--out", default="results/calibration.md")
args = ap.parse_args()
work = pathlib.Path(tempfile.mkdtemp())


def run(*words):
    return subprocess.run([args.program, *map(str, words)], check=True, capture_output=True, text=True).stdout


def fit(rows, detector, name, share=0.05):
    rows.to_csv(work / f"{name}.csv", index=False)
    run("train", "--file", work / f"{name}.csv", "--detector", detector, "--contamination", share,
        "--out", work / f"{name}.whis")


def scored(model, rows):
    rows.to_csv(work / "rows.csv", index=False)
    text = run("score", "--model", work / f"{model}.whis", "--on-missing", "impute", work / "rows.csv", "--format", "csv")
    return pd.read_csv(io.StringIO(text))


def threshold(scores, share):
    return np.percentile(scores, 100 * (1 - share))


def measure(table, detector, rng):
    order = rng.permutation(len(table))
    cut = int(0.7 * len(table))
    train, new = table.iloc[order[:cut]].reset_index(drop=True), table.iloc[order[cut:]].reset_index(drop=True)
    fit(train, detector, "m")
    later = scored("m", new)
    again = scored("m", train).score
    folds = []
    part = np.arange(cut) % 5
    for fold in range(5):
        fit(train[part != fold], detector, "f")
        folds.append(scored("f", train[part == fold]).score)
    folds = pd.concat(folds)
    inner = int(0.7 * cut)
    fit(train[:inner], detector, "h")
    held, held_later = scored("h", train[inner:]).score, scored("h", new).score
    found = {}
    for share in SHARES:
        # The severity of a row is its percentile among the training scores.
        found["train", share] = (later.severity > 100 * (1 - share)).mean()
        found["again", share] = (later.score > threshold(again, share)).mean()
        found["folds", share] = (later.score > threshold(folds, share)).mean()
        found["held-out", share] = (held_later > threshold(held, share)).mean()
    return found


tables = {}
for path in sorted(pathlib.Path(args.data).glob("*.parquet")):
    table = pd.read_parquet(path).drop(columns="label")
    tables[path.stem] = table.sample(min(len(table), args.rows), random_state=1)
store = work / "store"
run("generate", "--out", store)
for name in ("auth", "process", "admin"):
    table = pd.read_parquet(store / f"{name}_events.parquet")
    features = {"auth": ["hour_of_day", "is_weekend", "is_off_hours", "fail_count_1h", "success_after_fail_15m", "is_admin",
                         "asset_class"],
                "process": ["hour_of_day", "cmd_len", "cmd_entropy", "has_encoded", "signed_parent",
                            "rare_parent_child_7d"],
                "admin": ["method", "off_hours", "recent_4625s_actor_1h"]}[name]
    tables[f"demo {name}"] = table[features].sample(min(len(table), args.rows), random_state=1)

results = {}
for detector in args.detectors.split(","):
    for name, table in tables.items():
        try:
            results[detector, name] = measure(table, detector, np.random.default_rng(1))
        except subprocess.CalledProcessError as error:
            print(detector, name, error.stderr.strip().splitlines()[-1], flush=True)
            continue
        print(detector, name, {k: round(v, 4) for k, v in results[detector, name].items()}, flush=True)

WAYS = ["train", "again", "folds", "held-out"]
lines = ["# Which scores set the threshold: promised against realised share", "", "```console",
         "python benches/peers/calibration.py", "```", "",
         f"{len(tables)} tables of at most {args.rows} rows. Each cell: in how many tables the realised share of the new "
         "rows is within 0.8–1.25 × of the promised one / within 0.5–2 ×; then the median of realised / promised.", "",
         "| detector | promised | " + " | ".join(WAYS) + " |", "|---|---|" + "---|" * len(WAYS)]
for detector in args.detectors.split(","):
    own = {name: found for (d, name), found in results.items() if d == detector}
    for share in SHARES:
        cells = []
        for way in WAYS:
            ratio = np.array([found[way, share] / share for found in own.values()])
            near, within = ((ratio >= 0.8) & (ratio <= 1.25)).sum(), ((ratio >= 0.5) & (ratio <= 2)).sum()
            cells.append(f"{near} / {within} of {len(ratio)}; {np.median(ratio):.2f}")
        lines.append(f"| {detector} | {share:.0%} | " + " | ".join(cells) + " |")
pathlib.Path(args.out).write_text("\n".join(lines) + "\n")
