"""Distances of two distributions on the same bins by scipy, and the PSI by the definition of Evidently 0.4
(`evidently.calculations.stattests.psi`, with its filling of empty bins).

    python tests/reference/drift.py > fixtures/reference/drift.json
"""

import json

import numpy as np
import scipy
from scipy.spatial.distance import jensenshannon
from scipy.stats import false_discovery_control, ks_2samp, wasserstein_distance

SEED = 20


def filled(shares):
    least = shares[shares > 0].min()
    return np.where(shares == 0, least / 10**6 if least <= 0.0001 else 0.0001, shares)


def psi(reference, current):
    p, q = (filled(counts / counts.sum()) for counts in (reference, current))
    return float(np.sum((q - p) * np.log(q / p)))


def case(random, bins, rows):
    values = np.sort(random.normal(size=bins)).round(6)
    p, q = random.dirichlet(np.ones(bins) * 0.5), random.dirichlet(np.ones(bins) * 0.5)
    reference, current = random.multinomial(rows, p), random.multinomial(rows // 2, q)
    return {
        "values": values.tolist(),
        "reference": reference.tolist(),
        "current": current.tolist(),
        "psi": psi(reference, current),
        "jensen_shannon": float(jensenshannon(reference, current)),
        "kolmogorov_smirnov": float(
            ks_2samp(np.repeat(values, reference), np.repeat(values, current)).statistic
        ),
        "wasserstein": float(wasserstein_distance(values, values, reference, current)),
    }


random = np.random.default_rng(SEED)
p = random.uniform(size=12) ** 3
print(
    json.dumps(
        {
            "origin": {
                "tool": "scipy",
                "version": scipy.__version__,
                "command": "python tests/reference/drift.py > fixtures/reference/drift.json",
                "seed": SEED,
            },
            "cases": [case(random, bins, rows) for bins, rows in [(2, 50), (5, 400), (20, 3_000), (34, 200_000)]],
            "p": p.tolist(),
            "adjusted": false_discovery_control(p).tolist(),
        },
        indent=1,
    )
)
