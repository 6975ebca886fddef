"""Which detector and encoding `train` takes if there are no labels: measured on tables whose labels it does not see.

    pip install numpy
    cargo build --release
    python benches/peers/unlabelled.py --data DIR

Writes results/unlabelled.md. Each detector is fitted to a whole table, attacks included, and scores the same rows: that
is what an export without labels allows. The label is only measured by.

    --whis-lab PATH    the program; default: target/release/whis-lab, or the same in $CARGO_TARGET_DIR
    --data DIR         also measure each Parquet table of this folder; its label is `label`
    --limit SECONDS    of one detector on one table; default 60
    --quick            one seed and fewer rows; prints the page instead of writing it
"""

import argparse
import os
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import categories
import page
import process

ENCODINGS = ["ordinal", "one-hot", "frequency"]
SEEDS = [42, 1, 2, 7]
DETECTOR_SEEDS = [42, 1, 2]
DEMO_TABLES = ["auth", "process", "admin"]


@dataclass
class Figure:
    """One detector on one table."""

    auc: float
    ap: float
    seconds: float


@dataclass(frozen=True)
class Method:
    detector: str
    encoding: str


# Per table, the figures of each method over the seeds.
Figures = dict[str, dict[Method, list[Figure]]]


def measure(program: str, source: list[str], names: list[str], kinds: list[str], seed: int, limit: float):
    """The figures of each method on one table."""
    for encoding in kinds:
        arguments = [*source, "--encoding", encoding, "--seed", str(seed), "--detectors", ",".join(names)]
        answer = process.compare(program, arguments, limit * len(names))
        if answer is None:
            raise SystemExit(f"{' '.join(arguments)}: more than {limit * len(names):,.0f} s")
        for name in names:
            run = answer.run(name)
            yield Method(name, encoding), Figure(run["auc"], run["average_precision"], answer.seconds(name))


def tables(program: str, scratch: Path, data: Path | None, quick: bool):
    """The name of each table, the arguments that read it, and the encodings to try."""
    size = 3_000 if quick else 20_000
    for make, rows, seeds in ((categories.kdd, size, 2), (categories.unsw, size, 2), (categories.vpn, 4_000, 4)):
        for seed in SEEDS[: 1 if quick else seeds]:
            table = make(rows, seed)
            labelled = table.columns | {"label": (table.kinds != "normal").astype(int)}
            path = categories.write_csv(scratch / f"{table.name}-{seed}.csv", labelled)
            yield table.name, [*process.columns(path), "--features", ",".join(table.columns)], ENCODINGS
    for seed in SEEDS[: 1 if quick else None]:
        store = scratch / f"store-{seed}"
        process.run([program, "generate", "-q", "--out", str(store), "--seed", str(seed)])
        for table in DEMO_TABLES:
            yield f"demo {table}", ["--data", str(store), "--table", table], ENCODINGS
    for path in sorted(data.glob("*.parquet")) if data else []:
        # These tables hold numbers only: every encoding is the same.
        yield path.stem, process.columns(path), ENCODINGS[:1]


def collect(arguments: argparse.Namespace) -> Figures:
    figures: Figures = {}
    names = process.detectors(arguments.whis_lab)
    with tempfile.TemporaryDirectory() as scratch:
        for name, source, kinds in tables(arguments.whis_lab, Path(scratch), arguments.data, arguments.quick):
            for seed in DETECTOR_SEEDS[: 1 if arguments.quick else None]:
                for method, figure in measure(arguments.whis_lab, source, names, kinds, seed, arguments.limit):
                    for encoding in ENCODINGS if len(kinds) == 1 else [method.encoding]:
                        same = Method(method.detector, encoding)
                        figures.setdefault(name, {}).setdefault(same, []).append(figure)
            print(name, file=sys.stderr, flush=True)
    return figures


def mean(figures: Figures, method: Method, value: str, names: list[str]) -> float:
    return statistics.mean(statistics.mean(getattr(f, value) for f in figures[name][method]) for name in names)


def behind(figures: Figures, method: Method, names: list[str]) -> float:
    """The largest distance from the best method of a table, in AUC."""
    best = {name: max(mean(figures, other, "auc", [name]) for other in figures[name]) for name in names}
    return max(best[name] - mean(figures, method, "auc", [name]) for name in names)


def summary(figures: Figures) -> str:
    names = list(figures)
    with_categories = [name for name in names if name in ("kdd", "unsw", "vpn") or name.startswith("demo")]
    rows = []
    for method in figures[names[0]]:
        values = [
            mean(figures, method, "auc", names),
            mean(figures, method, "ap", names),
            mean(figures, method, "auc", with_categories),
            mean(figures, method, "ap", with_categories),
            mean(figures, method, "ap", ["vpn"]),
            behind(figures, method, names),
        ]
        seconds = sum(statistics.mean(f.seconds for f in figures[name][method]) for name in names)
        rows.append((values, [method.detector, method.encoding, *map(page.fixed, values), page.short(seconds)]))
    rows.sort(key=lambda row: -row[0][0])
    head = ["detector", "encoding", "mean AUC", "mean AP", "AUC, categories", "AP, categories", "AP, vpn",
            "furthest behind the best", "seconds"]
    return page.table(head, [cells for _, cells in rows], 2)


def each(figures: Figures, methods: list[Method]) -> str:
    head = ["table", *(f"{m.detector}, {m.encoding}" for m in methods), "best of all"]
    rows = []
    for name in figures:
        best = max(mean(figures, other, "auc", [name]) for other in figures[name])
        cells = [page.fixed(mean(figures, method, "auc", [name])) for method in methods]
        rows.append([name, *cells, page.fixed(best)])
    return page.table(head, rows)


SHOWN = [
    Method("ensemble", "one-hot"),
    Method("isolation-forest", "one-hot"),
    Method("isolation-forest", "frequency"),
    Method("ecod", "one-hot"),
    Method("hbos", "one-hot"),
]

TEXT = """\
{origin}

Every detector is fitted to a whole table, attacks included, and scores the same rows. Parameters are at their defaults.
Figures are means over the seeds of the detectors ({seeds}) and of the simulated tables. A mean over tables counts each
table once. `furthest behind` is the largest distance in AUC from the best method of a table. `seconds` is the time to fit
and score every table once.

`train` without labels takes the first line, **ensemble, one-hot**: it has the highest mean AUC, the smallest largest
distance, and finds the rows that were planted in the VPN log. The isolation forest with frequencies has a higher mean AP,
and misses these rows. The ensemble costs about 40 times the time of an isolation forest. So its fit is limited to about
a minute unless `--time-limit` or `--fit-rows` say otherwise.

{summary}

## AUC of each table

{each}

What this cannot show: most of the tables are small. Six of the 18 kinds are simulated: three by this script, three by
`generate`. The others have numbers only, so no encoding matters for them. The first lines differ by less than the tables
do: other tables may order them differently. Nothing here was tuned on these labels, but the ensemble's members were chosen
on the twelve public tables (`ensembles.md`).
"""


def text(figures: Figures, program: str) -> str:
    version = process.run([program, "--version"]).stdout.split("\n")[0]
    origin = (
        f"{version}, {page.versions('numpy')}; {page.machine()}. "
        "Written by `python benches/peers/unlabelled.py --data DIR`."
    )
    seeds = ", ".join(map(str, DETECTOR_SEEDS))
    return TEXT.format(origin=origin, seeds=seeds, summary=summary(figures), each=each(figures, SHOWN))


def parsed() -> argparse.Namespace:
    target = Path(os.environ.get("CARGO_TARGET_DIR", page.ROOT / "target"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--whis-lab", default=str(target / "release" / "whis-lab"))
    parser.add_argument("--data", type=Path)
    parser.add_argument("--limit", type=float, default=60)
    parser.add_argument("--quick", action="store_true")
    return parser.parse_args()


def main() -> None:
    arguments = parsed()
    page_text = text(collect(arguments), arguments.whis_lab)
    if arguments.quick:
        print(page_text)
    else:
        page.write("unlabelled.md", page_text)


if __name__ == "__main__":
    main()
