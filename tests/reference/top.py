"""Reference values for the top of a ranking: the partial AUC of scikit-learn, precision at k over all orders of ties, and the
variances of average precision and partial AUC.

The variances are those of the infinitesimal jackknife: scikit-learn's own functions are differentiated by the weight of each
row. `stratified_bootstrap` is another way to the same variance, which agrees to a few per cent if no class is small."""

from fractions import Fraction
from itertools import combinations

import numpy as np
from fixture import write
from sklearn.metrics import average_precision_score, det_curve, roc_auc_score
from statsmodels.stats.proportion import confint_proportions_2indep

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


def average_precision(truth, scores, weights):
    return average_precision_score(truth, scores, sample_weight=weights)


def mean_rate(rate):
    """The mean true-positive rate up to a false-positive rate: McClish's standardization undone."""

    def measure(truth, scores, weights):
        standardized = roc_auc_score(truth, scores, max_fpr=rate, sample_weight=weights)
        return rate / 2 + (2 * standardized - 1) * (1 - rate / 2)

    return measure


def variance(measure, truth, scores, step=1e-4):
    """The sum over the classes of the variance of the derivatives by the weights, with the total of a class kept."""
    if min(truth.sum(), (~truth).sum()) < 2:
        return None
    total = 0.0
    for of_class in (truth, ~truth):
        size = of_class.sum()
        slopes = []
        for row in np.flatnonzero(of_class):
            values = []
            for sign in (1, -1):
                weights = np.ones(len(truth))
                weights[row] += sign * step
                weights[of_class] *= size / (size + sign * step)
                values.append(measure(truth, scores, weights))
            slopes.append((values[0] - values[1]) / (2 * step) * size)
        total += np.var(slopes, ddof=1) / size
    return total


def stratified_bootstrap(measure, truth, scores, rng, draws=4_000):
    """The variance over draws of the rows of each class."""
    values = []
    for _ in range(draws):
        weights = np.zeros(len(truth))
        for of_class in (truth, ~truth):
            rows = np.flatnonzero(of_class)
            np.add.at(weights, rng.choice(rows, len(rows)), 1)
        values.append(measure(truth[weights > 0], scores[weights > 0], weights[weights > 0]))
    return np.var(values)


def precision_at_prevalence(counts, prevalence):
    """The precision at a prevalence, and the interval of Koopman for TPR / FPR carried to it."""
    found, positives, alarms, negatives = counts
    ends = confint_proportions_2indep(found, positives, alarms, negatives, method="score", compare="ratio", correction=False)
    odds = prevalence / (1 - prevalence)
    ratio = found / positives / (alarms / negatives)
    return [odds * value / (1 + odds * value) for value in (ratio, *ends)]


def case(name, truth, scores):
    two_classes = truth.any() and not truth.all()
    return {
        "name": name,
        "labels": truth.astype(int),
        "scores": scores,
        "partial_auc": [(rate, roc_auc_score(truth, scores, max_fpr=rate) if two_classes else None) for rate in RATES],
        "precision_at_k": [(k, precision_at_k(truth, scores, k)) for k in (1, 2, 3, 5, 8, 10, 16, 50, 100)],
        "average_precision_variance": variance(average_precision, truth, scores),
        "partial_auc_variance": [
            (rate, variance(mean_rate(rate), truth, scores) if two_classes else None) for rate in (0.0523, 0.311)
        ],
        "det": [list(point) for point in zip(*det_curve(truth, scores)[:2])] if two_classes else [],
    }


def main():
    rng = np.random.default_rng(SEED)
    cases = [case(*table) for table in tables(rng)]
    counts = [(30, 40, 12, 5000), (3, 5, 60, 200), (40, 41, 1, 3000), (1, 50, 700, 900)]
    truth = np.arange(600) < 150
    scores = 1.2 * truth + rng.standard_normal(600)
    bootstrap = {
        "labels": truth.astype(int),
        "scores": scores,
        "average_precision": stratified_bootstrap(average_precision, truth, scores, rng),
        "max_fpr": 0.2,
        "partial_auc": stratified_bootstrap(mean_rate(0.2), truth, scores, rng),
    }
    write(
        "top.json",
        {
            "cases": cases,
            "prevalence": [(*c, pi, *precision_at_prevalence(c, pi)) for c in counts for pi in (1e-4, 0.02, 0.5)],
            "bootstrap": bootstrap,
        },
        packages=["scikit-learn", "numpy", "statsmodels"],
        seed=SEED,
        command=COMMAND,
        precision_at_k="every order of tied rows, counted with exact fractions",
    )


if __name__ == "__main__":
    main()
