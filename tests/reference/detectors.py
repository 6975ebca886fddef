"""Reference values for the detectors and the scaler, from scikit-learn."""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from fixture import write
from sklearn.ensemble import IsolationForest
from sklearn.ensemble._iforest import _average_path_length
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler
from sklearn.svm import OneClassSVM

SEED = 20240117
COMMAND = "python tests/reference/detectors.py"
PACKAGES = ["scikit-learn", "numpy"]
NEW_ROWS = 50
# On larger tables a seed takes seconds.
FEW_ROWS = 20_000


def blobs(rng, rows):
    """Two clouds and a few strays."""
    centers = rng.choice([[-2.0, 0.0], [2.0, 1.0]], size=rows)
    spread = np.where(rng.random(rows) < 0.05, 3.0, 0.5)
    return centers + spread[:, None] * rng.standard_normal((rows, 2))


def duplicates(rng, rows):
    """Rows that repeat, the first ones most often, as in a table of events."""
    distinct = rng.standard_normal((max(rows // 4, 1), 5))
    often = 1.0 / np.arange(1, len(distinct) + 1)
    return distinct[rng.choice(len(distinct), size=rows, p=often / often.sum())]


def integers(rng, rows):
    """An hour, a count and a flag."""
    columns = [rng.integers(0, 24, rows), rng.poisson(2.0, rows), rng.random(rows) < 0.2]
    return np.column_stack(columns).astype(float)


def one_class_svm_case(name, make, rng):
    """One table, fitted with three values of nu. Rounding keeps the file small, and comes before fitting."""
    train, new = make(rng, {"blobs": 200, "duplicates": 300, "integers": 150}[name]), make(rng, NEW_ROWS)
    scaler = StandardScaler().fit(train)
    train, new = scaler.transform(train).round(6), scaler.transform(new).round(6)
    return {
        "name": name,
        "gamma": 1.0 / (train.shape[1] * train.var()),
        "train": train,
        "new": new,
        "fits": [one_class_svm_fit(train, new, nu) for nu in (0.05, 0.15, 0.5)],
    }


def one_class_svm_fit(train, new, nu):
    model = OneClassSVM(kernel="rbf", nu=nu, gamma="scale", tol=1e-5).fit(train)
    return {
        "nu": nu,
        "offset": model.offset_[0],
        "support_vectors": len(model.support_),
        "train_decision": model.decision_function(train),
        "new_decision": model.decision_function(new),
    }


def write_one_class_svm():
    rng = np.random.default_rng(SEED)
    makers = {"blobs": blobs, "duplicates": duplicates, "integers": integers}
    cases = [one_class_svm_case(name, make, rng) for name, make in makers.items()]
    note = "rbf, gamma=scale, tol=1e-5; decision_function: higher is more normal; rows are not folded"
    write("one_class_svm.json", {"cases": cases}, packages=PACKAGES, seed=SEED, command=COMMAND, note=note)


def write_average_path_length():
    values = {"average_path_length": _average_path_length(np.arange(301))}
    note = "c(n) for n = 0, 1, ..., 300"
    write("isolation_forest_c.json", values, packages=PACKAGES, seed=None, command=COMMAND, note=note)


def write_scaler():
    rng = np.random.default_rng(SEED)
    matrix = np.column_stack([rng.normal(5, 2, 12), np.full(12, 0.1), rng.integers(0, 24, 12), 1e6 + rng.random(12)])
    scaler = StandardScaler().fit(matrix)
    content = {
        "matrix": matrix,
        "mean": scaler.mean_,
        "scale": scaler.scale_,
        "transformed": scaler.transform(matrix),
    }
    write("standard_scaler.json", content, packages=PACKAGES, seed=SEED, command=COMMAND)


def isolation_forest_aucs(path):
    """The AUC over seeds on one table, standardised, fitted and scored on the same rows."""
    table = pd.read_parquet(path)
    labels = table.pop("label").to_numpy()
    rows = StandardScaler().fit_transform(table.to_numpy(dtype=float))
    seeds = 100 if len(rows) <= FEW_ROWS else 10
    aucs = [isolation_forest_auc(rows, labels, seed) for seed in range(seeds)]
    return {
        "name": path.stem,
        "n": rows.shape[0],
        "d": rows.shape[1],
        "aucs": aucs,
        "mean": np.mean(aucs),
        "sd": np.std(aucs, ddof=1),
    }


def isolation_forest_auc(rows, labels, seed):
    model = IsolationForest(n_estimators=100, max_samples=256, random_state=seed, n_jobs=1).fit(rows)
    return roc_auc_score(labels, -model.score_samples(rows))


def write_isolation_forest(folder):
    tables = [isolation_forest_aucs(path) for path in sorted(folder.glob("*.parquet"))]
    write(
        "isolation_forest_adbench.json",
        {"tables": tables},
        packages=[*PACKAGES, "pandas", "pyarrow"],
        seed="0 to 99; 0 to 9 on tables of more than 20,000 rows",
        command=COMMAND + " --adbench DIR",
        note="100 trees, 256 rows a tree, StandardScaler, in-sample; sd is that of a sample (n - 1)",
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--adbench", type=Path, help="a folder of ADBench tables in Parquet")
    arguments = parser.parse_args()
    write_one_class_svm()
    write_average_path_length()
    write_scaler()
    if arguments.adbench:
        write_isolation_forest(arguments.adbench)


if __name__ == "__main__":
    main()
