"""Reference values for the test against chance: the tests of scipy, exact without and with ties, and the normal one."""

import numpy as np
from fixture import write
from scipy.stats import mannwhitneyu, permutation_test, rankdata

SEED = 20260401
COMMAND = "python tests/reference/chance.py"


def labels(rng, rows, positives):
    return rng.permutation(np.arange(rows) < positives)


def exact_without_ties(truth, scores):
    return mannwhitneyu(scores[truth], scores[~truth], alternative="greater", method="exact").pvalue


def normal(truth, scores):
    return mannwhitneyu(scores[truth], scores[~truth], alternative="greater", method="asymptotic").pvalue


def every_choice(truth, ranks):
    """The share of all choices of rows with a sum of ranks at least as high."""
    data = (ranks[truth], ranks[~truth])
    return permutation_test(data, lambda a, b: np.sum(a), n_resamples=np.inf, alternative="greater").pvalue


def case(name, truth, scores, method, p):
    return {"name": name, "labels": truth.astype(int), "scores": scores, "method": method, "p": p}


def cases(rng):
    for positives, rows, shift in [(1, 30, 1.0), (3, 200, 0.5), (5, 60, 1.5), (5, 200, 0.0), (19, 120, 0.4), (40, 50, 0.5)]:
        truth = labels(rng, rows, positives)
        scores = shift * truth + rng.standard_normal(rows)
        yield case(f"{positives} of {rows} without ties", truth, [scores], "exact", exact_without_ties(truth, scores))
    for positives, rows, levels in [(3, 20, 4), (5, 18, 3), (12, 16, 5)]:
        truth = labels(rng, rows, positives)
        scores = rng.integers(0, levels, rows) + 1.0 * truth
        yield case(f"{positives} of {rows} with ties", truth, [scores], "exact", every_choice(truth, 2 * rankdata(scores)))
    truth = labels(rng, 18, 4)
    seeds = [(truth + rng.standard_normal(18)).round(1) for _ in range(3)]
    ranks = sum(2 * rankdata(scores) for scores in seeds)
    yield case("4 of 18 with three seeds", truth, seeds, "exact", every_choice(truth, ranks))
    for positives, rows, shift in [(20, 300, 0.3), (60, 400, 0.2), (250, 300, 0.1)]:
        truth = labels(rng, rows, positives)
        scores = (shift * truth + rng.standard_normal(rows)).round(1)
        yield case(f"{positives} of {rows}, normal", truth, [scores], "normal", normal(truth, scores))


def main():
    rng = np.random.default_rng(SEED)
    write("chance.json", {"cases": list(cases(rng))}, packages=["scipy", "numpy"], seed=SEED, command=COMMAND)


if __name__ == "__main__":
    main()
