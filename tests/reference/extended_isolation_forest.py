"""Reference AUCs for the Extended Isolation Forest, from the authors' own package `eif`.

It has no wheel and builds with Cython before 3: `pip install "cython<3" "setuptools<70"`, then `pip install
--no-build-isolation eif`. isotree's forest of the same name draws the offset of a cut between the extremes of the
projected rows, not from the box around them, and is another algorithm.
"""

import argparse
from pathlib import Path

import eif
import numpy as np
import pandas as pd
from fixture import write
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

COMMAND = "python tests/reference/extended_isolation_forest.py DIR"
LARGE = 100_000
# The package seeds tree i with seed + i: neighboring seeds would share their trees.
SEEDS = [1000 * seed for seed in range(10)]


def auc(rows, labels, seed):
    forest = eif.iForest(
        rows, ntrees=100, sample_size=min(256, len(rows)), ExtensionLevel=rows.shape[1] - 1, seed=seed
    )
    return roc_auc_score(labels, forest.compute_paths(rows))


def aucs(path):
    """The AUCs on one table, standardised, fitted and scored on the same rows."""
    table = pd.read_parquet(path)
    labels = table.pop("label").to_numpy()
    rows = StandardScaler().fit_transform(table.to_numpy(dtype=float))
    if len(rows) > LARGE:
        return None
    found = [auc(rows, labels, seed) for seed in SEEDS]
    return {
        "name": path.stem,
        "n": rows.shape[0],
        "d": rows.shape[1],
        "aucs": found,
        "mean": np.mean(found),
        "sd": np.std(found, ddof=1),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("adbench", type=Path, help="a folder of ADBench tables in Parquet")
    folder = parser.parse_args().adbench
    write(
        "extended_isolation_forest_adbench.json",
        {"tables": [table for path in sorted(folder.glob("*.parquet")) if (table := aucs(path))]},
        packages=["eif", "scikit-learn", "numpy", "pandas", "pyarrow"],
        seed=SEEDS,
        command=COMMAND,
        note="100 trees, 256 rows a tree, full extension, StandardScaler, in-sample; tables of more than 100,000 rows "
        "are left out",
    )


if __name__ == "__main__":
    main()
