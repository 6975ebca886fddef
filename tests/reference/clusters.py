"""Reference values for clustered ROC data: the formulas of Obuchowski (Biometrics 1997, section 2), pair by pair.

Every positive is compared with every negative, and the sums over each cluster are those of the paper, as in the function
`clusteredROC` of N. Obuchowski's R code. With every row a cluster, the covariance of DeLong (1988) must come out, and the
mean over 2,000 draws of whole clusters must be near the variance.
"""

import numpy as np
from fixture import write

SEED = 20261201
COMMAND = "python tests/reference/clusters.py"
PACKAGES = ["numpy"]


def components(labels, scores):
    """The placements of the positives among the negatives and of the negatives among the positives."""
    wins = np.sign(scores[labels][:, None] - scores[~labels][None, :]) / 2 + 0.5
    return wins.mean(axis=1), wins.mean(axis=0)


def obuchowski(labels, groups, first, second):
    """The covariance of two AUCs: S10 / M + S01 / N + (S11 + S11') / (M N)."""
    names = np.unique(groups)
    positives, negatives = labels.sum(), (~labels).sum()
    sums = []
    for scores in (first, second):
        v10, v01 = components(labels, scores)
        auc = v10.mean()
        of_positives = [(v10[groups[labels] == g] - auc).sum() for g in names]
        of_negatives = [(v01[groups[~labels] == g] - auc).sum() for g in names]
        sums.append((np.array(of_positives), np.array(of_negatives)))
    (x, y), (other_x, other_y) = sums
    with_positives = len(np.unique(groups[labels]))
    with_negatives = len(np.unique(groups[~labels]))
    s10 = with_positives / ((with_positives - 1) * positives) * (x * other_x).sum()
    s01 = with_negatives / ((with_negatives - 1) * negatives) * (y * other_y).sum()
    every = len(names) / (len(names) - 1)
    s11 = every * ((x * other_y).sum() + (other_x * y).sum())
    return s10 / positives + s01 / negatives + s11 / (positives * negatives)


def delong(labels, first, second):
    pairs = [components(labels, scores) for scores in (first, second)]
    covariance = np.cov([v10 for v10, _ in pairs]) / labels.sum()
    return covariance + np.cov([v01 for _, v01 in pairs]) / (~labels).sum()


def tables(rng):
    """Name, labels, groups, and the scores of two detectors."""

    def table(name, attacks, events, users, normal, signal, mixed=False, digits=6):
        labels = np.repeat([True, False], [attacks * events, users * normal])
        first_user = 0 if mixed else attacks
        groups = np.r_[np.repeat(np.arange(attacks), events), first_user + np.repeat(np.arange(users), normal)]
        effects = rng.standard_normal(groups.max() + 1)
        scores = [
            (signal * labels + 0.8 * effects[groups] + 0.6 * rng.standard_normal(len(labels))).round(digits)
            for _ in range(2)
        ]
        order = rng.permutation(len(labels))
        return name, labels[order], groups[order], scores[0][order], scores[1][order]

    yield table("attacks and normal rows alone", 10, 8, 200, 1, 1.0)
    yield table("attacks and users", 12, 5, 30, 10, 1.0)
    yield table("clusters of both classes", 15, 4, 15, 12, 0.7, mixed=True)
    yield table("many ties", 15, 4, 20, 10, 1.0, mixed=True, digits=0)
    yield table("two attacks", 2, 6, 40, 2, 0.5)
    yield table("worse than chance", 8, 3, 25, 4, -0.8, mixed=True, digits=1)
    yield table("rows alone", 20, 1, 80, 1, 1.0)


def check(labels, groups, first, second, rng):
    rows = np.arange(len(labels))
    for (a, b), expected in zip(
        [(first, first), (first, second), (second, second)], delong(labels, first, second)[np.triu_indices(2)]
    ):
        assert abs(obuchowski(labels, rows, a, b) - expected) < 1e-12
    members = [np.flatnonzero(groups == g) for g in np.unique(groups)]
    if len(np.unique(groups[labels])) < 8:
        return
    aucs = []
    for _ in range(2000):
        drawn = np.concatenate([members[i] for i in rng.integers(0, len(members), len(members))])
        if 0 < labels[drawn].sum() < len(drawn):
            aucs.append(components(labels[drawn], first[drawn])[0].mean())
    ratio = np.var(aucs) / obuchowski(labels, groups, first, first)
    assert 0.75 < ratio < 1.35, ratio


def main():
    rng = np.random.default_rng(SEED)
    cases = []
    for name, labels, groups, first, second in tables(rng):
        check(labels, groups, first, second, rng)
        variances = [obuchowski(labels, groups, a, b) for a, b in ((first, first), (second, second), (first, second))]
        cases.append(
            {
                "name": name,
                "labels": labels,
                "groups": groups,
                "first": first,
                "second": second,
                "variance": variances[0],
                "difference_variance": variances[0] + variances[1] - 2 * variances[2],
            }
        )
    write("clusters.json", {"cases": cases}, packages=PACKAGES, seed=SEED, command=COMMAND)


if __name__ == "__main__":
    main()
