"""Reference scores for knn, pca, hbos, ecod and copod, of unfolded rows, from PyOD and scikit-learn.

Where PyOD does not do what is compared, the definition is spelt out here and held against PyOD where both agree:
PyOD's PCA depends on the sign of its axes, its HBOS looks up a value on a border in another bin than it was counted
in, its ECOD and COPOD count new rows in with the training rows and differ from their papers.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from fixture import write
from pyod.models.copod import COPOD
from pyod.models.ecod import ECOD
from pyod.models.hbos import HBOS
from pyod.models.knn import KNN
from pyod.models.pca import PCA as PyodPCA
from scipy.stats import skew
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

SEED = 20240117
COMMAND = "python tests/reference/classics.py"
PACKAGES = ["pyod", "scikit-learn", "scipy", "numpy"]
K = 5
BINS = 10


def tables(rng):
    """Name, rows to fit on, new rows, whether a value stands on a border between bins."""

    def skewed(rows):
        return np.column_stack([rng.exponential(size=rows), -rng.exponential(size=rows), rng.normal(size=rows)])

    yield "continuous", skewed(60), skewed(12), False
    distinct = skewed(30)
    yield "copies", distinct[np.minimum(rng.geometric(0.07, size=90) - 1, 29)], skewed(6), False
    flags = np.column_stack([skewed(40), np.full(40, 0.1), rng.random(40) < 0.2])
    new = np.column_stack([skewed(6), np.full(6, 0.1), np.arange(6) % 2])
    # The last column follows from two others: one axis has no variance.
    together = [np.column_stack([rows, rows[:, 0] - 2 * rows[:, 2]]) for rows in (flags, new)]
    yield "constant, binary and dependent columns", *together, True


def knn(method, train, new):
    model = KNN(n_neighbors=K, method=method).fit(train)
    return model.decision_scores_, model.decision_function(new) if new is not None else None


def knn_distinct(method, train, new):
    distinct, index = np.unique(train, axis=0, return_inverse=True)
    scores, of_new = knn(method, distinct, new)
    return scores[index.ravel()], of_new


def pca(train, new):
    """The sum of squared components over variances, on standardised columns."""
    scaler = StandardScaler().fit(train)
    model = PCA(svd_solver="full").fit(scaler.transform(train))
    variances = model.explained_variance_ * (len(train) - 1) / len(train)
    kept = variances > 1e-9

    def score(rows):
        return (model.transform(scaler.transform(rows))[:, kept] ** 2 / variances[kept]).sum(axis=1)

    return score(train), None if new is None else score(new)


def hbos(formula, train, new):
    """Histograms as numpy's, each value looked up in the bin where it is counted, on a border in spite of rounding."""
    rows = train if new is None else np.vstack([train, new])
    scores = np.zeros(len(rows))
    for values, column in zip(train.T, rows.T, strict=True):
        edges = np.histogram_bin_edges(values, bins=BINS)
        width = (edges[-1] - edges[0]) / BINS
        place = (column - edges[0]) / width + 1e-9
        at = np.clip(np.floor(place), 0, BINS - 1).astype(int)
        counts = np.bincount(at[: len(train)], minlength=BINS)
        outside = np.maximum(-place, place - 2e-9 - BINS)
        if formula == "paper":
            height, margin, far = np.maximum(counts, 1) / counts.max(), 0.0, 1.0 / counts.max()
        else:
            height, margin = counts / len(train) / width + 0.1, 0.5
            far = height.min()
        scores -= np.log2(np.where(outside > margin, far, height[at]))
    return scores[: len(train)], scores[len(train) :]


def tails(detector, formula, train, new):
    """Tail probabilities by counting training rows only; beyond them, 1 / (n + 1)."""
    rows = train if new is None else np.vstack([train, new])
    n, ascending = len(train), np.sort(train, axis=0)
    left, right = np.empty_like(rows), np.empty_like(rows)
    for column in range(rows.shape[1]):
        left[:, column] = np.searchsorted(ascending[:, column], rows[:, column], side="right")
        right[:, column] = n - np.searchsorted(ascending[:, column], rows[:, column], side="left")
    left, right = (-np.log(np.where(count == 0, n / (n + 1), count) / n) for count in (left, right))
    signs = np.sign(np.nan_to_num(skew(train, axis=0)))
    if formula == "paper":
        longer = np.where(signs < 0, left, right)
        scores = np.max([left.sum(axis=1), right.sum(axis=1), longer.sum(axis=1)], axis=0)
    else:
        longer = np.where(signs < 0, left, np.where(signs > 0, right, left + right))
        tail = np.maximum(left, right) if detector == "ecod" else (left + right) / 2
        scores = np.maximum(longer, tail).sum(axis=1)
    return scores[:n], scores[n:]


def fits(train, new, borders):
    """Detector, parameters, scores of the training rows and of the new ones."""
    for method in ("largest", "mean"):
        for duplicates, score in (("copies", knn), ("distinct", knn_distinct)):
            yield "knn", {"k": K, "method": method, "duplicates": duplicates}, *score(method, train, new)
    yield "pca", {}, *pca(train, new)
    for formula in ("paper", "pyod"):
        yield "hbos", {"bins": BINS, "formula": formula}, *hbos(formula, train, new)
    for detector in ("ecod", "copod"):
        for formula in ("paper", "pyod"):
            yield detector, {"formula": formula}, *tails(detector, formula, train, new)
    check_against_pyod(train, new, borders)


def check_against_pyod(train, new, borders):
    for detector, model in (("ecod", ECOD()), ("copod", COPOD())):
        scores = tails(detector, "pyod", train, new)[0]
        np.testing.assert_allclose(scores, model.fit(train).decision_scores_, atol=1e-10)
    if not borders:
        model = HBOS(n_bins=BINS).fit(train)
        scores, of_new = hbos("pyod", train, new)
        np.testing.assert_allclose(scores, model.decision_scores_, atol=1e-10)
        np.testing.assert_allclose(of_new, model.decision_function(new), atol=1e-10)


def case(name, train, new, borders):
    train, new = train.astype(float).round(4), np.vstack([new.astype(float).round(4), train[:2].round(4)])
    recorded = [
        {"detector": detector, "parameters": parameters, "train_scores": scores, "new_scores": of_new}
        for detector, parameters, scores, of_new in fits(train, new, borders)
    ]
    return {"name": name, "train": train, "new": new, "fits": recorded}


def aucs(path):
    """The AUCs of one public table, standardised, fitted and scored on the same rows."""
    table = pd.read_parquet(path)
    labels = table.pop("label").to_numpy()
    rows = StandardScaler().fit_transform(table.to_numpy(dtype=float))

    def auc(scores):
        return roc_auc_score(labels, scores)

    compared = [
        ("knn", {"duplicates": "copies"}, knn("largest", rows, None)[0].round(9)),
        ("knn", {"duplicates": "distinct"}, knn_distinct("largest", rows, None)[0].round(9)),
        ("pca", {}, pca(rows, None)[0]),
        ("hbos", {"formula": "paper"}, hbos("paper", rows, None)[0]),
        ("hbos", {"formula": "pyod"}, hbos("pyod", rows, None)[0]),
        ("ecod", {"formula": "paper"}, tails("ecod", "paper", rows, None)[0]),
        ("ecod", {"formula": "pyod"}, ECOD().fit(rows).decision_scores_),
        ("copod", {"formula": "pyod"}, COPOD().fit(rows).decision_scores_),
    ]
    return {
        "name": path.stem,
        "n": rows.shape[0],
        "d": rows.shape[1],
        "pyod": {"pca": auc(PyodPCA().fit(rows).decision_scores_), "hbos": auc(HBOS().fit(rows).decision_scores_)},
        "fits": [{"detector": d, "parameters": p, "auc": auc(scores)} for d, p, scores in compared],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--adbench", type=Path, help="a folder of ADBench tables in Parquet")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore", category=RuntimeWarning)  # the skewness of a constant column
    cases = [case(*table) for table in tables(np.random.default_rng(SEED))]
    note = "higher is more anomalous; rows are not folded"
    write("classics.json", {"cases": cases}, packages=PACKAGES, seed=SEED, command=COMMAND, note=note)
    if arguments.adbench:
        found = [aucs(path) for path in sorted(arguments.adbench.glob("*.parquet"))]
        note = "StandardScaler, in-sample, k = 5 (distances to 9 digits, so that ties are ties), 10 bins; "
        note += "`pyod` holds what PyOD's own PCA and HBOS reach"
        packages, command = [*PACKAGES, "pandas", "pyarrow"], COMMAND + " --adbench DIR"
        write("classics_adbench.json", {"tables": found}, packages=packages, seed=None, command=command, note=note)


if __name__ == "__main__":
    main()
