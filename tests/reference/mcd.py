"""Reference values for the minimum covariance determinant: scikit-learn's estimates of small tables, and the AUCs of
PyOD's MCD, which rests on them, on public tables.

scikit-learn starts from few random halves and can miss the smallest determinant on every seed, so its concentration
steps are run from 3,000 subsets of d + 1 rows, as the paper has it; correction and reweighting are its own.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from fixture import write
from sklearn.covariance import MinCovDet
from sklearn.covariance._robust_covariance import c_step
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

SEED = 20240117
COMMAND = "python tests/reference/mcd.py"
PACKAGES = ["scikit-learn", "numpy", "scipy"]
NEW_ROWS = 30
LARGE = 100_000
STARTS = 3000


def cloud(rng, rows, columns, far):
    """A normal cloud with correlated columns, of which a share lies elsewhere."""
    points = rng.standard_normal((rows, columns)) @ rng.standard_normal((columns, columns))
    points[: int(far * rows)] += 15.0
    return points.round(6)


def tables(rng):
    """Name, rows to fit on."""
    yield "clean", cloud(rng, 60, 2, 0.0)
    yield "a fifth elsewhere", cloud(rng, 60, 3, 0.2)
    yield "repeated rows", np.repeat(cloud(rng, 40, 3, 0.1), rng.integers(1, 5, 40), axis=0)
    yield "units of their own", cloud(rng, 100, 4, 0.1) * [1e-3, 1.0, 10.0, 100.0] + [0.0, 5.0, -1e4, 1e5]
    yield "more than 600 rows", cloud(rng, 700, 2, 0.3)


def best(train):
    """A MinCovDet with the smallest determinant that many starts lead to."""
    rng = np.random.default_rng(SEED)
    rows, columns = train.shape
    support = min(int(np.ceil(0.5 * (rows + columns + 1))), rows)
    smallest = min((from_few(train, support, rng) for _ in range(STARTS)), key=lambda found: found[2])
    fit = MinCovDet()
    fit.raw_location_, fit.raw_covariance_, _, fit.raw_support_, fit.dist_ = smallest
    fit.support_ = fit.raw_support_
    fit.correct_covariance(train)
    fit.reweight_covariance(train)
    return fit


def from_few(train, support, rng):
    few = train[rng.permutation(len(train))[: train.shape[1] + 1]]
    return c_step(train, support, initial_estimates=(few.mean(axis=0), np.cov(few.T, ddof=0)))


def case(name, train, rng):
    fit = best(train)
    scale = train.std(axis=0)
    new = (train.mean(axis=0) + 3.0 * scale * rng.standard_normal((NEW_ROWS, train.shape[1]))).round(6)
    return {
        "name": name,
        "train": train,
        "new": new,
        "location": fit.location_,
        "covariance": fit.covariance_,
        "train_scores": fit.mahalanobis(train),
        "new_scores": fit.mahalanobis(new),
    }


def write_estimates():
    rng = np.random.default_rng(SEED)
    cases = [case(name, train, rng) for name, train in tables(rng)]
    note = "MinCovDet from the best of 3,000 starts of d + 1 rows; rows are not folded"
    write("mcd.json", {"cases": cases}, packages=PACKAGES, seed=SEED, command=COMMAND, note=note)


def aucs(path):
    """The AUCs of PyOD's MCD on one table, standardised, fitted and scored on the same rows."""
    from pyod.models.mcd import MCD

    table = pd.read_parquet(path)
    labels = table.pop("label").to_numpy()
    rows = StandardScaler().fit_transform(table.to_numpy(dtype=float))
    if len(rows) > LARGE:
        return None
    fits = [MCD(random_state=seed).fit(rows) for seed in range(5)]
    found = [roc_auc_score(labels, fit.decision_function(rows)) for fit in fits]
    lowest = min(np.linalg.eigvalsh(fit.raw_covariance_)[0] for fit in fits)
    return {
        "name": path.stem,
        "n": rows.shape[0],
        "d": rows.shape[1],
        "singular": bool(lowest < 1e-11),
        "aucs": found,
        "mean": np.mean(found),
        "sd": np.std(found, ddof=1),
    }


def write_aucs(folder):
    measured = [table for path in sorted(folder.glob("*.parquet")) if (table := aucs(path))]
    note = "PyOD's MCD with its defaults, StandardScaler, in-sample; singular: half of the rows lie in a plane, so that "
    note += "its determinant is 0; tables of more than 100,000 rows are left out, where it takes minutes a seed"
    write(
        "mcd_adbench.json",
        {"tables": measured},
        packages=[*PACKAGES, "pyod", "pandas", "pyarrow"],
        seed=list(range(5)),
        command=COMMAND + " --adbench DIR",
        note=note,
    )


def main():
    warnings.filterwarnings("ignore")  # it says that singular covariances are singular
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--adbench", type=Path, help="a folder of ADBench tables in Parquet")
    arguments = parser.parse_args()
    write_estimates()
    if arguments.adbench:
        write_aucs(arguments.adbench)


if __name__ == "__main__":
    main()
