"""Times whis-lab beside its peers on the same files, in turn, in one run.

    pip install -r benches/peers/requirements.txt
    cargo build --release
    python benches/peers/speed.py PATH/TO/whis-lab ADBENCH_FOLDER

Writes results/speed.md and the part of docs/speed.md between its markers. Medians of five runs after one that is not
counted; of a peer that takes minutes there are fewer, and the table says how many. A peer is stopped at its limit, and the
table says so. About fifteen minutes in all.

    --quick          a tenth of the rows, no public table, one run, short limits; prints, and writes neither file
    --record FILE    keep what was measured in FILE, and go on from there when started again
    --script FILE    the notebook as a script that takes --data, --table and --jobs, in place of notebook.py
"""

import argparse
import json
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import page
import process
import tables
from peer import Peers

RUNS = 5
NOTEBOOK = Path(__file__).with_name("notebook.py")


@dataclass(frozen=True)
class Bar:
    """A detector on a table beside a peer, whose runs are counted in minutes here and there."""

    detector: str
    table: str
    library: str
    peer_runs: int = RUNS
    limit: float = 1_800


BARS = (
    Bar("isolation-forest", "normal-800000", "scikit-learn"),
    Bar("isolation-forest", "normal-800000", "isotree"),
    Bar("lof", "normal-80000", "scikit-learn"),
    Bar("lof", "shuttle", "scikit-learn", peer_runs=3, limit=120),
    Bar("lof", "cover", "scikit-learn", peer_runs=1, limit=120),
    Bar("one-class-svm", "normal-8000", "scikit-learn"),
    Bar("one-class-svm", "shuttle", "scikit-learn", peer_runs=1, limit=60),
    Bar("one-class-svm", "normal-80000", "scikit-learn", peer_runs=1, limit=60),
)
WHOLE = (1_000, 10_000, 1_000_000)
# The default forest: samples of 256 rows are told apart in 8 levels.
TREES, LEVELS = 100, 8
TITLES = {"isolation-forest": "isolation forest", "lof": "LOF, k = 20", "one-class-svm": "one-class SVM"}


@dataclass
class Bench:
    program: str
    adbench: Path
    scratch: Path
    quick: bool
    script: Path | None

    def runs(self, wanted: int) -> int:
        return 1 if self.quick else wanted

    def limit(self, wanted: float) -> float:
        return min(wanted, 30) if self.quick else wanted

    def sized(self, rows: int) -> int:
        return max(rows // 10, 500) if self.quick else rows

    # The whole job: from a file to a report.

    def store(self, rows: int) -> Path:
        """Evenly spaced rows of one generated store."""
        store = self.scratch / f"store-{rows}"
        if not store.exists():
            whole = tables.all_logons(self.program, self.scratch / "all", self.sized(max(WHOLE)))
            for each in map(self.sized, WHOLE):
                tables.logons(whole, each, self.scratch / f"store-{each}")
        return store

    def ours(self, store: Path) -> list[str]:
        command = [self.program, "compare", "--table", "auth", "--data", str(store), "--encoding", "ordinal", "--runs", "1", "-q"]
        # The three of the notebook, whatever else there is.
        return [*command, "--detectors", ",".join(TITLES), "--out", str(self.scratch / "out")]

    def script_command(self, store: Path) -> list[str]:
        if self.script:
            return [sys.executable, str(self.script), "--data", str(store), "--table", "auth", "--jobs", "2"]
        table = str(store / "auth_events.parquet")
        return [sys.executable, str(NOTEBOOK), table, "is_suspicious", *tables.LOGON_FEATURES]

    def whole_job(self, rows: int) -> dict:
        store = self.store(rows)
        commands = [self.ours(store)]
        if rows < self.sized(max(WHOLE)):
            commands.append(self.script_command(store))
        for command in commands:
            process.run(command)
        rounds = [[process.run(command).seconds for command in commands] for _ in range(self.runs(RUNS))]
        taken = [list(column) for column in zip(*rounds)]
        return {"distinct": tables.distinct_logons(store), "ours": taken[0], "theirs": (taken[1:] or [[]])[0]}

    def memory(self, rows: int) -> dict:
        """The peak of both; the script's up to the limit, so that its true one is no smaller."""
        store = self.store(rows)
        limit = int(self.limit(60))
        ours, theirs = process.peak(self.ours(store), 600), process.peak(self.script_command(store), limit)
        return {"ours": ours[0], "theirs": theirs[0], "ended": theirs[1], "limit": limit}

    def start(self) -> dict:
        command = [self.program, "--help"]
        return {"ours": [process.run(command).seconds for _ in range(21)][1:]}

    # One detector on rows that are in memory.

    def table(self, name: str) -> tuple[Path, str | None]:
        kind, _, rows = name.partition("-")
        if kind == "normal":
            return tables.normal(self.sized(int(rows)), self.scratch), None
        return self.adbench / f"{name}.parquet", "label"

    def bar(self, bar: Bar, peers: Peers) -> dict:
        path, label = self.table(bar.table)
        arguments = [*process.columns(path, label), "--detectors", bar.detector]
        found = {"ours": [], "whole": [], "theirs": [], "timed_out": False}
        first = process.compare(self.program, arguments)
        parameters = first.run(bar.detector)["parameters"]
        for turn in range(self.runs(RUNS)):
            answer = process.compare(self.program, arguments)
            found["ours"].append(answer.seconds(bar.detector))
            found["whole"].append(answer.whole)
            if turn < self.runs(bar.peer_runs) and not found["timed_out"]:
                limit = self.limit(bar.limit)
                said = peers.ask(bar.library, bar.detector, path, label, parameters, limit)
                if said.error:
                    raise SystemExit(f"{bar.library} on {bar.table}: {said.error}")
                found["timed_out"] = said.timed_out
                found["theirs"] += [] if said.timed_out else [said.seconds]
        shape = {key: first.table[key] for key in ("rows", "distinct_rows")} | {"limit": self.limit(bar.limit)}
        return found | shape | {"columns": len(first.table["features"])}


def measured(bench: Bench, record: Path | None) -> dict:
    """Everything, by name; what is on record already is not measured again."""
    known = json.loads(record.read_text()) if record and record.exists() else {}

    def keep(name: str, measure, *of):
        if name not in known:
            print(f"measuring {name} …", file=sys.stderr, flush=True)
            known[name] = measure(*of)
            if record:
                record.write_text(json.dumps(known, indent=1))

    keep("start", bench.start)
    for rows in map(bench.sized, WHOLE):
        keep(f"whole {rows}", bench.whole_job, rows)
    keep("memory", bench.memory, bench.sized(max(WHOLE)))
    with Peers() as peers:
        for bar in bars(bench):
            keep(name_of(bar), bench.bar, bar, peers)
    return known


def bars(bench: Bench) -> list[Bar]:
    return [bar for bar in BARS if not (bench.quick and bar.table in ("shuttle", "cover"))]


def name_of(bar: Bar) -> str:
    return f"{bar.detector} on {bar.table} beside {bar.library}"


def times(ours: list[float], theirs: list[float]) -> float:
    return statistics.median(theirs) / statistics.median(ours)


def whole_rows(bench: Bench, found: dict) -> list[list[str]]:
    lines = []
    for rows in map(bench.sized, WHOLE):
        row = found[f"whole {rows}"]
        beside = (
            [page.seconds(row["theirs"]), page.ratio(times(row["ours"], row["theirs"]))]
            if row["theirs"]
            else ["not run", "–"]
        )
        lines.append([f"{rows:,}", f"{row['distinct']:,}", page.seconds(row["ours"]), *beside])
    return lines


def bar_row(bar: Bar, row: dict) -> list[str]:
    table = bar.table.split("-")[0]
    shape = f"{row['rows']:,} × {row['columns']}"
    if row["timed_out"]:
        theirs, ratio = f"> {row['limit']:,.0f} s", "> " + page.ratio(row["limit"] / statistics.median(row["ours"]))
    else:
        theirs, ratio = page.seconds(row["theirs"]), page.ratio(times(row["ours"], row["theirs"]))
    runs = str(len(row["theirs"]) or 1)
    cells = [TITLES[bar.detector], f"{table}, {shape}", page.seconds(row["ours"]), page.seconds(row["whole"])]
    return [*cells, f"{bar.library}: {theirs}", runs, ratio]


def said_of(program: str) -> str:
    version = process.run([program, "--version"]).stdout.strip()
    peers = page.versions("scikit-learn", "isotree", "numpy")
    return f"{version} beside {peers}; two threads each; {page.machine()}."


def memory_line(bench: Bench, found: dict) -> str:
    row, rows = found["memory"], bench.sized(max(WHOLE))
    ended = "" if row["ended"] else f" in its first {row['limit']} seconds (it was ended then; its peak is no smaller)"
    ratio = row["theirs"] / row["ours"]
    ours, theirs = f"{row['ours']:,.0f} MiB", f"{row['theirs']:,.0f} MiB{ended}"
    return f"Peak memory at {rows:,} rows: {ours}, the script's {theirs}, {ratio:.1f} × as much."


def start_line(found: dict) -> str:
    taken = [second * 1_000 for second in found["start"]["ours"]]
    spread = f"({min(taken):.1f} to {max(taken):.1f}, {len(taken)} runs)"
    return f"`whis-lab --help` starts and ends in {statistics.median(taken):.1f} ms {spread}."


def visits_line(found: dict) -> str:
    """How far the isolation forest is from the work that a walk down every tree would be."""
    row = found[name_of(BARS[0])]
    visits, seconds = row["rows"] * TREES * LEVELS, statistics.median(row["ours"])
    walk = f"{row['rows']:,} rows down {TREES} trees of {LEVELS} levels are {visits / 1e6:,.0f} million node visits"
    pace = f"{visits / seconds / 1e9:.1f} visits a nanosecond on two cores, fitting included"
    return f"Isolation forest: {walk}; in {seconds:.3f} s that is {pace}."


WHOLE_HEAD = ["logons (d = 7)", "distinct", "whis-lab", "script", "ratio"]
BAR_HEAD = ["detector", "table", "whis-lab", "its whole process", "peer", "peer's runs", "ratio"]


def text(bench: Bench, found: dict) -> str:
    runs = bench.runs(RUNS)
    about_whole = (
        f"Isolation forest, one-class SVM and LOF on the demo auth table, ordinal encoding, beside the notebook's "
        f"script with scikit-learn (n_jobs=2): the whole process from file to report, medians of {runs} in turn, with their "
        f"range. The script is not timed on {bench.sized(max(WHOLE)):,} rows: its SVM is quadratic."
    )
    about_bars = (
        f"One detector with our defaults on both sides: to fit on standardised rows and score them. whis-lab's medians "
        f"are of {runs} runs in turn with the peer's; beside it the whole process, which also reads the file, folds "
        f"equal rows, measures and writes the report. The normal tables are standard normal values without repeats."
    )
    lines = [bar_row(bar, found[name_of(bar)]) for bar in bars(bench)]
    parts = [
        said_of(bench.program),
        about_whole,
        page.table(WHOLE_HEAD, whole_rows(bench, found), 5),
        memory_line(bench, found),
    ]
    bars_table = page.table(BAR_HEAD, lines, 7)
    return "\n\n".join([*parts, start_line(found), about_bars, bars_table, visits_line(found)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path)
    parser.add_argument("adbench", type=Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--record", type=Path)
    parser.add_argument("--script", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(
            str(arguments.program.resolve()), arguments.adbench, Path(scratch), arguments.quick, arguments.script
        )
        found = measured(bench, arguments.record)
        written = text(bench, found)
    print(written)
    if not arguments.quick:
        page.write("speed.md", written)
        page.splice("speed", "speed.py", written) or print("no page has markers for speed", file=sys.stderr)


if __name__ == "__main__":
    main()
