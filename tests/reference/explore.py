"""Reference values for the exploration: pandas' describe(), numpy's histogram, scipy's point-biserial correlation
and its chi-squared without continuity correction, for Cramér's V.

The tables of fixtures/ are described as they are; a random table with gaps, repeated rows, a constant and a column
without values is part of the fixture.
"""

import numpy as np
import pandas as pd
from fixture import FOLDER, write
from scipy.stats import chi2_contingency, pointbiserialr

SEED = 20240117
COMMAND = "python tests/reference/explore.py"
BINS = 30
TABLES = {
    "auth_events": (
        "ts",
        ["hour_of_day", "is_weekend", "is_off_hours", "fail_count_1h", "success_after_fail_15m", "is_admin", "asset_class"],
    ),
    "process_events": (
        "ts",
        ["hour_of_day", "cmd_len", "cmd_entropy", "has_encoded", "signed_parent", "rare_parent_child_7d"],
    ),
    "admin_events": ("ts", ["method", "off_hours", "recent_4625s_actor_1h"]),
}


def random_table(rng, rows=400):
    """Features with gaps; times in microseconds, within three days."""
    truth = rng.random(rows) < 0.15
    holes = lambda values, share: pd.Series(values).mask(rng.random(rows) < share)
    times = np.sort(rng.integers(0, 3 * 86_400_000_000, rows)) + 1_736_121_600_000_000
    return pd.DataFrame(
        {
            "normal": holes(rng.standard_normal(rows) + truth, 0.1),
            "large": holes(1e9 + rng.standard_normal(rows), 0.02),
            "skewed": holes(rng.lognormal(0, 3, rows).round(3), 0.3),
            "counts": holes(rng.poisson(1.5, rows).astype(float), 0.05),
            "flag": holes((rng.random(rows) < 0.2 + 0.4 * truth).astype(float), 0.1),
            "constant": np.full(rows, 0.1),
            "nothing": np.full(rows, np.nan),
            "word": holes(rng.choice(["a", "b", "c", "d e"], rows, p=[0.6, 0.2, 0.15, 0.05]), 0.08),
            "truth": truth,
            "time": times,
        }
    )


def is_category(column):
    return not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column))


def is_truth(column):
    return set(column.dropna().unique()) == {0, 1}


def varies(*columns):
    return all(pd.Series(column).nunique() > 1 for column in columns)


def feature(column, truth):
    known = column.notna()
    values, labels = column[known], truth[known]
    summary = {
        "name": column.name,
        "count": int(known.sum()),
        "missing": int((~known).sum()),
        "distinct": column.nunique(),
        "commonest_share": float(values.value_counts(normalize=True).max()) if len(values) else 0.0,
        "association": None,
    }
    if is_category(column):
        if varies(values, labels):
            chi_squared = chi2_contingency(pd.crosstab(values, labels), correction=False).statistic
            summary["association"] = np.sqrt(chi_squared / len(values))
        return summary
    numbers = column.astype(float)
    described = numbers.describe()
    names = {"mean": "mean", "std": "std", "min": "min", "q25": "25%", "median": "50%", "q75": "75%", "max": "max"}
    summary |= {ours: float(described[theirs]) for ours, theirs in names.items()}
    if varies(values, labels):
        summary["association"] = pointbiserialr(labels, values.astype(float)).statistic
    if len(values) and not is_truth(column) and column.dtype != bool:
        summary["histogram"] = histogram(values, labels)
    return summary


def histogram(values, labels):
    edges = np.histogram_bin_edges(values, BINS)
    count = lambda chosen: np.histogram(values[chosen], edges)[0]
    return {"edges": edges, "normal": count(~labels), "suspicious": count(labels)}


def groups(truth, keys):
    counted = truth.groupby(keys).agg(["size", "sum"])
    return [[str(name), int(rows), int(suspicious)] for name, rows, suspicious in counted.itertuples()]


def described(name, frame, features, truth, times):
    repeated = frame.groupby(features, dropna=False, observed=True).size()
    categories = [c for c in features if is_category(frame[c]) or frame[c].dtype == bool or is_truth(frame[c])]
    return {
        "table": name,
        "rows": len(frame),
        "distinct_rows": len(frame[features].drop_duplicates()),
        "commonest_row_share": repeated.max() / len(frame),
        "suspicious_rows": int(truth.sum()),
        "suspicious_rate": truth.mean(),
        "features": [feature(frame[column], truth) for column in features],
        "by_hour": groups(truth, times.dt.hour),
        "by_day": groups(truth, times.dt.strftime("%Y-%m-%d")),
        "by_category": {c: groups(truth, frame[c]) for c in categories},
    }


def main():
    tables = []
    for name, (time, features) in TABLES.items():
        frame = pd.read_parquet(FOLDER.parent / f"{name}.parquet")
        tables.append(described(name, frame, features, frame["is_suspicious"].astype(bool), frame[time]))
    frame = random_table(np.random.default_rng(SEED))
    features = [column for column in frame if column not in ("truth", "time")]
    times = pd.to_datetime(frame["time"], unit="us", utc=True)
    tables.append(described("random", frame, features, frame["truth"], times))
    columns = {column: [None if pd.isna(x) else x for x in frame[column]] for column in frame}
    write(
        "explore.json",
        {"random": columns, "tables": tables},
        packages=["pandas", "numpy", "scipy"],
        seed=SEED,
        command=COMMAND,
        note="describe() of pandas; pointbiserialr and chi2_contingency(correction=False) of scipy",
    )


if __name__ == "__main__":
    main()
