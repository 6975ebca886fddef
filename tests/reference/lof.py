"""Reference scores for the local outlier factor, on rows without ties or duplicates, from scikit-learn.

Signs are flipped: higher is more anomalous. Some of the new rows equal training rows.
"""

import warnings

import numpy as np
from fixture import write
from sklearn.neighbors import LocalOutlierFactor

SEED = 20240117
COMMAND = "python tests/reference/lof.py"
PACKAGES = ["scikit-learn", "numpy"]


def tables(rng):
    """Name, k, rows to fit on, new rows."""
    yield "normal", 20, rng.normal(size=(120, 3)), rng.normal(size=(20, 3))
    widths = rng.choice([0.1, 1.0, 10.0], size=(150, 1))
    yield "three densities", 10, widths * rng.normal(size=(150, 5)), rng.normal(size=(20, 5))
    yield "nearest neighbor only", 1, rng.normal(size=(60, 2)), rng.normal(size=(10, 2))
    yield "fewer rows than k", 20, rng.normal(size=(12, 2)), rng.normal(size=(5, 2))


def case(name, k, train, new):
    new = np.vstack([new, train[:3]])
    among_themselves = LocalOutlierFactor(k).fit(train)
    novelty = LocalOutlierFactor(k, novelty=True).fit(train)
    return {
        "name": name,
        "k": k,
        "train": train,
        "train_scores": -among_themselves.negative_outlier_factor_,
        "new": new,
        "new_scores": -novelty.score_samples(new),
    }


def main():
    warnings.filterwarnings("ignore", message="n_neighbors")  # it says that it takes fewer: that is the case
    cases = [case(*table) for table in tables(np.random.default_rng(SEED))]
    note = "negative_outlier_factor_ and, of new rows, score_samples with novelty=True; signs flipped"
    write("lof.json", {"cases": cases}, packages=PACKAGES, seed=SEED, command=COMMAND, note=note)


if __name__ == "__main__":
    main()
