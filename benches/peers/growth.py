"""How seconds grow with rows: every detector from 1,000 rows to 10,000,000, beside a peer as far as it gets.

    pip install -r benches/peers/requirements.txt
    cargo build --release
    python benches/peers/growth.py PATH/TO/whis-lab

Writes results/growth.md, with slopes, and results/growth.svg. Two kinds of tables: standard normal rows of five
columns, none like another, and demo logons, whose rows repeat. A line ends where the next point would take longer than
the limit.

    --detectors A,B  these only; default: all that `whis-lab detectors` lists
    --limit SECONDS  of one run; default 60
    --peer-limit S   of one run of a peer; default 20
    --most ROWS      the largest table; default 10000000
    --record FILE    keep what was measured in FILE, and go on from there when started again
    --draw           draw and write again from --record; nothing is measured
    --quick          up to 10,000 rows, short limits; writes into --out, or nothing
    --out DIR        where the results go; default results
"""

import argparse
import json
import math
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import page
import process
import tables
from peer import Peers, library_of

SIZES = [1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000]
LIBRARIES = ("scikit-learn", "pyod", "isotree")
# What takes less is measured three times, and its median kept.
REPEATED_BELOW = 2.0
KINDS = {"normal": "no row twice", "logons": "logons", "peer": "no row twice, peer"}
COLOURS = {"normal": "#0b5fa5", "logons": "#2a8f4c", "peer": "#c2571a"}


@dataclass
class Bench:
    program: str
    scratch: Path
    limit: float
    peer_limit: float
    sizes: list[int]

    def table(self, kind: str, rows: int) -> list[str]:
        if kind == "normal":
            return process.columns(tables.normal(rows, self.scratch), None)
        return ["--table", "auth", "--data", str(self.scratch / f"logons-{rows}"), "--encoding", "ordinal"]

    def prepare(self, rows: int) -> None:
        """The logons of one size; those of every size are evenly spaced rows of the largest store."""
        if not hasattr(self, "whole"):
            self.whole = tables.all_logons(self.program, self.scratch / "all", max(self.sizes))
        tables.logons(self.whole, rows, self.scratch / f"logons-{rows}")

    def ours(self, detector: str, kind: str, rows: int) -> dict | None:
        arguments = [*self.table(kind, rows), "--detectors", detector]
        taken, rest = [], []
        while not taken or (len(taken) < 3 and taken[0] < REPEATED_BELOW):
            # Reading, folding and measuring are within the limit too, and get their share.
            answer = process.compare(self.program, arguments, 2 * self.limit + 60)
            if answer is None:
                return None
            taken.append(answer.seconds(detector))
            rest.append(answer.whole - taken[-1])
        shape = {"distinct": answer.table["distinct_rows"], "rest": statistics.median(rest)}
        return {"seconds": statistics.median(taken)} | shape

    def theirs(self, peers: Peers, library: str, detector: str, rows: int, parameters: dict) -> dict | None:
        path, taken = tables.normal(rows, self.scratch), []
        while not taken or (len(taken) < 3 and taken[0] < REPEATED_BELOW):
            said = peers.ask(library, detector, path, None, parameters, self.peer_limit)
            if said.seconds is None:
                print(f"{library} {detector} at {rows}: {said.error or 'too long'}", file=sys.stderr)
                return None
            taken.append(said.seconds)
        return {"seconds": statistics.median(taken), "distinct": rows}

    def parameters(self, detector: str) -> dict:
        answer = process.compare(self.program, [*self.table("normal", SIZES[0]), "--detectors", detector])
        return answer.run(detector)["parameters"] or {}


def expected(points: dict[str, dict], rows: int) -> float:
    """What the next point may take, by the slope of the last two; twice linear from one alone."""
    known = sorted((int(n), point["seconds"]) for n, point in points.items() if point)
    if not known:
        return 0.0
    (last, seconds) = known[-1]
    steepness = 1.0
    if len(known) > 1 and seconds > 0.01:
        steepness = max(math.log(seconds / max(known[-2][1], 1e-6)) / math.log(last / known[-2][0]), 0.0)
    return seconds * (rows / last) ** steepness


def measured(bench: Bench, detectors: list[str], record: Path | None) -> dict:
    """Seconds by detector, kind and rows; null where it took too long."""
    known = json.loads(record.read_text()) if record and record.exists() else {}
    with Peers() as peers:
        for rows in bench.sizes:
            bench.prepare(rows)
            for detector in detectors:
                for kind in KINDS:
                    points = known.setdefault(detector, {}).setdefault(kind, {})
                    one(bench, peers, detector, kind, rows, points)
                    if record:
                        record.write_text(json.dumps(known, indent=1))
            forget(bench, rows)
    return known


def forget(bench: Bench, rows: int) -> None:
    """Tables of millions of rows are large, and each is used once."""
    if rows > SIZES[0]:
        tables.normal(rows, bench.scratch).unlink()
        (bench.scratch / f"logons-{rows}" / "auth_events.parquet").unlink()


def one(bench: Bench, peers: Peers, detector: str, kind: str, rows: int, points: dict) -> None:
    library = library_of(detector, LIBRARIES) if kind == "peer" else None
    limit = bench.peer_limit if kind == "peer" else bench.limit
    ended = any(point is None for point in points.values())
    if str(rows) in points or ended or (kind == "peer" and not library):
        return
    if expected(points, rows) > limit:
        points[str(rows)] = None
        return
    print(f"{detector}, {kind}, {rows:,} rows", file=sys.stderr, flush=True)
    if kind == "peer":
        points[str(rows)] = bench.theirs(peers, library, detector, rows, bench.parameters(detector))
    else:
        try:
            points[str(rows)] = bench.ours(detector, kind, rows)
        except process.Failed as failure:
            print(f"{detector} at {rows}: {failure}", file=sys.stderr)
            points[str(rows)] = None


def line(points: dict[str, dict]) -> tuple[np.ndarray, np.ndarray]:
    known = sorted((int(rows), point["seconds"]) for rows, point in points.items() if point)
    return np.array([rows for rows, _ in known], float), np.array([max(s, 1e-5) for _, s in known], float)


def slope(points: dict[str, dict]) -> float | None:
    """Of log seconds against log rows, by least squares over the upper half of the points."""
    rows, seconds = line(points)
    upper = len(rows) // 2
    if len(rows) - upper < 2:
        return None
    return float(np.polyfit(np.log(rows[upper:]), np.log(seconds[upper:]), 1)[0])


def markdown(bench: Bench, known: dict) -> str:
    version = process.run([bench.program, "--version"]).stdout.strip()
    peers = page.versions("scikit-learn", "pyod", "isotree")
    about = (
        f"{version} and {peers}; two threads each; {page.machine()}. Seconds to fit on rows in memory and score them, "
        f"at the default parameters; medians of three where a run takes less than {REPEATED_BELOW:.0f} s. Slopes are "
        f"those of log seconds against log rows, by least squares over the upper half of the points: 1 is linear, 2 "
        f"quadratic. A line ends where the next run would take more than {bench.limit:.0f} s (a peer's "
        f"{bench.peer_limit:.0f} s). Logons repeat: a detector is fitted on the distinct ones with their "
        f"multiplicities. Reading, scaling, folding and reporting are not in these seconds, and stand in lines of "
        f"their own below."
    )
    head = ["detector", "rows", "slope", "most rows", "their seconds"]
    rows = [
        summary(detector, kind, known[detector][kind])
        for detector in known
        for kind in KINDS
        if known[detector].get(kind)
    ]
    parts = [about, "![seconds against rows](growth.svg)", page.table(head, [row for row in rows if row], 2)]
    return "\n\n".join([*parts, "## Seconds", every(known)])


def summary(detector: str, kind: str, points: dict) -> list[str] | None:
    rows, seconds = line(points)
    if not len(rows):
        return None
    steep = slope(points)
    named = KINDS[kind] if kind != "peer" else f"no row twice, {library_of(detector, LIBRARIES)}"
    return [detector, named, "–" if steep is None else f"{steep:.2f}", f"{rows[-1]:,.0f}", page.short(seconds[-1])]


def every(known: dict) -> str:
    sizes = sorted({int(rows) for kinds in known.values() for points in kinds.values() for rows in points})
    lines = []
    for detector, kinds in known.items():
        for kind in KINDS:
            points = kinds.get(kind, {})
            cells = [points.get(str(rows)) for rows in sizes]
            if any(cells):
                taken = [page.short(cell["seconds"]) if cell else "–" for cell in cells]
                lines.append([detector, KINDS[kind], *taken])
    head = ["detector", "rows", *(f"{rows:,}" for rows in sizes)]
    first = [["(distinct rows)", "logons", *shared(known, sizes, "distinct", lambda found: f"{found:,.0f}")]]
    for kind in ("normal", "logons"):
        first.append(["(all but the detector)", KINDS[kind], *shared(known, sizes, "rest", page.short, kind)])
    return page.table(head, [*first, *lines], 2)


def shared(known: dict, sizes: list[int], name: str, written, kind: str = "logons") -> list[str]:
    """What is the same for every detector: the median of what was found beside each."""
    found = [[kinds.get(kind, {}).get(str(rows)) for kinds in known.values()] for rows in sizes]
    values = [[point[name] for point in points if point] for points in found]
    return [written(statistics.median(each)) if each else "–" for each in values]


def draw(known: dict, path: Path) -> None:
    """One panel a detector on common axes, each line named at its end."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcParams.update(
        {"svg.fonttype": "none", "svg.hashsalt": "growth", "font.family": "DejaVu Sans", "font.size": 9}
    )
    shown = [detector for detector in known if any(any(points.values()) for points in known[detector].values())]
    across = min(3, len(shown))
    down = math.ceil(len(shown) / across)
    figure, axes = plt.subplots(
        down, across, figsize=(4.2 * across, 3.1 * down), sharex=True, sharey=True, squeeze=False
    )
    for axis, detector in zip(axes.flat, shown):
        panel(axis, detector, known[detector])
    for axis in list(axes.flat)[len(shown) :]:
        axis.set_axis_off()
    for at, axis in enumerate(axes.flat):
        if at + across >= len(shown):
            axis.set_xlabel("rows")
            axis.tick_params(labelbottom=True)
    for row in axes:
        row[0].set_ylabel("seconds, fit and score")
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    figure.savefig(path.with_suffix(".png"), dpi=110) if path.parent != page.RESULTS else None
    plt.close(figure)


def panel(axis, detector: str, kinds: dict) -> None:
    axis.set(xscale="log", yscale="log", xlim=(7e2, 2e9), ylim=(5e-5, 2e2))
    axis.set_title(detector, loc="left", fontweight="bold")
    axis.set_xticks([1e3, 1e4, 1e5, 1e6, 1e7], ["1k", "10k", "100k", "1M", "10M"])
    axis.set_yticks([1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100], ["0.0001", "0.001", "0.01", "0.1", "1", "10", "100"])
    axis.minorticks_off()
    axis.grid(color="#dddddd", linewidth=0.6)
    axis.spines[["top", "right"]].set_visible(False)
    ends = []
    for kind in KINDS:
        rows, seconds = line(kinds.get(kind, {}))
        if not len(rows):
            continue
        axis.plot(rows, seconds, color=COLOURS[kind], marker="o", markersize=3, linewidth=1.4)
        steep = slope(kinds[kind])
        named = {"normal": "whis-lab", "logons": "logons"}.get(kind) or library_of(detector, LIBRARIES)
        text = named + ("" if steep is None else f", slope {steep:.1f}")
        if kind == "peer" and below(kinds, seconds[-1]):
            # To its right stands our line, and there is no room to the left of a short one.
            short = rows[-1] < 2e5
            across, side = (8e2, "left") if short else (rows[-1], "right")
            axis.text(across, seconds[-1] * 1.7, text, color=COLOURS[kind], ha=side, va="bottom", fontsize=8)
            continue
        ends.append((math.log10(seconds[-1]), rows[-1], text, COLOURS[kind]))
    behind = {"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.8}
    for height, (_, rows, text, colour) in zip(apart([end[0] for end in sorted(ends)]), sorted(ends)):
        axis.text(rows * 1.5, 10**height, text, color=colour, va="center", fontsize=8, bbox=behind)


def below(kinds: dict, seconds: float) -> bool:
    """Whether our line reaches this height only where the peer's has ended, if at all."""
    size = max((int(rows) for rows, point in kinds["peer"].items() if point), default=0)
    ours = kinds.get("normal", {}).get(str(size))
    return bool(ours) and ours["seconds"] < seconds


def apart(heights: list[float], least: float = 0.42) -> list[float]:
    """Heights in ascending order, moved up where they are closer than text is high."""
    moved = []
    for height in heights:
        moved.append(max(height, moved[-1] + least) if moved else height)
    return moved


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path)
    parser.add_argument("--detectors", type=lambda text: text.split(","))
    parser.add_argument("--limit", type=float, default=60)
    parser.add_argument("--peer-limit", type=float, default=20)
    parser.add_argument("--most", type=int, default=SIZES[-1])
    parser.add_argument("--record", type=Path)
    parser.add_argument("--draw", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path)
    return parser.parse_args()


def main() -> None:
    arguments = parsed()
    program = str(arguments.program.resolve())
    most, limit, peer_limit = arguments.most, arguments.limit, arguments.peer_limit
    if arguments.quick:
        most, limit, peer_limit = min(most, 10_000), min(limit, 5), min(peer_limit, 5)
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(program, Path(scratch), limit, peer_limit, [rows for rows in SIZES if rows <= most])
        if arguments.draw:
            known = json.loads(arguments.record.read_text())
        else:
            known = measured(bench, arguments.detectors or process.detectors(program), arguments.record)
        text = markdown(bench, known)
    print(text)
    out = arguments.out or (None if arguments.quick else page.RESULTS)
    if out:
        draw(known, out / "growth.svg")
        (out / "growth.md").write_text(text + "\n")


if __name__ == "__main__":
    main()
