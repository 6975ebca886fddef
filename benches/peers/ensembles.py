"""Which ensemble is the default: every candidate on every public table, beside each single detector.

    cargo build --release
    python benches/peers/ensembles.py PATH/TO/whis-lab [FOLDER]

FOLDER as for adbench.py. Writes results/ensembles.md: mean AUC and average precision over the tables, and what comes of
choosing by them: a candidate chosen on all tables but one is tried on that one (leave one table out), which is what a
user with another table may expect. Means over seeds on both accounts.

    --members A,B    the detectors that are combined; default: all single ones that `whis-lab detectors` lists
    --sets A,B;C,D   the sets of members to try; default: every pair, and by each rule the best pairs with one member
                     more, the best of those with one more, and so on
    --largest N      the most members of such a set; default 5
    --rules A,B      how they are combined; default: mean-rank, max-rank, mean-standard, max-standard,
                     mean-probability, max-probability, aom
    --candidates F   a file of specifications, one a line, in place of --sets and --rules; # begins a comment
    --tables A,B     these only
    --most ROWS      leave out larger tables; default 60000
    --seeds K        seeds 42, 43, …; default 3
    --limit SECONDS  of one candidate, or of one command of many; default 120
    --resume FILE    keep what was measured in FILE, and go on from there when started again
    --quick          tables below 2,000 rows, one seed, pairs only; prints, and writes nothing
"""

import argparse
import itertools
import json
import statistics
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

import page
import process
from adbench import FIRST_SEED, QUICK_ROWS, folder_of

RULES = ["mean-rank", "max-rank", "mean-standard", "max-standard", "mean-probability", "max-probability", "aom"]
# Candidates a command: they share members, and a failure costs no more than this.
TOGETHER = 40
# How many of the best sets of one size, by mean AUC and by mean AP, are tried with a member more.
EXTENDED = 3
SHOWN = 40


@dataclass
class Bench:
    program: str
    limit: float
    scores: dict
    resume: Path | None

    def fill(self, path: Path, seed: int, candidates: list[str]) -> None:
        """AUC and average precision of each candidate that is not known yet, many at a time."""
        missing = [name for name in candidates if key(path, seed, name) not in self.scores]
        for start in range(0, len(missing), TOGETHER):
            part = missing[start : start + TOGETHER]
            if not self.tried(path, seed, part) and len(part) > 1:
                for name in part:
                    self.tried(path, seed, [name])
            if self.resume:
                self.resume.write_text(json.dumps(self.scores, indent=0))

    def tried(self, path: Path, seed: int, names: list[str]) -> bool:
        arguments = [*process.columns(path), "--detectors", ",".join(names), "--seed", str(seed)]
        try:
            answer = process.compare(self.program, arguments, self.limit)
        except process.Failed as failure:
            answer = None
            print(f"{path.stem}: {names[0]}{' …' * (len(names) > 1)}: {failure}", file=sys.stderr)
        found = {plain(run["detector"]): run for run in answer.table["runs"]} if answer else {}
        for name in names:
            run = found.get(plain(name))
            if run:
                self.scores[key(path, seed, name)] = [run["auc"], run["average_precision"]]
            elif len(names) == 1:
                self.scores[key(path, seed, name)] = None
        return len(found) == len(names)


def key(path: Path, seed: int, name: str) -> str:
    return f"{path.stem} {seed} {name}"


def plain(name: str) -> str:
    """A specification without blanks."""
    return "".join(name.split())


def candidates(sets: list[tuple[str, ...]], rules: list[str]) -> list[str]:
    return [f"{rule}({','.join(members)})" for members in sets for rule in rules]


def members_of(name: str) -> tuple[str, ...]:
    return tuple(name.partition("(")[2].rstrip(")").split(","))


def larger(frame: pd.DataFrame, last: list[str], rule: str, singles: list[str]) -> list[str]:
    """The best candidates of one rule and size, each with one member more."""
    known = frame[frame.index.isin([name for name in last if name.startswith(f"{rule}(")])]
    if known.empty:
        return []
    found = ranked(known, [])
    best = [*found.nlargest(EXTENDED, "auc").index, *found.nlargest(EXTENDED, "ap").index]
    grown = [{*members_of(name), member} for name in best for member in singles if member not in members_of(name)]
    sets = [tuple(each for each in singles if each in members) for members in grown]
    return candidates(list(dict.fromkeys(sets)), [rule])


def means(bench: Bench, paths: list[Path], seeds: range, names: list[str]) -> pd.DataFrame:
    """Candidate × (table, metric), means over seeds; only candidates that every table has."""
    rows = {}
    for name in names:
        found = {path.stem: [bench.scores.get(key(path, seed, name)) for seed in seeds] for path in paths}
        if all(each and None not in each for values in found.values() for each in values):
            rows[name] = {
                (table, metric): statistics.mean(each[at] for each in values)
                for table, values in found.items()
                for at, metric in enumerate(("auc", "ap"))
            }
    return pd.DataFrame.from_dict(rows, orient="index")


def left_out(frame: pd.DataFrame, metric: str) -> tuple[float, Counter]:
    """The mean over tables of what the candidate scores there that is best on all others, and who was chosen."""
    values = frame.xs(metric, axis=1, level=1)
    chosen = {table: values.drop(columns=table).mean(axis=1).idxmax() for table in values}
    return statistics.mean(values.loc[name, table] for table, name in chosen.items()), Counter(chosen.values())


def ranked(frame: pd.DataFrame, singles: list[str]) -> pd.DataFrame:
    """Each candidate's means, its worst table, and its mean place among all candidates."""
    auc, ap = (frame.xs(metric, axis=1, level=1) for metric in ("auc", "ap"))
    alone = auc.loc[[name for name in singles if name in auc.index]]
    best = (auc if alone.empty else alone).max()
    found = pd.DataFrame({"auc": auc.mean(axis=1), "ap": ap.mean(axis=1), "worst": auc.min(axis=1)})
    found["place"] = auc.rank(ascending=False).mean(axis=1)
    found["behind"] = (best - auc).max(axis=1)
    return found.sort_values("auc", ascending=False)


HEAD = ["candidate", "mean AUC", "mean AP", "lowest AUC", "furthest behind the best single", "mean place"]


def lines(found: pd.DataFrame) -> list[list[str]]:
    shown = found[["auc", "ap", "worst", "behind"]].itertuples(index=True)
    return [
        [row.Index, *(f"{value:.4f}" for value in row[1:]), f"{found.loc[row.Index, 'place']:.1f}"] for row in shown
    ]


def chosen_lines(frame: pd.DataFrame, singles: list[str]) -> list[list[str]]:
    groups = {
        "single detectors": [name for name in frame.index if name in singles],
        "ensembles": [name for name in frame.index if name not in singles],
        "both": list(frame.index),
    }
    written = []
    for group, names in groups.items():
        for metric, title in (("auc", "AUC"), ("ap", "AP")):
            if names:
                value, chosen = left_out(frame.loc[names], metric)
                said = ", ".join(f"{name} ({times})" for name, times in chosen.most_common(4))
                written.append([group, title, f"{value:.4f}", f"{chosen_mean(frame.loc[names], metric):.4f}", said])
    return written


def chosen_mean(frame: pd.DataFrame, metric: str) -> float:
    """What the best on all tables has on them: too high by the luck of the choice."""
    return frame.xs(metric, axis=1, level=1).mean(axis=1).max()


def text(bench: Bench, frame: pd.DataFrame, singles: list[str], tables: list[str], seeds: int) -> str:
    version = process.run([bench.program, "--version"]).stdout.strip()
    found = ranked(frame, singles)
    about = (
        f"{version}: {len(found)} candidates on {len(tables)} tables of ADBench ({', '.join(tables)}), in sample, means "
        f"over {seeds} seeds. `furthest behind the best single`: on its worst table, how much AUC a user loses against "
        f"having known the best single detector."
    )
    left = (
        "Chosen by its mean on all tables but one, and tried on that one; beside it the mean of the best on all tables, "
        "which is too high by the luck of the choice; and who was chosen, how many times. Which sets of more than two "
        "were tried at all was decided on all tables, which flatters the ensembles a little."
    )
    choice = page.table(["among", "by", "left out", "all tables", "chosen"], chosen_lines(frame, singles), 2)
    best = page.table(HEAD, lines(found[~found.index.isin(singles)].head(SHOWN)))
    by_ap = page.table(HEAD, lines(found[~found.index.isin(singles)].sort_values("ap", ascending=False).head(10)))
    alone = page.table(HEAD, lines(found[found.index.isin(singles)]))
    parts = [about, "## Single detectors", alone, "## What choosing is worth", left, choice]
    if len(found) > len(singles):
        parts += [f"## Ensembles by mean AUC, the first {SHOWN}", best, "## Ensembles by mean AP, the first 10", by_ap]
    return "\n\n".join(parts)


def parsed() -> argparse.Namespace:
    listed = lambda text: text.split(",")  # noqa: E731
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--members", type=listed)
    parser.add_argument("--sets", type=lambda text: [tuple(each.split(",")) for each in text.split(";")])
    parser.add_argument("--largest", type=int, default=5)
    parser.add_argument("--rules", type=listed, default=RULES)
    parser.add_argument("--candidates", type=Path)
    parser.add_argument("--tables", type=listed)
    parser.add_argument("--most", type=int, default=60_000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--limit", type=float, default=120)
    parser.add_argument("--resume", type=Path)
    parser.add_argument("--quick", action="store_true")
    return parser.parse_args()


def first_wanted(arguments: argparse.Namespace, singles: list[str]) -> list[str]:
    if arguments.candidates:
        written = (line.partition("#")[0].strip() for line in arguments.candidates.read_text().splitlines())
        return [line for line in written if line]
    return candidates(arguments.sets or list(itertools.combinations(singles, 2)), arguments.rules)


def tables(arguments: argparse.Namespace) -> list[Path]:
    most = QUICK_ROWS if arguments.quick else arguments.most
    paths = sorted(folder_of(arguments.folder).glob("*.parquet"), key=lambda path: path.stat().st_size)
    paths = [path for path in paths if not arguments.tables or path.stem in arguments.tables]
    return [path for path in paths if len(pd.read_parquet(path, columns=["label"])) <= most]


def measure(bench: Bench, paths: list[Path], seeds: range, names: list[str]) -> None:
    for path in paths:
        for seed in seeds:
            print(f"{path.stem}, seed {seed}: {len(names)} candidates", file=sys.stderr, flush=True)
            bench.fill(path, seed, names)


def main() -> None:
    arguments = parsed()
    program, paths = str(arguments.program.resolve()), tables(arguments)
    known = json.loads(arguments.resume.read_text()) if arguments.resume and arguments.resume.exists() else {}
    bench = Bench(program, arguments.limit, known, arguments.resume)
    singles = arguments.members or [name for name in process.detectors(program) if name != "ensemble"]
    seeds = range(FIRST_SEED, FIRST_SEED + (1 if arguments.quick else arguments.seeds))
    names = list(singles)
    measure(bench, paths, seeds, names)
    last = first_wanted(arguments, singles)
    searched = not (arguments.candidates or arguments.sets or arguments.quick)
    for size in range(2, (arguments.largest if searched else 2) + 1):
        measure(bench, paths, seeds, last)
        names += last
        frame = means(bench, paths, seeds, last)
        last = [name for rule in arguments.rules for name in larger(frame, last, rule, singles)]
    names = list(dict.fromkeys(names))
    frame = means(bench, paths, seeds, names)
    missing = [name for name in names if name not in frame.index]
    if missing:
        print(f"left out, not on every table: {', '.join(missing)}", file=sys.stderr)
    if frame.empty or len(paths) < 2:
        raise SystemExit("no candidate finished on every table, or there are not two tables to choose on")
    written = text(bench, frame, singles, [path.stem for path in paths], len(seeds))
    print(written)
    if not arguments.quick:
        page.write("ensembles.md", written)


if __name__ == "__main__":
    main()
