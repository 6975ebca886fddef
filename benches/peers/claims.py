"""Whether the claims about detectors hold on the next data: 40 demo stores, the table of logons.

    cargo build --release
    python benches/peers/claims.py PATH/TO/whis-lab

Writes results/claims.md. The stores are draws from one organization, so the mean difference over them stands for the true
one. A claim is false if the interval of a store leaves out that mean. The runs with `--group none` show what the same test
says if each row counts as evidence.
"""

import argparse
import json
import subprocess
import tempfile
from collections import Counter

import numpy as np
import page

STORES = range(1, 41)
CLAIMS = {"better-on-new-rows", "ranks-these-rows-better"}
RUNS = {
    "in-sample, attacks": ["--protocol", "in-sample"],
    "in-sample, rows": ["--protocol", "in-sample", "--group", "none"],
    "time, attacks": ["--protocol", "time"],
    "time, rows": ["--protocol", "time", "--group", "none"],
}


def report(program, store, arguments):
    command = [program, "--quiet", "compare", "--table", "auth", "--data", store, "--out", "none", "--format", "json"]
    ran = subprocess.run([*command, *arguments], capture_output=True, text=True, check=True)
    return json.loads(ran.stdout)["tables"][0]


def measured(program):
    """For each run and pair of detectors, one (difference, interval, claimed winner) per store."""
    found = {run: {} for run in RUNS}
    groups = []
    for seed in STORES:
        with tempfile.TemporaryDirectory() as store:
            subprocess.run([program, "--quiet", "generate", "--out", store, "--seed", str(seed)], check=True, stdout=subprocess.DEVNULL)
            for run, arguments in RUNS.items():
                table = report(program, store, arguments)
                if "groups" in table:
                    groups.append(table["groups"]["scored_suspicious"])
                for pair in table["differences"]:
                    names = tuple(sorted((pair["better"], pair["worse"])))
                    sign = 1 if names[0] == pair["better"] else -1
                    ends = sorted(sign * end for end in pair["interval"] or [np.nan, np.nan])
                    winner = pair["better"] if pair["claim"] in CLAIMS else None
                    found[run].setdefault(names, []).append((sign * pair["auc_difference"], *ends, winner))
    return found, groups


def rows_of(pairs):
    for (first, second), draws in sorted(pairs.items()):
        differences, low, high = (np.array([draw[at] for draw in draws], float) for at in range(3))
        tested = ~np.isnan(low)
        mean = differences.mean()
        false = ((mean < low) | (mean > high)) & tested
        winners = Counter(draw[3] for draw in draws)
        yield [
            f"`{first}` − `{second}`", f"{mean:+.4f}", f"{differences.std(ddof=1):.4f}",
            str(winners[first]), str(winners[second]), f"{false.sum()} of {tested.sum()}",
        ]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    found, groups = measured(parser.parse_args().program)
    lines = [
        "`python benches/peers/claims.py whis-lab`: `generate --seed 1` to `40`, table `auth`, default detectors, five seeds,",
        "all pairs of a table corrected by Holm. The true difference is taken to be the mean over the stores. \"False\" counts",
        "stores whose 95 % interval leaves it out.",
        f"Scored attacks per store: {min(groups)} to {max(groups)}.",
        "",
        "What it cannot show: the stores are from one generator, so a real log may have attacks that resemble each other more. The",
        "interval holds the chance of attacks and seeds. Not in it: normal rows of a user resemble each other, and detectors are",
        "fitted anew on each store. Tests of single intervals are not corrected by Holm here.",
        "",
        "| counted once | claims that contradict each other, of all pairs | false |",
        "| --- | ---: | ---: |",
    ]
    details = []
    for run, pairs in found.items():
        rows = list(rows_of(pairs))
        contradicting = sum(min(int(row[3]), int(row[4])) for row in rows)
        false, tested = (sum(int(row[5].split(" of ")[at]) for row in rows) for at in (0, 1))
        lines.append(f"| {run} | {contradicting} | {false} of {tested} ({100 * false / max(tested, 1):.1f} %) |")
        header = ["difference", "mean", "sd over stores", "first claimed", "second claimed", "false"]
        table = ["| " + " | ".join(row) + " |" for row in [header, ["---", *["---:"] * 5], *rows]]
        details += ["", f"## {run}", "", *table]
    (page.ROOT / "results" / "claims.md").write_text("\n".join([*lines, *details]) + "\n")


if __name__ == "__main__":
    main()
