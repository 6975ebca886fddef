"""Every detector on every public table, beside PyOD's on the same rows, in one run.

    pip install -r benches/peers/requirements.txt
    cargo build --release
    python benches/peers/adbench.py PATH/TO/whis-lab [FOLDER]

FOLDER holds ADBench tables in Parquet, the label in `label`; without it, adbench in $WHIS_LAB_DATA or ../shared/data.
Writes results/adbench.md and results/adbench.csv, and the summary between its markers in docs/detectors.md. About fifteen
minutes, most of it waiting for peers up to the limit.

    --detectors A,B  these only; default: all that `whis-lab detectors` lists. Ensembles can be named
    --tables A,B     these only
    --limit SECONDS  how long a peer, or one of ours, may take on one table; default 60
    --cache FILE     what peers answered earlier, kept between runs: the metrics of peers that reach the limit come
                     from there, and one that took three times the limit is not run again. A run with a long
                     --limit fills it, on a machine that need not be quiet
    --resume FILE    keep what was measured in FILE, and go on from there when started again
    --quick          tables below 2,000 rows, one run each; prints, and writes no result

"""

import argparse
import json
import os
import statistics
import sys
from collections import defaultdict
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import pandas as pd

import page
import process
from peer import Peers, Said, library_of

# Beside PyOD where it has the detector. Its own autoencoder needs torch, and it has no extended isolation forest.
LIBRARIES = ("pyod", "scikit-learn", "isotree")
MOST_RUNS = 5
# Of both together: what takes less is run again, up to MOST_RUNS times.
REPEATED_BELOW = 6.0
# Of the first run; each further one has the next, on both sides, and metrics are means over them.
FIRST_SEED = 42
QUICK_ROWS = 2_000
MARGIN = 0.005


@dataclass
class Row:
    """One detector on one table, ours and the peer's."""

    table: str
    rows: int
    distinct: int
    columns: int
    detector: str
    library: str | None
    runs: int = 0
    auc: float | None = None
    average_precision: float | None = None
    seconds: float | None = None
    peer_auc: float | None = None
    peer_average_precision: float | None = None
    peer_seconds: float | None = None
    # Where peer_seconds is a bound, or was measured earlier: "limit", "cache"; else why there is none.
    peer_note: str = ""
    note: str = ""

    @property
    def shared(self) -> bool:
        return self.auc is not None and self.peer_auc is not None


class Cache:
    """What peers answered, by library, detector, table and parameters; in a file, if one is named."""

    def __init__(self, path: Path | None):
        self.path = path
        self.known = json.loads(path.read_text()) if path and path.exists() else {}

    @staticmethod
    def key(library: str, detector: str, table: str, parameters: dict, seed: int) -> str:
        return json.dumps([page.versions(*PACKAGES[library]), detector, table, parameters, seed], sort_keys=True)

    def get(self, *key) -> Said | None:
        found = self.known.get(self.key(*key))
        return Said(**found) if found else None

    def put(self, said: Said, *key) -> None:
        self.known[self.key(*key)] = asdict(said)
        if self.path:
            self.path.write_text(json.dumps(self.known, indent=1))


PACKAGES = {"pyod": ("pyod", "scikit-learn"), "scikit-learn": ("scikit-learn",), "isotree": ("isotree",)}


@dataclass
class Bench:
    program: str
    limit: float
    cache: Cache
    peers: Peers
    most_runs: int

    def row(self, path: Path, detector: str) -> Row:
        frame = pd.read_parquet(path).drop(columns="label")
        shape = {"rows": len(frame), "distinct": len(frame.drop_duplicates()), "columns": frame.shape[1]}
        row = Row(path.stem, detector=detector, library=library_of(detector, LIBRARIES), **shape)
        ours, theirs = [], []
        while row.runs < self.most_runs and sum(ours) + sum(theirs) < REPEATED_BELOW:
            seed = FIRST_SEED + row.runs
            answer = self.ours(path, row, seed)
            if answer is None:
                break
            ours.append(answer.seconds(detector))
            if row.library and not row.peer_note:
                theirs += self.theirs(path, row, answer.run(detector)["parameters"], seed)
            row.runs += 1
        row.seconds = statistics.median(ours) if ours else None
        row.peer_seconds = statistics.median(theirs) if theirs else row.peer_seconds
        return row

    def ours(self, path: Path, row: Row, seed: int) -> process.Answer | None:
        arguments = [*process.columns(path), "--detectors", row.detector, "--seed", str(seed)]
        try:
            answer = process.compare(self.program, arguments, 10 * self.limit)
        except process.Failed as failure:
            row.note = f"failed: {failure}".replace("|", "/")
            return None
        if answer is None:
            row.note = f"> {10 * self.limit:,.0f} s"
            return None
        run = answer.run(row.detector)
        row.auc = together(row.auc, run["auc"], row.runs)
        row.average_precision = together(row.average_precision, run["average_precision"], row.runs)
        return answer

    def theirs(self, path: Path, row: Row, parameters: dict, seed: int) -> list[float]:
        key = (row.library, row.detector, row.table, parameters, seed)
        earlier = self.cache.get(*key)
        if earlier and earlier.seconds and earlier.seconds > 3 * self.limit:
            said, row.peer_note, row.peer_seconds = earlier, "cache", earlier.seconds
        else:
            said = self.peers.ask(row.library, row.detector, path, "label", parameters, self.limit, seed)
            if said.timed_out:
                row.peer_note, row.peer_seconds = "limit", self.limit
                said = earlier or said
            elif said.error:
                row.peer_note = said.error
            else:
                self.cache.put(said, *key)
        row.peer_auc = together(row.peer_auc, said.auc, row.runs)
        row.peer_average_precision = together(row.peer_average_precision, said.average_precision, row.runs)
        return [] if row.peer_note else [said.seconds]


def together(mean: float | None, value: float | None, before: int) -> float | None:
    """The mean of one value more; a run without one changes nothing."""
    if value is None or before == 0:
        return mean if value is None else value
    return value if mean is None else mean + (value - mean) / (before + 1)


def measured(bench: Bench, paths: list[Path], detectors: list[str], resume: Path | None) -> list[Row]:
    known = [Row(**row) for row in json.loads(resume.read_text())] if resume and resume.exists() else []
    have = {(row.table, row.detector) for row in known}
    for path in paths:
        for detector in detectors:
            if (path.stem, detector) in have:
                continue
            row = bench.row(path, detector)
            print(f"{row.table} {row.detector}: {spoken(row)}", file=sys.stderr, flush=True)
            known.append(row)
            if resume:
                resume.write_text(json.dumps([asdict(row) for row in known], indent=1))
    return [row for row in known if row.detector in detectors and row.table in {path.stem for path in paths}]


def spoken(row: Row) -> str:
    return " | ".join(cells(row)[2:])


def cells(row: Row) -> list[str]:
    peer = row.library or "–"
    return [
        row.table,
        row.detector,
        page.fixed(row.auc),
        page.fixed(row.peer_auc),
        page.fixed(row.average_precision),
        page.fixed(row.peer_average_precision),
        row.note or page.short(row.seconds),
        their_seconds(row),
        speed(row),
        peer,
    ]


def their_seconds(row: Row) -> str:
    if row.peer_seconds is None:
        return "failed" if row.peer_note else "–"
    marked = {"limit": "> {}", "cache": "{} †"}
    return marked.get(row.peer_note, "{}").format(page.short(row.peer_seconds))


def speed(row: Row) -> str:
    if not (row.seconds and row.peer_seconds):
        return "–"
    return ("> " if row.peer_note == "limit" else "") + page.ratio(row.peer_seconds / row.seconds)


HEAD = ["table", "detector", "AUC", "peer's", "AP", "peer's", "seconds", "peer's", "faster", "peer"]


def mean(values: list[float]) -> float | None:
    return statistics.mean(values) if values else None


def summary_row(detector: str, rows: list[Row]) -> list[str]:
    """Means over the tables that both finished; where there is no peer, over all tables."""
    library = rows[0].library
    both = [row for row in rows if row.shared] if library else [row for row in rows if row.auc is not None]
    ours, theirs = mean([row.auc for row in both]), mean([row.peer_auc for row in both]) if library else None
    ours_ap = mean([row.average_precision for row in both])
    theirs_ap = mean([row.peer_average_precision for row in both]) if library else None
    timed = [row for row in rows if row.seconds and row.peer_seconds]
    totals = [sum(row.seconds for row in rows if row.seconds), sum(row.peer_seconds for row in timed)]
    bound = "> " if any(row.peer_note == "limit" for row in timed) else ""
    least = min((row.peer_seconds / row.seconds for row in timed), default=None)
    difference = f"{ours - theirs:+.4f}" if ours is not None and theirs is not None else "–"
    return [
        detector,
        f"{len(both)}",
        page.fixed(ours),
        page.fixed(theirs),
        difference,
        page.fixed(ours_ap),
        page.fixed(theirs_ap),
        page.short(totals[0]),
        f"{bound}{page.short(totals[1])}" if timed else "–",
        page.ratio(least),
        library or "–",
    ]


SUMMARY_HEAD = ["detector", "tables", "mean AUC", "peer's", "difference", "mean AP", "peer's"]
SUMMARY_HEAD += ["seconds", "peer's", "least faster", "peer"]


def by_detector(rows: list[Row]) -> dict[str, list[Row]]:
    grouped = defaultdict(list)
    for row in rows:
        grouped[row.detector].append(row)
    return grouped


def summary(rows: list[Row]) -> str:
    lines = [summary_row(detector, found) for detector, found in by_detector(rows).items()]
    return page.table(SUMMARY_HEAD, lines)


def verdicts(rows: list[Row]) -> list[str]:
    """What the numbers come to, in words."""
    behind = [line[0] for line in (summary_row(*item) for item in by_detector(rows).items()) if short_of(line[4])]
    slower = [row for row in rows if row.seconds and row.peer_seconds and row.seconds > row.peer_seconds]
    said = [f"Mean AUC more than {MARGIN} below the peer's: {', '.join(behind) or 'none'}."]
    named = ", ".join(
        f"{row.detector} on {row.table} ({page.short(row.peer_seconds / row.seconds)} ×)" for row in slower
    )
    failed = [f"{row.library}'s {row.detector} on {row.table} ({row.peer_note})" for row in rows if gave_nothing(row)]
    said.append(f"Slower than the peer: {named or 'none'}.")
    return [*said, *([f"Peers that failed: {', '.join(failed)}."] if failed else [])]


def gave_nothing(row: Row) -> bool:
    return row.peer_seconds is None and row.peer_note != ""


def short_of(difference: str) -> bool:
    return difference != "–" and float(difference) < -MARGIN


def about(program: str, rows: list[Row], limit: float) -> str:
    version = process.run([program, "--version"]).stdout.strip()
    tables = len({row.table for row in rows})
    return (
        f"{version} on {tables} tables of ADBench, {page.machine()}; {page.versions('pyod', 'scikit-learn', 'isotree')}. "
        f"All columns standardised, fitted and scored on the same rows; whis-lab's parameters at their defaults and "
        f"the peer's set to the same where it has a counterpart (its own defaults elsewhere). Seconds are those of "
        f"fitting and scoring in memory, medians of up to {MOST_RUNS} runs in turn (fewer from where both together "
        f"took {REPEATED_BELOW:.0f} s), each with another seed; AUC and AP are means over them; two threads where a "
        f"peer has them. A peer is ended after {limit:.0f} s (`>`)."
    )


NOTES = (
    "`least faster` is the smallest ratio of seconds on any one table; totals of seconds count a peer that was ended "
    "with its limit. `tables` are those on which both finished, and means are over them. † took more than three times "
    "the limit in an earlier run, from which its seconds and metrics are. PyOD's autoencoder needs torch: beside it "
    "stands scikit-learn's MLPRegressor of the same shape; beside the extended isolation forest isotree's. Of mcd, PyOD "
    "tries 30 starts on tables of up to 500 rows (Ionosphere); whis-lab always the paper's 500."
)


def parameters_said(program: str, detectors: list[str], paths: list[Path]) -> str:
    """The parameters as the program reports them on the first table."""
    lines = []
    for detector in detectors:
        answer = process.compare(program, [*process.columns(paths[0]), "--detectors", detector])
        values = answer.run(detector)["parameters"] or {}
        lines.append(
            f"- {detector}: " + (", ".join(f"{name} = {json.dumps(value)}" for name, value in values.items()) or "–")
        )
    return "\n".join(lines)


def folder_of(given: Path | None) -> Path:
    beside = os.environ.get("WHIS_LAB_DATA") or page.ROOT / ".." / "shared" / "data"
    folder = given or Path(beside) / "adbench"
    if not folder.is_dir():
        raise SystemExit(f"{folder} is no folder; name the one that holds the tables, or set WHIS_LAB_DATA")
    return folder


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--detectors", type=lambda text: text.split(","))
    parser.add_argument("--tables", type=lambda text: text.split(","))
    parser.add_argument("--limit", type=float, default=60)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--resume", type=Path)
    parser.add_argument("--quick", action="store_true")
    return parser.parse_args()


def main() -> None:
    arguments = parsed()
    program = str(arguments.program.resolve())
    paths = sorted(folder_of(arguments.folder).glob("*.parquet"), key=lambda path: path.stat().st_size)
    paths = [path for path in paths if not arguments.tables or path.stem in arguments.tables]
    if arguments.quick:
        paths = [path for path in paths if len(pd.read_parquet(path)) < QUICK_ROWS]
    if not paths:
        raise SystemExit("no table is left")
    detectors = arguments.detectors or process.detectors(program)
    with Peers() as peers:
        bench = Bench(program, arguments.limit, Cache(arguments.cache), peers, 1 if arguments.quick else MOST_RUNS)
        rows = measured(bench, paths, detectors, arguments.resume)
    said, table = about(program, rows, arguments.limit), summary(rows)
    each = page.table(HEAD, [cells(row) for row in rows], 2)
    defaults = parameters_said(program, detectors, paths)
    whole = [said, table, *verdicts(rows), NOTES, "## Each table", each, "## Parameters", defaults]
    print("\n\n".join(whole))
    if not arguments.quick:
        page.write("adbench.md", "\n\n".join(whole))
        frame = pd.DataFrame([asdict(row) for row in rows], columns=[field.name for field in fields(Row)])
        frame.to_csv(page.RESULTS / "adbench.csv", index=False)
        short = "\n\n".join([said, table, *verdicts(rows)])
        page.splice("adbench", "adbench.py", short) or print("no page has markers for adbench", file=sys.stderr)


if __name__ == "__main__":
    main()
