"""Reference values for the metrics, from scikit-learn, numpy, statsmodels and the paper of DeLong (1988).

DeLong's variance is computed as the paper defines it, pair by pair, and checked against MLstatkit.
"""

import warnings

import numpy as np
from fixture import write
from MLstatkit import Delong_test
from scipy.stats import norm
from sklearn.ensemble import IsolationForest
from sklearn.metrics import (
    average_precision_score,
    confusion_matrix,
    f1_score,
    precision_recall_curve,
    precision_score,
    recall_score,
    roc_auc_score,
    roc_curve,
)
from statsmodels.stats.multitest import multipletests

SEED = 20240117
COMMAND = "python tests/reference/metrics.py"
PACKAGES = ["scikit-learn", "numpy", "scipy", "statsmodels", "MLstatkit"]
AGREEMENT = 1e-12


def tables(rng):
    """Name, labels, and the scores of two detectors."""

    def labels(rows, positives):
        return rng.permutation(np.arange(rows) < positives)

    def noisy(truth, signal):
        return signal * truth + rng.standard_normal(len(truth))

    truth = labels(120, 36)
    yield "many ties", truth, rng.integers(0, 5, 120) + 1.0 * truth, rng.integers(0, 3, 120) + 1.0 * truth
    truth = labels(140, 30)
    sparse = np.where(rng.random(140) < 0.5, 0.0, noisy(truth, 0.8).round(1))
    yield "zeros and negatives", truth, sparse, noisy(truth, 0.3).round(1) - 2.0
    truth = labels(300, 6)
    yield "imbalanced", truth, noisy(truth, 1.5).round(2), noisy(truth, 0.5).round(2)
    truth = labels(40, 10)
    yield "all equal", truth, np.full(40, -3.5), noisy(truth, 1.0)
    truth = labels(150, 50)
    yield "all distinct", truth, noisy(truth, 0.7), noisy(truth, 0.9)
    truth = labels(100, 50)
    yield "worse than chance", truth, -noisy(truth, 1.0).round(1), noisy(truth, 1.0).round(1)
    truth = labels(50, 2)
    yield "two positives", truth, noisy(truth, 1.0).round(1), noisy(truth, 1.0).round(1)
    truth = labels(50, 1)
    yield "one positive", truth, noisy(truth, 1.0).round(1), noisy(truth, 1.0).round(1)
    truth = labels(30, 12)
    yield "perfect", truth, 10.0 * truth + rng.integers(0, 3, 30), noisy(truth, 1.0)
    truth = labels(20, 6)
    yield "interval beyond 1", truth, 2.0 * truth + rng.permutation(20) / 8, -noisy(truth, 1.0)
    yield "interval below 0", truth, -2.0 * truth + rng.permutation(20) / 8, noisy(truth, 1.0)
    truth = labels(60, 20)
    extremes = rng.choice([-1e300, -1e-300, 0.0, 5e-324, 1.0, np.nextafter(1.0, 2.0), 1e300], 60)
    yield "extremes", truth, extremes, rng.integers(0, 9, 60).astype(float)
    yield "no positives", np.zeros(20, bool), rng.integers(0, 4, 20) * 1.0, rng.random(20)
    yield "no negatives", np.ones(20, bool), rng.integers(0, 4, 20) * 1.0, rng.random(20)


def components(truth, scores):
    """The structural components V10 and V01: every positive against every negative."""
    wins = np.sign(scores[truth][:, None] - scores[~truth][None, :]) / 2 + 0.5
    return wins.mean(axis=1), wins.mean(axis=0)


def delong(truth, first, second):
    """AUCs and their covariance matrix (DeLong, DeLong & Clarke-Pearson 1988, eq. 4 to 6)."""
    pairs = [components(truth, scores) for scores in (first, second)]
    v10, v01 = np.array([v10 for v10, _ in pairs]), np.array([v01 for _, v01 in pairs])
    covariance = np.cov(v10) / v10.shape[1] + np.cov(v01) / v01.shape[1]
    return v10.mean(axis=1), covariance


def delong_values(truth, first, second):
    """Variance and interval of the first AUC, and the paired test; nulls where there is one row of a class."""
    if min(truth.sum(), (~truth).sum()) < 2:
        return {"auc_variance": None, "auc_interval": None, "paired_test": None}
    aucs, covariance = delong(truth, first, second)
    half = norm.ppf(0.975) * np.sqrt(covariance[0, 0])
    contrast = np.array([1.0, -1.0])
    difference, deviation = contrast @ aucs, np.sqrt(contrast @ covariance @ contrast)
    z = difference / deviation
    p = 2 * norm.sf(abs(z))
    interval = [max(aucs[0] - half, 0.0), min(aucs[0] + half, 1.0)]
    cross_check(truth, first, second, z, p, interval)
    around = [difference - norm.ppf(0.975) * deviation, difference + norm.ppf(0.975) * deviation]
    return {
        "auc_variance": covariance[0, 0],
        "auc_interval": interval,
        "paired_test": {"difference": difference, "interval": around, "z": z, "p": p},
    }


def cross_check(truth, first, second, z, p, interval):
    """MLstatkit subtracts the other way round."""
    theirs_z, theirs_p, theirs_interval, *_ = Delong_test(truth, first, second)
    np.testing.assert_allclose([-z, p, *interval], [theirs_z, theirs_p, *theirs_interval], rtol=0, atol=AGREEMENT)


def curves(truth, scores):
    """Points by falling threshold; the start has none. A curve that has no meaning is empty."""
    if not truth.any():
        return {"roc": [], "precision_recall": []}
    precision, recall, thresholds = precision_recall_curve(truth, scores)
    points = list(zip(precision, recall, [*thresholds, np.inf]))[::-1]
    roc = list(zip(*roc_curve(truth, scores, drop_intermediate=False))) if not truth.all() else []
    return {"roc": roc, "precision_recall": points}


def confusion(truth, scores, threshold):
    flagged = scores > threshold
    (tn, fp), (fn, tp) = confusion_matrix(truth, flagged, labels=[False, True])
    return {
        "threshold": threshold,
        "counts": {"true_positives": tp, "false_positives": fp, "true_negatives": tn, "false_negatives": fn},
        "precision": precision_score(truth, flagged, zero_division=np.nan),
        "recall": recall_score(truth, flagged, zero_division=np.nan),
        "f1": f1_score(truth, flagged, zero_division=np.nan),
    }


def case(name, truth, first, second):
    two_classes = truth.any() and not truth.all()
    thresholds = [*np.quantile(first, [0.25, 0.5, 0.9, 1.0], method="lower"), first.min() - 1.0, first.mean()]
    return {
        "name": name,
        "labels": truth.astype(int),
        "scores": first,
        "other_scores": second,
        "auc": roc_auc_score(truth, first) if two_classes else None,
        "average_precision": average_precision_score(truth, first) if truth.any() else None,
        **delong_values(truth, first, second),
        "confusion": [confusion(truth, first, threshold) for threshold in thresholds],
        **curves(truth, first),
    }


def threshold_case(scores, weights, contamination):
    """As scikit-learn's detectors do it: the offset of the negated scores, and what lies below."""
    unfolded = np.repeat(scores, weights)
    offset = np.percentile(-unfolded, 100.0 * contamination)
    flagged = int((-unfolded - offset < 0).sum())
    return {"scores": scores, "weights": weights, "contamination": contamination, "threshold": -offset, "flagged": flagged}


def folded_rows(rng, rows, distinct):
    scores, weights = np.unique(rng.standard_normal(distinct).round(2), return_counts=True)
    return scores, weights + rng.multinomial(rows - weights.sum(), np.full(len(scores), 1 / len(scores)))


def isolation_forest_case(rng, rows, contamination):
    """The threshold and the flagged rows of a whole scikit-learn detector."""
    points = rng.standard_normal((rows, 2))
    model = IsolationForest(n_estimators=20, contamination=contamination, random_state=0).fit(points)
    return {
        "scores": -model.score_samples(points),
        "weights": np.ones(rows, int),
        "contamination": contamination,
        "threshold": -model.offset_,
        "flagged": int((model.predict(points) == -1).sum()),
    }


def threshold_cases(rng):
    shares = [0.001, 0.01, 0.05, 0.07, 0.1, 0.14, 0.28, 0.29, 0.3, 0.5]
    folded = [threshold_case(*folded_rows(rng, rows, 20), share) for share in shares for rows in (50, 101, 1001)]
    few = [threshold_case(*folded_rows(rng, rows, 1), share) for share in (0.1, 0.5) for rows in (1, 2)]
    # Here the share and the share by way of percent flag different numbers of rows.
    rounding = [threshold_case(np.arange(376.0), np.ones(376, int), share) for share in (0.328, 0.464)]
    return folded + few + rounding + [isolation_forest_case(rng, 101, share) for share in (0.07, 0.1, 0.29)]


def holm_cases(rng):
    lists = [[0.04], [0.01, 0.04, 0.03], [0.5, 0.5, 0.5], [0.0, 1.0, 0.02, 0.02], *(rng.random(n) ** 3 for n in (6, 15))]
    return [{"p": p, "adjusted": multipletests(p, method="holm")[1]} for p in lists]


def main():
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(SEED)
    content = {
        "cases": [case(*table) for table in tables(rng)],
        "thresholds": threshold_cases(rng),
        "holm": holm_cases(rng),
    }
    write(
        "metrics.json",
        content,
        packages=PACKAGES,
        seed=SEED,
        command=COMMAND,
        delong=f"pair by pair from the 1988 paper; z, p and intervals agree with MLstatkit to {AGREEMENT}",
    )


if __name__ == "__main__":
    main()
