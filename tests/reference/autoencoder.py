"""AUCs of an autoencoder on public tables, from scikit-learn's MLPRegressor trained to reproduce its input."""

import argparse
import math
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from fixture import write
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import roc_auc_score
from sklearn.neural_network import MLPRegressor
from sklearn.preprocessing import StandardScaler

SEEDS = range(10)
ROWS, BATCH, EPOCHS, PATIENCE, RATE, VALIDATION = 5_000, 64, 100, 10, 0.002, 0.1
# The bound on training that the detector has, in multiplications.
WORK, STEP = 2_500_000_000, 750_000


def hidden(width):
    """The same layers as the detector's."""
    outer, middle = min(max(width, 8), 64), math.ceil(math.sqrt(width))
    return [outer, middle, outer]


def epochs(width, rows):
    """As many as the detector affords."""
    outer, middle, _ = hidden(width)
    weights = 2 * (width * outer + outer * middle)
    return min(EPOCHS, WORK // (3 * rows * weights + math.ceil(rows / BATCH) * STEP))


def table_aucs(path):
    """The AUC of each seed on one table, standardised; trained on a sample of the rows that are scored."""
    table = pd.read_parquet(path)
    labels = table.pop("label").to_numpy()
    rows = StandardScaler().fit_transform(table.to_numpy(dtype=float))
    aucs = [auc(rows, labels, seed) for seed in SEEDS]
    print(path.stem, np.mean(aucs), np.std(aucs, ddof=1), flush=True)
    return {
        "name": path.stem,
        "n": rows.shape[0],
        "d": rows.shape[1],
        "hidden": hidden(rows.shape[1]),
        "epochs": epochs(rows.shape[1], int(min(len(rows), ROWS) * (1 - VALIDATION))),
        "aucs": aucs,
        "mean": np.mean(aucs),
        "sd": np.std(aucs, ddof=1),
    }


def auc(rows, labels, seed):
    amount = min(len(rows), ROWS)
    drawn = rows[np.random.default_rng(seed).choice(len(rows), amount, replace=False)]
    model = MLPRegressor(
        hidden_layer_sizes=hidden(rows.shape[1]),
        batch_size=min(BATCH, amount),
        learning_rate_init=RATE,
        max_iter=epochs(rows.shape[1], int(amount * (1 - VALIDATION))),
        alpha=0.0,
        early_stopping=True,
        validation_fraction=VALIDATION,
        n_iter_no_change=PATIENCE,
        tol=0.0,
        random_state=seed,
    ).fit(drawn, drawn)
    errors = (model.predict(rows).reshape(rows.shape) - rows) ** 2
    return roc_auc_score(labels, errors.mean(axis=1))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--adbench", type=Path, required=True, help="a folder of ADBench tables in Parquet")
    folder = parser.parse_args().adbench
    warnings.simplefilter("ignore", ConvergenceWarning)
    tables = [table_aucs(path) for path in sorted(folder.glob("*.parquet"))]
    write(
        "autoencoder.json",
        {"tables": tables},
        packages=["scikit-learn", "numpy", "pandas", "pyarrow"],
        seed=list(SEEDS),
        command="python tests/reference/autoencoder.py --adbench DIR",
        note="MLPRegressor, ReLU, Adam, StandardScaler, trained on at most 5,000 drawn rows, all rows scored; "
        "sd is that of a sample (n - 1)",
    )


if __name__ == "__main__":
    main()
