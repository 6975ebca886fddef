"""AUCs of an autoencoder on public tables, from PyOD's AutoEncoder. Needs torch and tqdm beside the other packages."""

import argparse
import math
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from fixture import write
from pyod.models.auto_encoder import AutoEncoder
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

SEEDS = 10
# One fit of a larger table takes minutes.
LARGE, FEW_SEEDS = 100_000, 3


def hidden(width):
    """The layers of the detector, from the input to the middle."""
    return [min(max(2 * width, 32), 128), math.ceil(math.sqrt(width))]


def table_aucs(path):
    """The AUC of each seed on one table, standardised; fitted and scored on all its rows."""
    table = pd.read_parquet(path)
    labels = table.pop("label").to_numpy()
    rows = StandardScaler().fit_transform(table.to_numpy(dtype=float))
    aucs = [auc(rows, labels, seed) for seed in range(FEW_SEEDS if len(rows) > LARGE else SEEDS)]
    print(path.stem, np.mean(aucs), np.std(aucs, ddof=1), flush=True)
    return {
        "name": path.stem,
        "n": rows.shape[0],
        "d": rows.shape[1],
        "hidden": hidden(rows.shape[1]),
        "aucs": aucs,
        "mean": np.mean(aucs),
        "sd": np.std(aucs, ddof=1),
    }


def auc(rows, labels, seed):
    model = AutoEncoder(hidden_neuron_list=hidden(rows.shape[1]), random_state=seed, verbose=0).fit(rows)
    return roc_auc_score(labels, model.decision_scores_)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--adbench", type=Path, required=True, help="a folder of ADBench tables in Parquet")
    folder = parser.parse_args().adbench
    torch.set_num_threads(1)
    tables = [table_aucs(path) for path in sorted(folder.glob("*.parquet"))]
    write(
        "autoencoder.json",
        {"tables": tables},
        packages=["pyod", "torch", "scikit-learn", "numpy", "pandas", "pyarrow"],
        seed=list(range(SEEDS)),
        command="python tests/reference/autoencoder.py --adbench DIR",
        tool="pyod",
        note="PyOD's AutoEncoder with its defaults (10 epochs, batches of 32, batch normalisation, dropout 0.2) and the "
        "detector's layers, StandardScaler, in-sample; the first 3 seeds only on tables of more than 100,000 rows, "
        "where a fit takes minutes; sd is that of a sample (n - 1)",
    )


if __name__ == "__main__":
    main()
