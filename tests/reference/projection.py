"""Reference values for projections and correlations, of rows with multiplicities, from scikit-learn and scipy.

Every value is computed on the unfolded rows.
"""

import warnings

import numpy as np
from fixture import write
from scipy.stats import pearsonr, spearmanr
from sklearn.decomposition import PCA

SEED = 20240117
COMMAND = "python tests/reference/projection.py"
PACKAGES = ["scikit-learn", "numpy", "scipy"]


def multiplicities(rng, rows):
    """Few common rows and many rare ones, as in a table of events."""
    return rng.zipf(1.6, rows).clip(max=400)


def tables(rng):
    """Name and distinct rows; columns are correlated, so that the first two axes stand out."""
    for columns in (2, 3, 5, 10, 24):
        mixed = rng.standard_normal((60, columns)) @ rng.standard_normal((columns, columns))
        yield f"{columns} columns", mixed
    scales = np.array([1e4, 1.0, 1e-3, 50.0])
    yield "columns of other sizes", 1e3 + scales * rng.standard_normal((40, 4))
    levels = np.eye(4)[rng.integers(0, 4, 50)]
    yield "one-hot columns", np.hstack([levels, rng.standard_normal((50, 2))])
    yield "fewer rows than columns", rng.standard_normal((4, 7))


def pca_case(name, points, weights):
    model = PCA(svd_solver="full").fit(np.repeat(points, weights, axis=0))
    return {
        "name": name,
        "points": points,
        "weights": weights,
        "explained_variance_ratio": model.explained_variance_ratio_[:2],
        "components": model.components_[:2],
        "coordinates": model.transform(points)[:, :2],
    }


def pairs(rng):
    """Name and the two values of distinct rows."""
    x = rng.standard_normal(80)
    yield "related", x, x + rng.standard_normal(80)
    yield "falling", x, -np.exp(x)
    yield "unrelated", rng.standard_normal(80), rng.standard_normal(80)
    yield "ties", rng.integers(0, 5, 80).astype(float), rng.integers(0, 3, 80) - 1.0
    yield "flag and score", (rng.random(80) < 0.2).astype(float), rng.random(80)
    yield "far from 0", 1e3 + x, 1e-3 * x**2
    yield "two rows", np.array([1.0, 2.0]), np.array([5.0, -3.0])
    yield "constant", np.full(9, 0.1), rng.random(9)


def correlation_case(name, x, y, weights):
    x_rows, y_rows = np.repeat(x, weights), np.repeat(y, weights)
    return {
        "name": name,
        "x": x,
        "y": y,
        "weights": weights,
        "pearson": pearsonr(x_rows, y_rows).statistic,
        "spearman": spearmanr(x_rows, y_rows).statistic,
    }


def main():
    warnings.simplefilter("ignore")  # a constant has no correlation: that is the case
    rng = np.random.default_rng(SEED)
    projections = [pca_case(name, points, multiplicities(rng, len(points))) for name, points in tables(rng)]
    origin = {"packages": PACKAGES, "seed": SEED, "command": COMMAND}
    write("pca.json", {"cases": projections}, **origin, note="PCA(svd_solver='full') of the rows repeated by weight")
    correlations = [correlation_case(name, x, y, multiplicities(rng, len(x))) for name, x, y in pairs(rng)]
    write("correlation.json", {"cases": correlations}, **origin, note="of the rows repeated by weight")


if __name__ == "__main__":
    main()
