"""Reference values for the top of a ranking: the partial AUC of scikit-learn, and precision at k over all orders of ties."""

from fractions import Fraction
from itertools import combinations

import numpy as np
from fixture import write
from sklearn.metrics import roc_auc_score

SEED = 20260301
RATES = [0.001, 0.01, 0.05, 0.1, 0.3, 0.5, 1.0]
COMMAND = "python tests/reference/top.py"


def tables(rng):
    """Name, labels and scores."""

    def labels(rows, positives):
        return rng.permutation(np.arange(rows) < positives)

    truth = labels(400, 40)
    yield "all distinct", truth, 1.5 * truth + rng.standard_normal(400)
    truth = labels(300, 6)
    yield "few positives", truth, (1.5 * truth + rng.standard_normal(300)).round(2)
    truth = labels(24, 7)
    yield "many ties", truth, rng.integers(0, 5, 24) + 1.0 * truth
    truth = labels(16, 5)
    yield "all equal", truth, np.full(16, -3.5)
    truth = labels(30, 12)
    yield "perfect", truth, 10.0 * truth + rng.integers(0, 30, 30)
    truth = labels(100, 50)
    yield "worse than chance", truth, -(truth + rng.standard_normal(100))
    yield "no positives", np.zeros(20, bool), rng.permutation(20) * 1.0


def precision_at_k(truth, scores, k):
    """The mean over every choice of the tied rows that fill the first k places."""
    if not 0 < k <= len(scores):
        return None
    bound = np.sort(scores)[::-1][k - 1]
    above, tied = truth[scores > bound], truth[scores == bound]
    places = k - len(above)
    found = [sum(map(int, chosen)) for chosen in combinations(tied, places)]
    return float(Fraction(int(above.sum()) * len(found) + sum(found), k * len(found)))


def case(name, truth, scores):
    two_classes = truth.any() and not truth.all()
    return {
        "name": name,
        "labels": truth.astype(int),
        "scores": scores,
        "partial_auc": [(rate, roc_auc_score(truth, scores, max_fpr=rate) if two_classes else None) for rate in RATES],
        "precision_at_k": [(k, precision_at_k(truth, scores, k)) for k in (1, 2, 3, 5, 8, 10, 16, 50, 100)],
    }


def main():
    rng = np.random.default_rng(SEED)
    write(
        "top.json",
        {"cases": [case(*table) for table in tables(rng)]},
        packages=["scikit-learn", "numpy"],
        seed=SEED,
        command=COMMAND,
        precision_at_k="every order of tied rows, counted with exact fractions",
    )


if __name__ == "__main__":
    main()
