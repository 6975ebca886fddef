"""Writes fixtures/parquet_types.parquet: columns of types that few programs write, with their expected numbers.

    python tests/reference/parquet_types.py
"""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

PATH = Path(__file__).resolve().parents[2] / "fixtures" / "parquet_types.parquet"
ROWS = 8


def column(values: list, kind: pa.DataType) -> pa.Array:
    return pa.array(values, kind)


def main() -> None:
    rows = range(ROWS)
    words = [["tcp", "udp"][i % 2] for i in rows]
    table = pa.table(
        {
            "half": pa.array(np.array([i * 0.5 - 1 for i in rows], dtype=np.float16)),
            "at": column([i * 3_600_000_000 for i in rows], pa.timestamp("us", "+05:30")),
            "seconds": column([i * 1_500_000_000 for i in rows], pa.duration("ns")),
            "clock": column([i * 60_000 for i in rows], pa.time32("ms")),
            "decimal": column([Decimal(i) / 4 for i in rows], pa.decimal128(12, 2)),
            "wide": column([Decimal(i) for i in rows], pa.decimal256(60, 2)),
            "packed": column(list(rows), pa.int64()),
            "large": column(words, pa.large_string()),
            "view": column(words, pa.string_view()),
            "bytes": column([word.encode() for word in words], pa.large_binary()),
            "id": column([i.to_bytes(16, "big") for i in rows], pa.uuid()),
            "label": column([i == 3 for i in rows], pa.bool_()),
        }
    )
    codecs = {name: "BROTLI" if name == "packed" else "NONE" for name in table.column_names}
    pq.write_table(table, PATH, compression=codecs, use_dictionary=False, write_statistics=False)
    whole = PATH.read_bytes()
    # The only column with Brotli, code 4, says LZO, code 3: 0x08 and 0x06 in the Thrift of the footer.
    footer = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    codec = whole.index(b"\x15\x08\x16", footer) + 1
    PATH.write_bytes(whole[:codec] + b"\x06" + whole[codec + 1 :])


if __name__ == "__main__":
    main()
