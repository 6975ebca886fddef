"""The tables that speed is measured on: demo logons, whose rows repeat, and rows that never do."""

import subprocess
from pathlib import Path

import numpy as np
import pandas as pd

LOGON_FEATURES = [
    "hour_of_day",
    "is_weekend",
    "is_off_hours",
    "fail_count_1h",
    "success_after_fail_15m",
    "is_admin",
    "asset_class",
]
# A store of 30 days holds 283 logons a user or more, so that these are more rows than are asked for.
LOGONS_A_USER = 275


def all_logons(program: str, folder: Path, rows: int) -> pd.DataFrame:
    """One generated store of at least so many logons, time, features and label."""
    users = rows // LOGONS_A_USER + 200
    options = ["generate", "--out", str(folder), "--users", str(users), "-q"]
    subprocess.run([program, *options], check=True, stdout=subprocess.DEVNULL)
    columns = ["ts", *LOGON_FEATURES, "is_suspicious"]
    whole = pd.read_parquet(folder / "auth_events.parquet", columns=columns)
    for table in folder.glob("*.parquet"):
        table.unlink()
    return whole


def logons(whole: pd.DataFrame, rows: int, store: Path) -> Path:
    """A store with evenly spaced rows of another."""
    store.mkdir(parents=True, exist_ok=True)
    part = whole.iloc[:: len(whole) // rows].head(rows).reset_index(drop=True)
    part.to_parquet(store / "auth_events.parquet")
    return store


def distinct_logons(store: Path) -> int:
    frame = pd.read_parquet(store / "auth_events.parquet", columns=LOGON_FEATURES)
    return len(frame.drop_duplicates())


def normal(rows: int, folder: Path, columns: int = 5) -> Path:
    """Standard normal values, no row like another, no labels."""
    path = folder / f"normal-{rows}x{columns}.parquet"
    if not path.exists():
        values = np.random.default_rng(42).standard_normal((rows, columns))
        pd.DataFrame(values, columns=[f"f{column}" for column in range(columns)]).to_parquet(path)
    return path
