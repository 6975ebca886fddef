"""Reference values for the tests over several tables, from scipy, baycomp and the paper of Demsar (JMLR 2006)."""

import numpy as np
from baycomp import SignedRankTest
from fixture import write
from scipy.stats import PermutationMethod, f, friedmanchisquare, t, wilcoxon

SEED = 20261130
COMMAND = "python tests/reference/tables.py"
PACKAGES = ["scipy", "numpy", "baycomp"]

# Table 6 of the paper: AUC of C4.5, C4.5+m, C4.5+cf and C4.5+m+cf on 14 data sets. The ranks of `voting` come from
# digits that the paper does not print; 0.0001 is added to the third value.
DEMSAR = [
    [0.763, 0.768, 0.771, 0.798],
    [0.599, 0.591, 0.590, 0.569],
    [0.954, 0.971, 0.968, 0.967],
    [0.628, 0.661, 0.654, 0.657],
    [0.882, 0.888, 0.886, 0.898],
    [0.936, 0.931, 0.916, 0.931],
    [0.661, 0.668, 0.609, 0.685],
    [0.583, 0.583, 0.563, 0.625],
    [0.775, 0.838, 0.866, 0.875],
    [1.000, 1.000, 1.000, 1.000],
    [0.940, 0.962, 0.965, 0.962],
    [0.619, 0.666, 0.614, 0.669],
    [0.972, 0.981, 0.9751, 0.975],
    [0.957, 0.978, 0.946, 0.970],
]


def friedman_case(name, rows):
    rows = np.asarray(rows)
    tables, detectors = rows.shape
    chi_square, p = friedmanchisquare(*rows.T)
    statistic = (tables - 1) * chi_square / (tables * (detectors - 1) - chi_square)
    degrees = detectors - 1, (detectors - 1) * (tables - 1)
    return {
        "name": name,
        "rows": rows,
        "chi_square": chi_square,
        "chi_square_p": p,
        "f": statistic,
        "p": f.sf(statistic, *degrees),
    }


def signed_rank_case(name, differences):
    """Exact: every sign of every difference, zeros by Pratt."""
    differences = np.asarray(differences)
    exact = PermutationMethod(n_resamples=np.inf)
    test = wilcoxon(differences, zero_method="pratt", method=exact)
    ranked = wilcoxon(differences, zero_method="pratt", alternative="greater", method="asymptotic")
    if len(set(abs(differences))) == len(differences) and differences.all():
        np.testing.assert_allclose(wilcoxon(differences, method="exact").pvalue, test.pvalue, rtol=1e-9)
    return {"name": name, "differences": differences, "positive_ranks": ranked.statistic, "p": test.pvalue}


def practical_case(name, differences, margin):
    differences = np.asarray(differences)
    worse, equivalent, better = SignedRankTest.probs(
        np.zeros(len(differences)), differences, margin, nsamples=50_000, random_state=SEED
    )
    return {
        "name": name,
        "differences": differences,
        "margin": margin,
        "better": better,
        "equivalent": equivalent,
        "worse": worse,
    }


def splits_case(differences, ratio):
    """Nadeau & Bengio (2003): Student's t with the variance times (1/K + scored rows / training rows)."""
    count = len(differences)
    error = np.sqrt((1 / count + ratio) * differences.var(ddof=1))
    mean = differences.mean()
    low, high = t.interval(0.95, count - 1, loc=mean, scale=error)
    p = 2 * t.sf(abs(mean) / error, count - 1)
    return {"differences": differences, "ratio": ratio, "difference": mean, "low": low, "high": high, "p": p}


def main():
    rng = np.random.default_rng(SEED)
    demsar = np.array(DEMSAR)
    # Rounded, because 0.771 - 0.763 is not 0.968 - 0.960 in floating point, but their ranks are tied on paper.
    example = np.round(demsar[:, 1] - demsar[:, 0], 4)
    friedman = [friedman_case("Demsar, table 6", demsar)]
    for tables, detectors in [(2, 3), (5, 3), (12, 4), (40, 8)]:
        friedman.append(friedman_case(f"{tables} tables", rng.normal(size=(tables, detectors)) + np.arange(detectors) / 4))
        friedman.append(friedman_case(f"{tables} tables, ties", rng.integers(0, 3, (tables, detectors)).astype(float)))
    signed = [
        signed_rank_case("Demsar, C4.5+m against C4.5", example),
        signed_rank_case("no ties", rng.normal(0.3, 1.0, 13)),
        signed_rank_case("ties", rng.integers(-3, 6, 14).astype(float)),
        signed_rank_case("ties and zeros", np.array([0.0, 0.0, 1.0, 1.0, -1.0, 2.0, 3.0, 3.0, 3.0, -2.0])),
        signed_rank_case("one sign", np.arange(1.0, 7.0)),
    ]
    practical = [
        practical_case("Demsar, C4.5+m against C4.5", example, 0.01),
        practical_case("clearly better", rng.normal(0.05, 0.02, 12), 0.01),
        practical_case("the same", rng.normal(0.0, 0.003, 12), 0.01),
        practical_case("unclear", rng.normal(0.01, 0.05, 8), 0.01),
        # No sum of two is exactly twice the margin: the paper counts such a pair as equivalent, baycomp as half.
        practical_case("three tables", np.array([0.021, -0.03, 0.004]), 0.01),
    ]
    splits = [splits_case(rng.normal(0.02, 0.01, count), ratio) for count, ratio in [(2, 0.5), (10, 3 / 7), (30, 0.25)]]
    content = {"friedman": friedman, "signed_rank": signed, "practical": practical, "splits": splits}
    write("tables.json", content, packages=PACKAGES, seed=SEED, command=COMMAND, example="Demsar, JMLR 7, 2006, table 6")


if __name__ == "__main__":
    main()
