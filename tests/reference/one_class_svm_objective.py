"""The dual objective of scikit-learn's one-class SVM on tables of the sizes at which speed is measured.

The largest table takes some minutes. Its rows, and those of the smaller one, are sums of twelve uniform
numbers of SplitMix64 (Steele, Lea & Flood, OOPSLA 2014), which any language makes with the same bits.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from fixture import write
from sklearn.preprocessing import StandardScaler
from sklearn.svm import OneClassSVM

SEED = 20240117
NU = 0.15
COLUMNS = 5
BLOCK = 2_000
# Rows, and the tolerance; the largest at scikit-learn's own, or it would take hours.
GENERATED = ((8_000, 1e-6), (80_000, 1e-3))


def uniforms(count):
    """SplitMix64 from SEED, the upper 53 bits of each number as a share of 1."""
    golden = np.uint64(0x9E3779B97F4A7C15)
    z = np.uint64(SEED) + golden * np.arange(1, count + 1, dtype=np.uint64)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)).astype(float) * 2.0**-53


def bells(rows):
    """Nearly normal values, each the sum of twelve uniform ones, added up from the first, less 6."""
    parts = uniforms(rows * COLUMNS * 12).reshape(rows, COLUMNS, 12)
    total = np.zeros((rows, COLUMNS))
    for part in range(12):
        total += parts[:, :, part]
    return total - 6.0


def objective(model, gamma):
    """Half of alpha' Q alpha, in double precision, in blocks."""
    alpha, vectors = model.dual_coef_[0], model.support_vectors_
    squares = (vectors**2).sum(axis=1)
    total = 0.0
    for start in range(0, len(alpha), BLOCK):
        part = slice(start, start + BLOCK)
        distances = squares[part, None] + squares[None, :] - 2.0 * vectors[part] @ vectors.T
        total += alpha[part] @ np.exp(-gamma * distances.clip(0.0)) @ alpha
    return 0.5 * total


def case(name, rows, tolerance):
    model = OneClassSVM(kernel="rbf", nu=NU, gamma="scale", tol=tolerance, cache_size=2_000).fit(rows)
    gamma = 1.0 / (rows.shape[1] * rows.var())
    found = {"objective": objective(model, gamma), "sum_of_alpha": model.dual_coef_.sum()}
    print(name, found, flush=True)
    return {"name": name, "n": len(rows), "d": rows.shape[1], "tolerance": tolerance, **found}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--adbench", type=Path, required=True, help="a folder of ADBench tables in Parquet")
    arguments = parser.parse_args()
    shuttle = pd.read_parquet(arguments.adbench / "shuttle.parquet").drop(columns="label")
    rows = StandardScaler().fit_transform(shuttle.to_numpy(dtype=float))
    tables = [case("shuttle", rows, 1e-4)]
    tables += [case(f"bells-{count}", bells(count), tolerance) for count, tolerance in GENERATED]
    note = f"rbf, nu={NU}, gamma=scale; objective: half of alpha' Q alpha with 0 <= alpha <= 1; shuttle standardised"
    command = "python tests/reference/one_class_svm_objective.py --adbench DIR"
    packages = ["scikit-learn", "numpy", "pandas", "pyarrow"]
    content = {"first": bells(2).ravel(), "tables": tables}
    write("one_class_svm_objective.json", content, packages=packages, seed=SEED, command=command, note=note)


if __name__ == "__main__":
    main()
