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
# The detector's defaults.
ROWS, BATCH, EPOCHS, STEPS, PATIENCE, RATE, VALIDATION = 5_000, 64, 300, 600, 10, 0.0005, 0.1


def hidden(width):
    """The same layers as the detector's."""
    outer, middle = min(max(width, 8), 64), math.ceil(math.sqrt(width))
    return [outer, middle, outer]


def epochs(rows):
    """As many as hold the detector's number of steps."""
    return min(EPOCHS, math.ceil(STEPS / math.ceil(rows * (1 - VALIDATION) / BATCH)))


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
        "epochs": epochs(min(len(rows), ROWS)),
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
        max_iter=epochs(amount),
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
