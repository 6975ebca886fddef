"""Writes the damaged and the meaningless tables of fixtures/bad.

    python tests/reference/bad_files.py
"""

from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
BAD = ROOT / "fixtures" / "bad"


def auth(rows: int) -> pd.DataFrame:
    row = range(rows)
    return pd.DataFrame(
        {
            "ts": pd.to_datetime([1736150400 + 60 * i for i in row], unit="s", utc=True),
            "hour_of_day": [8 + i % 10 for i in row],
            "is_weekend": [i % 7 > 4 for i in row],
            "is_off_hours": [False for i in row],
            "fail_count_1h": [i % 3 for i in row],
            "success_after_fail_15m": [i % 5 == 0 for i in row],
            "is_admin": [i % 11 == 0 for i in row],
            "asset_class": [["server", "workstation"][i % 2] for i in row],
            "is_suspicious": [i % 13 == 0 for i in row],
        }
    )


def short_column(whole: bytes) -> bytes:
    """The file with 30 in place of 60 values in its first column. The footer is Thrift: 60 is written as 0x78."""
    count = b"\x16\x78"
    footer = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    of_file = whole.index(count, footer)
    of_column = whole.index(count, of_file + 1)
    return whole[: of_column + 1] + b"\x3c" + whole[of_column + 2 :]


def main() -> None:
    BAD.mkdir(parents=True, exist_ok=True)
    good = auth(60)
    good.to_parquet(BAD / "truncated.parquet")
    whole = (BAD / "truncated.parquet").read_bytes()
    (BAD / "truncated.parquet").write_bytes(whole[: len(whole) // 2])
    (BAD / "short_column.parquet").write_bytes(short_column(whole))
    (BAD / "zero_bytes.parquet").write_bytes(b"")
    (BAD / "text.parquet").write_text("this is not a table\n")
    (BAD / "ragged.csv").write_text("x,label\n1,0\n2,0,3,4\n3,1\n")
    good.assign(hour_of_day=["late"] * len(good)).to_parquet(BAD / "wrong_type.parquet")
    good.drop(columns="fail_count_1h").to_parquet(BAD / "missing_column.parquet")
    gaps = good["is_suspicious"].astype("boolean").where(good.index != 2)
    good.assign(is_suspicious=gaps).to_parquet(BAD / "null_label.parquet")
    good.assign(is_suspicious=False).to_parquet(BAD / "one_class.parquet")
    good.iloc[:0].to_parquet(BAD / "empty.parquet")
    good.iloc[:1].to_parquet(BAD / "one_row.parquet")


if __name__ == "__main__":
    main()
