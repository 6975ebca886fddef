"""Reference values of the Kaplan-Meier estimator: scipy.stats.ecdf of censored data, with log-log intervals."""

import numpy as np
from fixture import write
from scipy.stats import CensoredData, ecdf

SEED = 20260401
COMMAND = "python tests/reference/survival.py"


def cases(rng):
    """Name, durations and whether the event happened."""
    yield "all detected", [1.0, 2.0, 3.0, 4.0, 5.0], [True] * 5
    yield "last one censored", [1.0, 2.0, 3.0, 4.0, 5.0], [True, True, True, True, False]
    yield "events and censored observations at the same time", [1, 1, 1, 2, 2, 3, 3, 3], [1, 0, 1, 1, 0, 0, 1, 0]
    yield "many at 0", [0, 0, 0, 0, 0, 0.25, 0.5, 8, 9], [1, 1, 1, 0, 0, 1, 0, 1, 0]
    durations = rng.exponential(5.0, 200).round(1)
    yield "ties", durations, rng.random(200) < 0.6
    durations = rng.exponential(5.0, 60)
    yield "distinct", durations, rng.random(60) < 0.3
    # The estimates of Freireich et al., Blood 1963: remission under 6-MP, in weeks.
    weeks = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    relapse = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    yield "6-MP", weeks, relapse


def case(name, durations, is_event):
    durations, is_event = np.asarray(durations, float), np.asarray(is_event, bool)
    censored = CensoredData(uncensored=durations[is_event], right=durations[~is_event])
    curve = ecdf(censored).sf
    interval = curve.confidence_interval(method="log-log")
    at = np.isin(curve.quantiles, durations[is_event])
    return {
        "name": name,
        "durations": durations,
        "is_event": is_event,
        "times": curve.quantiles[at],
        "survival": curve.probabilities[at],
        "low": interval.low.probabilities[at],
        "high": interval.high.probabilities[at],
    }


def main():
    rng = np.random.default_rng(SEED)
    content = {"cases": [case(*each) for each in cases(rng)]}
    write("survival.json", content, packages=["scipy", "numpy"], seed=SEED, command=COMMAND)


if __name__ == "__main__":
    main()
