"""Reference values for the thresholds without labels, from scipy and numpy.

The generalized Pareto fits start at scipy's genpareto.fit, and its negative log-likelihood is minimised further, because
that fit stops at about four digits. Conformal p-values are counted as Bates et al. (2023) define them; scipy's
false_discovery_control adjusts them.
"""

import numpy as np
from fixture import write
from scipy import optimize, stats

SEED = 20260301
COMMAND = "python tests/reference/thresholds.py"


def mad_case(rng, rows, k):
    scores, weights = np.unique(rng.standard_normal(rows).round(1), return_counts=True)
    unfolded = np.repeat(scores, weights)
    deviation = stats.median_abs_deviation(unfolded, scale="normal")
    return {"scores": scores, "weights": weights, "k": k, "threshold": np.median(unfolded) + k * deviation}


def pareto_case(rng, shape, scale, rows, prior):
    excesses = stats.genpareto.rvs(shape, scale=scale, size=rows, random_state=rng)

    def loss(p):
        return stats.genpareto.nnlf((p[0], 0.0, np.exp(p[1])), excesses) + prior * p[0] ** 2 / 2

    start = stats.genpareto.fit(excesses, floc=0)
    best = np.array([start[0], np.log(start[2])])
    for _ in range(5):
        options = {"xatol": 1e-11, "fatol": 1e-13, "maxiter": 10_000}
        best = optimize.minimize(loss, best, method="Nelder-Mead", options=options).x
    if prior == 0:
        assert abs(best[0] - start[0]) < 1e-2, "scipy's fit and the refined one differ"
    return {"excesses": excesses, "prior": prior, "shape": best[0], "scale": np.exp(best[1])}


def conformal_case(rng, calibration_rows, rows, anomalies, rate):
    calibration = rng.standard_normal(calibration_rows).round(2)
    scores = (rng.standard_normal(rows) + 3.5 * (np.arange(rows) < anomalies)).round(2)
    p = np.array([(1 + (calibration >= score).sum()) / (calibration_rows + 1) for score in scores])
    flagged = stats.false_discovery_control(p, method="bh") <= rate
    return {"calibration": calibration, "scores": scores, "rate": rate, "p": p, "flagged": flagged}


def main():
    rng = np.random.default_rng(SEED)
    shapes = [(-0.2, 0.5), (0.0, 1.0), (0.25, 20.0), (0.6, 3.0)]
    content = {
        "mads": [mad_case(rng, rows, k) for rows, k in ((10, 3.5), (101, 3.0), (400, 2.0))],
        "paretos": [pareto_case(rng, *case, 150, prior) for case in shapes for prior in (0.0, 100.0)],
        "conformal": [
            conformal_case(rng, *case)
            for case in ((200, 60, 10, 0.1), (200, 60, 10, 0.2), (300, 50, 0, 0.1), (40, 30, 15, 0.3))
        ],
    }
    write("thresholds.json", content, packages=["scipy", "numpy"], seed=SEED, command=COMMAND)


if __name__ == "__main__":
    main()
