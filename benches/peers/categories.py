"""How categories become numbers: every encoding with every detector, on tables that whis-lab was not tuned on.

    pip install numpy
    cargo build --release
    python benches/peers/categories.py

Writes results/encodings.md: AUC and AP per encoding and detector, recall@20 of planted rows, and how a never-seen level
scores beside the training levels. The tables are simulated from fixed seeds. About three minutes with three encodings,
five with five.

    --whis-lab PATH    the program; default: target/release/whis-lab, or the same in $CARGO_TARGET_DIR
    --encodings A,B    the encodings; default: ordinal,one-hot,frequency
    --detectors A,B    the detectors; default: all that `whis-lab detectors` lists
    --data DIR         also measure each table of this folder that has a text column; its label is `label`
    --limit SECONDS    of one command; default 60
    --quick            fewer rows and one seed; writes into --out, or nothing
    --out DIR          where the result goes; default results
"""

import argparse
import csv
import json
import os
import re
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import page
import process

ENCODINGS = ["ordinal", "one-hot", "frequency"]
# Of the demo store and of the VPN log. The two large tables have the first ones only.
SEEDS = [42, 1, 2, 7]
LARGE_SEEDS = SEEDS[:2]
DETECTOR_SEED = 42
DEMO_TABLES = ["auth", "admin"]
PROTOCOLS = ["in-sample", "clean"]
DEMO_PROTOCOLS = [*PROTOCOLS, "time"]
ROWS, QUICK_ROWS = 20_000, 3_000
VPN_ROWS = 4_000
# Normal rows of a large table that `train` learns from. As many others are scored.
TRAIN_ROWS = 5_000
LIMIT = 60
TOP = 20
# Training rows that are scored with each level in turn.
PROBED_ROWS = 20
NEVER_SEEN = "never-seen"
# Scores that differ by less are equal: terms may be added in another order.
TOLERANCE = 1e-9


@dataclass
class Table:
    """A simulated table: columns of equal length, and for each row `normal` or the kind of attack."""

    name: str
    columns: dict[str, np.ndarray]
    kinds: np.ndarray
    # Whether planted rows are ranked among all rows. Such a table is not compared: no label is given.
    planted: bool = False

    def categories(self) -> list[str]:
        return [name for name, values in self.columns.items() if values.dtype.kind in "UO"]

    def attack_kinds(self) -> list[str]:
        return sorted(set(self.kinds.tolist()) - {"normal"})

    def rows(self, at: np.ndarray) -> dict[str, np.ndarray]:
        return {name: values[at] for name, values in self.columns.items()}


def simulate(name: str, parts: list[tuple[str, dict]], rng: np.random.Generator, planted: bool = False) -> Table:
    """One table of the rows of each kind, in random order."""
    kinds = np.concatenate([np.full(len(next(iter(rows.values()))), kind) for kind, rows in parts])
    order = rng.permutation(len(kinds))
    columns = {column: np.concatenate([rows[column] for _, rows in parts])[order] for column in parts[0][1]}
    return Table(name, columns, kinds[order], planted)


def levels(prefix: str, count: int, rng: np.random.Generator) -> np.ndarray:
    """Names in an order that says nothing about frequency, as the sorted names of real levels do."""
    return np.array([f"{prefix}{number:03}" for number in rng.permutation(count)])


def zipf(count: int, exponent: float) -> np.ndarray:
    shares = np.arange(1, count + 1) ** -exponent
    return shares / shares.sum()


def about(median: np.ndarray | float, spread: float, rows: int, rng: np.random.Generator) -> np.ndarray:
    """Log-normal whole numbers."""
    return np.round(np.asarray(median) * np.exp(rng.normal(0, spread, rows)))


def share(a: float, b: float, rows: int, rng: np.random.Generator) -> np.ndarray:
    return np.round(rng.beta(a, b, rows), 2)


def kdd(rows: int, seed: int) -> Table:
    """Connections as in KDD Cup 1999, 3 % attacks. Dos and probe differ in numbers. R2l has rare services and flags, and
    services that no normal row has. U2r is a few long sessions of rare services."""
    rng = np.random.default_rng([seed, 1])
    services, flags = levels("service", 65, rng), levels("flag", 11, rng)
    frequency = zipf(60, 1.3)
    protocol_of = np.concatenate([["tcp", "udp"], rng.choice(["tcp", "udp", "icmp"], 58, p=[0.75, 0.2, 0.05])])
    sent, received = (np.exp(rng.normal(mean, 1, 60)) for mean in (5.5, 6.5))

    def normal(count: int, service: np.ndarray | None = None) -> dict:
        service = rng.choice(60, count, p=frequency) if service is None else service
        flag = np.where(protocol_of[service] == "tcp", rng.choice(11, count, p=zipf(11, 2.2)), 0)
        connections = 1 + rng.geometric(0.08, count)
        return {
            "protocol_type": protocol_of[service],
            "service": services[service],
            "flag": flags[flag],
            "duration": np.where(rng.random(count) < 0.8, 0, about(20, 1.5, count, rng)),
            "src_bytes": about(sent[service], 0.8, count, rng),
            "dst_bytes": about(received[service], 0.9, count, rng),
            "count": connections,
            "srv_count": np.ceil(connections * share(4, 1.5, count, rng)),
            "serror_rate": np.where(rng.random(count) < 0.85, 0, share(1, 6, count, rng)),
            "rerror_rate": np.where(rng.random(count) < 0.85, 0, share(1, 6, count, rng)),
            "same_srv_rate": share(8, 1, count, rng),
            "dst_host_srv_count": np.minimum(255, 1 + about(400 * frequency[service] ** 0.5, 0.5, count, rng)),
        }

    dos = normal(round(0.0150 * rows))
    count = len(dos["count"])
    dos |= {"count": about(90, 0.6, count, rng), "serror_rate": share(3, 2, count, rng), "dst_bytes": np.zeros(count)}
    probe = normal(round(0.0090 * rows))
    count = len(probe["count"])
    probe |= {"same_srv_rate": share(2, 4, count, rng), "rerror_rate": share(3, 3, count, rng)}
    probe |= {"src_bytes": about(12, 0.8, count, rng)}
    count = round(0.0050 * rows)
    r2l = normal(count, rng.integers(30, 60, count))
    r2l["flag"] = flags[rng.integers(4, 11, count)]
    # The last five services are in no normal row.
    r2l["service"] = np.where(rng.random(count) < 0.5, services[rng.integers(60, 65, count)], r2l["service"])
    u2r = normal(max(3, round(0.0010 * rows)), rng.integers(20, 40, max(3, round(0.0010 * rows))))
    u2r |= {"duration": about(200, 0.8, len(u2r["count"]), rng), "count": np.ones(len(u2r["count"]))}
    attacks = [("dos", dos), ("probe", probe), ("r2l", r2l), ("u2r", u2r)]
    return simulate("kdd", [("normal", normal(rows - sum(len(part["count"]) for _, part in attacks))), *attacks], rng)


def unsw(rows: int, seed: int) -> Table:
    """Flows as in UNSW-NB15, 4 % attacks. Most flows are tcp or udp, 128 other protocols are rare. Dos and exploits differ
    in numbers. Recon has rare protocols, backdoor has protocols that no normal row has, fuzzers mix levels at random."""
    rng = np.random.default_rng([seed, 2])
    protocols = np.concatenate([["tcp", "udp"], levels("proto", 132, rng)])
    services = np.array(
        ["-", "dns", "http", "smtp", "ftp-data", "ftp", "ssh", "pop3", "snmp", "ssl", "irc", "radius", "dhcp"]
    )
    states = np.array(["FIN", "CON", "INT", "REQ", "RST", "ECO", "no"])
    of_tcp = np.array([0.45, 0.01, 0.28, 0.09, 0.06, 0.04, 0.03, 0.015, 0, 0.015, 0.01, 0, 0])
    of_udp = np.array([0.38, 0.58, 0, 0, 0, 0, 0, 0, 0.015, 0, 0, 0.01, 0.015])

    def normal(count: int) -> dict:
        proto = rng.choice(130, count, p=np.concatenate([[0.63, 0.28], 0.09 * zipf(128, 1.1)]))
        tcp, udp = proto == 0, proto == 1
        service = np.where(tcp, rng.choice(13, count, p=of_tcp), np.where(udp, rng.choice(13, count, p=of_udp), 0))
        state_tcp = rng.choice(7, count, p=[0.93, 0.03, 0, 0, 0.035, 0, 0.005])
        state_rest = rng.choice(7, count, p=[0, 0.55, 0.35, 0.08, 0, 0.015, 0.005])
        duration = np.exp(rng.normal(np.where(tcp, -0.5, -4), 1.3, count))
        packets = np.maximum(1, about(np.where(tcp, 14, 3), 0.8, count, rng))
        return {
            "proto": protocols[proto],
            "service": services[service],
            "state": states[np.where(tcp, state_tcp, state_rest)],
            "dur": np.round(duration, 6),
            "spkts": packets,
            "sbytes": np.round(packets * np.exp(rng.normal(4.6, 0.5, count))),
            "dbytes": np.where(tcp | udp, about(np.where(tcp, 2500, 150), 1.2, count, rng), 0),
            "rate": np.round(packets / (duration + 0.001), 3),
            "sttl": rng.choice([31, 62, 254], count, p=[0.75, 0.1, 0.15]),
            "dttl": np.where(tcp, 29, rng.choice([0, 29, 252], count, p=[0.5, 0.4, 0.1])),
            "ct_srv_src": 1 + rng.geometric(0.15, count),
        }

    dos, exploits, reconnaissance, backdoor, fuzzers = (
        normal(max(3, round(part * rows))) for part in (0.010, 0.010, 0.008, 0.004, 0.008)
    )
    count = len(dos["dur"])
    dos |= {"spkts": about(80, 0.8, count, rng), "ct_srv_src": about(25, 0.4, count, rng), "sttl": np.full(count, 254)}
    dos["sbytes"] = dos["spkts"] * about(100, 0.4, count, rng)
    count = len(exploits["dur"])
    exploits |= {"sttl": np.full(count, 254), "dttl": np.full(count, 252), "sbytes": about(6000, 0.9, count, rng)}
    count = len(reconnaissance["dur"])
    reconnaissance |= {"proto": protocols[rng.integers(60, 130, count)], "state": states[rng.choice([2, 3, 5], count)]}
    count = len(backdoor["dur"])
    # The last four protocols are in no normal row.
    backdoor["proto"] = protocols[rng.integers(130, 134, count)]
    for column, values in (("proto", protocols[:40]), ("service", services), ("state", states)):
        fuzzers[column] = rng.choice(values, len(fuzzers["dur"]))
    attacks = [
        ("dos", dos),
        ("exploits", exploits),
        ("recon", reconnaissance),
        ("backdoor", backdoor),
        ("fuzzers", fuzzers),
    ]
    return simulate("unsw", [("normal", normal(rows - sum(len(part["dur"]) for _, part in attacks))), *attacks], rng)


def vpn(rows: int, seed: int) -> Table:
    """VPN sessions of 80 users with habits, 1 % of the clients missing, and 20 planted rows: five with a never-seen country,
    five with a never-seen client, five at an odd hour, and five with levels that are unusual for the user only."""
    rng = np.random.default_rng([seed, 3])
    users, countries, clients = levels("user", 80, rng), levels("country", 13, rng), levels("client", 10, rng)
    methods = levels("mfa", 3, rng)
    home = rng.choice(12, 80, p=zipf(12, 1.2))
    device = rng.choice(9, (80, 2), p=zipf(9, 0.9))
    method = rng.choice(3, 80, p=[0.6, 0.3, 0.1])
    start = rng.normal(10, 1.5, 80)

    def normal(count: int) -> dict:
        user = rng.choice(80, count, p=zipf(80, 0.6))
        away = rng.random(count) < 0.04
        duration = about(90, 0.7, count, rng)
        return {
            "user": users[user],
            "country": countries[np.where(away, rng.choice(12, count, p=zipf(12, 1.2)), home[user])],
            "client": clients[device[user, (rng.random(count) < 0.2).astype(int)]],
            "mfa": methods[np.where(rng.random(count) < 0.05, rng.integers(0, 3, count), method[user])],
            "hour": np.clip(np.round(rng.normal(start[user], 2)), 5, 22),
            "duration": duration,
            "bytes": np.round(duration * np.exp(rng.normal(9, 0.8, count))),
        }

    usual = normal(rows)
    usual["client"] = np.where(rng.random(rows) < 0.01, "", usual["client"])
    country, client, hour, combination = (normal(TOP // 4) for _ in range(4))
    country["country"][:] = countries[12]
    client["client"][:] = clients[9]
    hour["hour"] = rng.integers(1, 4, TOP // 4).astype(float)
    # Training contains each of these levels, but they are not this user's habits.
    for at, name in enumerate(combination["user"]):
        user = int(np.flatnonzero(users == name)[0])
        combination["country"][at] = countries[rng.choice([other for other in range(12) if other != home[user]])]
        combination["client"][at] = clients[rng.choice([other for other in range(9) if other not in device[user]])]
        combination["mfa"][at] = methods[rng.choice([other for other in range(3) if other != method[user]])]
    parts = [("normal", usual), ("country", country), ("client", client), ("hour", hour), ("combination", combination)]
    return simulate("vpn", parts, rng, planted=True)


def write_csv(path: Path, columns: dict[str, np.ndarray]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*(values.tolist() for values in columns.values())))
    return path


@dataclass
class Prepared:
    """The files of one table, and what the rows of the scored file are."""

    train: Path
    scored: Path
    features: str
    kinds: np.ndarray
    # Per training row and categorical feature, the rows with each training level, the never-seen level and no level.
    probes: list[slice]


def prepare(table: Table, folder: Path, seed: int) -> Prepared:
    rng = np.random.default_rng([seed, 4])
    normal, attacks = np.flatnonzero(table.kinds == "normal"), np.flatnonzero(table.kinds != "normal")
    half = min(TRAIN_ROWS, len(normal) // 2)
    shuffled = rng.permutation(normal)
    train = normal if table.planted else shuffled[:half]
    scored = np.arange(len(table.kinds)) if table.planted else np.concatenate([shuffled[half : 2 * half], attacks])
    learned = table.rows(train)
    parts, probes, start = [table.rows(scored)], [], len(scored)
    for row in rng.choice(len(train), PROBED_ROWS, replace=False):
        for feature in table.categories():
            tried = np.append(np.setdiff1d(learned[feature], [""]), [NEVER_SEEN, ""])
            parts.append(
                {name: np.repeat(values[row], len(tried)) for name, values in learned.items()} | {feature: tried}
            )
            probes.append(slice(start, start + len(tried)))
            start += len(tried)
    together = {name: np.concatenate([part[name] for part in parts]) for name in table.columns}
    paths = [write_csv(folder / "train.csv", learned), write_csv(folder / "scored.csv", together)]
    return Prepared(*paths, ",".join(table.columns), table.kinds[scored], probes)


@dataclass
class Run:
    """One detector with one encoding and protocol; why there is no AUC, if there is none."""

    table: str
    seed: int
    encoding: str
    detector: str
    protocol: str
    auc: float | None = None
    ap: float | None = None
    note: str = ""


@dataclass
class Check:
    """A detector that is trained on normal rows: how it scores attacks, never-seen levels and missing values."""

    table: str
    seed: int
    encoding: str
    detector: str
    # Per kind of attack: AUC, or the share among the first 20 if rows are planted.
    kinds: dict[str, float] = field(default_factory=dict)
    recall: float | None = None
    rank: float | None = None
    # The share of probes in which the never-seen level scores at least as high as every training level.
    law: float | None = None
    # The mean share of training levels that score no higher.
    never_seen: float | None = None
    missing: float | None = None
    note: str = ""


@dataclass
class Lab:
    program: str
    scratch: Path
    limit: float
    encodings: list[str]
    detectors: list[str]
    runs: list[Run] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    failures: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def compare(self, table: str, seed: int, source: list[str], protocols: list[str]) -> None:
        for encoding in self.encodings:
            for protocol in protocols:
                began = time.perf_counter()
                arguments = [*source, "--encoding", encoding, "--protocol", protocol, "--seed", str(DETECTOR_SEED)]
                self.runs += self.compared(Run(table, seed, encoding, "", protocol), arguments, self.detectors)
                progress(f"{table}, seed {seed}, {encoding}, {protocol}", began)

    def compared(self, like: Run, arguments: list[str], names: list[str]) -> list[Run]:
        """All detectors in one command, which share members; one at a time if that fails."""
        try:
            limit = self.limit * len(names)
            answer = process.compare(self.program, [*arguments, "--detectors", ",".join(names)], limit)
            note = "" if answer else f"> {limit:,.0f} s"
        except process.Failed as failure:
            answer, note = None, "failed"
            if len(names) == 1:
                self.failed(f"{like.table}, {like.encoding}, {names[0]}, {like.protocol}", failure)
        if answer is None and len(names) > 1:
            return [run for name in names for run in self.compared(like, arguments, [name])]
        found = [answer.run(name) if answer else {"auc": None, "average_precision": None} for name in names]
        return [
            Run(**vars(like) | {"detector": name, "auc": run["auc"], "ap": run["average_precision"]})
            if run["auc"] is not None
            else Run(**vars(like) | {"detector": name, "note": note or "one class"})
            for name, run in zip(names, found)
        ]

    def check(self, table: Table, seed: int, prepared: Prepared) -> None:
        for encoding in self.encodings:
            began = time.perf_counter()
            for detector in self.detectors:
                check = Check(table.name, seed, encoding, detector)
                try:
                    measure(check, table, prepared, self.scores(prepared, encoding, detector))
                except TimeoutError:
                    check.note = f"> {self.limit:,.0f} s"
                except process.Failed as failure:
                    check.note = "failed"
                    self.failed(f"{check.table}, {encoding}, {detector}, train and score", failure)
                self.checks.append(check)
            progress(f"{table.name}, seed {seed}, {encoding}, trained on normal rows", began)

    def scores(self, prepared: Prepared, encoding: str, detector: str) -> np.ndarray:
        model, out = self.scratch / "model.whis", self.scratch / "scores.csv"
        source = ["--file", str(prepared.train), "--features", prepared.features]
        method = ["--detector", detector, "--encoding", encoding, "--seed", str(DETECTOR_SEED)]
        train = [self.program, "train", "-q", *source, *method, "--out", str(model)]
        score = [self.program, "score", "-q", "--model", str(model), str(prepared.scored), "--out", str(out)]
        for command in (train, [*score, "--on-missing", "impute"]):
            if process.run(command, self.limit).timed_out:
                raise TimeoutError
        with out.open(encoding="utf-8") as file:
            return np.array([float(row["score"]) for row in csv.DictReader(file)])

    def failed(self, what: str, failure: process.Failed) -> None:
        """Keep the message without paths, and what failed."""
        said = re.sub(r"/\S*/", "", str(failure)).replace("|", ",")
        self.failures[said].append(what)
        print(f"{what}: {said}", file=sys.stderr, flush=True)


def progress(what: str, began: float) -> None:
    print(f"{what}: {page.short(time.perf_counter() - began)} s", file=sys.stderr, flush=True)


def measure(check: Check, table: Table, prepared: Prepared, scores: np.ndarray) -> None:
    rows, kinds = scores[: len(prepared.kinds)], prepared.kinds
    ordered = np.sort(rows)
    above = len(rows) - np.searchsorted(ordered, rows, "right")
    equal = len(rows) - above - np.searchsorted(ordered, rows, "left")
    # The probability of a place among the first, if equal scores are in random order.
    first = np.clip((TOP - above) / equal, 0, 1)
    normal = np.sort(rows[kinds == "normal"])
    for kind in table.attack_kinds():
        at = kinds == kind
        check.kinds[kind] = float(first[at].mean() if table.planted else auc(rows[at], normal))
    if table.planted:
        check.recall = float(first[kinds != "normal"].mean())
        check.rank = float(np.median((above + (equal + 1) / 2)[kinds != "normal"]))
    found = np.array([probe(scores[part]) for part in prepared.probes])
    check.law, check.never_seen, check.missing = (float(value) for value in found.mean(axis=0))


def auc(attacks: np.ndarray, normal: np.ndarray) -> float:
    """Of sorted normal scores."""
    below, not_above = (np.searchsorted(normal, attacks, side) for side in ("left", "right"))
    return (below + not_above).mean() / 2 / len(normal)


def probe(scores: np.ndarray) -> tuple[float, float, float]:
    """Whether the never-seen level reaches every training level, and the share that it and a missing value reach."""
    training, (never_seen, missing) = scores[:-2], scores[-2:]
    slack = TOLERANCE * np.maximum(1, np.abs(training))
    reached = never_seen >= training - slack
    return float(reached.all()), reached.mean(), (missing >= training - slack).mean()


def simulated(lab: Lab, quick: bool) -> None:
    rows = QUICK_ROWS if quick else ROWS
    for make, size, seeds in ((kdd, rows, LARGE_SEEDS), (unsw, rows, LARGE_SEEDS), (vpn, VPN_ROWS, SEEDS)):
        for seed in seeds[: 1 if quick else None]:
            table = make(size, seed)
            lab.check(table, seed, prepare(table, lab.scratch, seed))
            if not table.planted:
                labelled = table.columns | {"label": (table.kinds != "normal").astype(int)}
                source = process.columns(write_csv(lab.scratch / f"{table.name}.csv", labelled))
                # Named, because text with many levels is otherwise left out as an identifier.
                lab.compare(table.name, seed, [*source, "--features", ",".join(table.columns)], PROTOCOLS)


def demo(lab: Lab, quick: bool) -> None:
    for seed in SEEDS[: 1 if quick else None]:
        store = lab.scratch / f"store-{seed}"
        size = ["--users", "30"] if quick else []
        process.run([lab.program, "generate", "-q", "--out", str(store), "--seed", str(seed), *size])
        for table in DEMO_TABLES:
            lab.compare(f"demo {table}", seed, ["--data", str(store), "--table", table], DEMO_PROTOCOLS)


def public(lab: Lab, folder: Path) -> str:
    """Compare the tables with text, and say which they are."""
    found, others = [], 0
    for path in sorted([*folder.glob("*.parquet"), *folder.glob("*.csv")]):
        try:
            said = process.run([lab.program, "explore", "-q", "--format", "json", *process.columns(path)]).stdout
        except process.Failed as failure:
            print(f"{path.name} is skipped: {failure}", file=sys.stderr)
            continue
        if all(feature["kind"] != "category" for feature in json.loads(said)["tables"][0]["features"]):
            others += 1
            continue
        found.append(path.stem)
        lab.compare(f"data {path.stem}", DETECTOR_SEED, process.columns(path), PROTOCOLS)
    tables = f"{len(found) + others} labelled tables in the data folder"
    if not found:
        return f"None of the {tables} has a text column: they are not measured."
    return (
        f"Of {tables}, these have text columns: {', '.join(found)}. Text with many levels is left out, as by default."
    )


def mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.mean(known) if known else None


def grouped(items: list, *names: str) -> dict[tuple, list]:
    groups = defaultdict(list)
    for item in items:
        groups[tuple(getattr(item, name) for name in names)].append(item)
    return groups


def comparable(items: list, *names: str) -> list:
    """The items of groups that every encoding finished."""
    groups = grouped(items, *names).values()
    return [item for group in groups if not any(item.note for item in group) for item in group]


def over_tables(items: list, value: str, *names: str) -> float | None:
    """The mean over tables and protocols, and before over seeds: a table counts once, however many seeds it has."""
    return mean([mean([getattr(item, value) for item in group]) for group in grouped(items, *names).values()])


def summary_cells(runs: list[Run], checks: list[Check]) -> list[str]:
    metrics = [page.fixed(over_tables(runs, value, "table", "protocol", "detector")) for value in ("auc", "ap")]
    shares = ("recall", "law", "never_seen", "missing")
    return metrics + [percent(over_tables(checks, value, "table", "detector")) for value in shares]


def percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.0f} %"


SUMMARY_HEAD = ["mean AUC", "mean AP", f"mean recall@{TOP}", "law", "never-seen", "missing"]


def overall(lab: Lab, runs: list[Run], checks: list[Check]) -> str:
    """Per encoding, over all detectors."""
    best, lines = highest(runs), []
    for encoding in lab.encodings:
        mine = [[item for item in items if item.encoding == encoding] for items in (runs, checks)]
        won = sum(encoding in names for names in best)
        lines.append([encoding, *summary_cells(*mine), f"{won} of {len(best)}"])
    return page.table(["encoding", *SUMMARY_HEAD, "highest AUC"], lines)


def highest(runs: list[Run]) -> list[list[str]]:
    """Per detector, table and protocol, the encoding with the highest mean AUC over seeds, or those that share it."""
    found = []
    for group in grouped(runs, "detector", "table", "protocol").values():
        means = {key[0]: mean([run.auc for run in each]) for key, each in grouped(group, "encoding").items()}
        found.append([name for name, value in means.items() if value == max(means.values())])
    return found


def lines_of(lab: Lab, cells: Callable[[str, str], list[str]]) -> list[list[str]]:
    """One line per detector and encoding, the encodings of a detector below each other."""
    pairs = [(detector, encoding) for detector in lab.detectors for encoding in lab.encodings]
    return [[detector, encoding, *cells(detector, encoding)] for detector, encoding in pairs]


def summary(lab: Lab, runs: list[Run], checks: list[Check]) -> str:
    chosen = lambda items, *key: grouped(items, "detector", "encoding").get(key, [])  # noqa: E731
    cells = lambda *key: summary_cells(chosen(runs, *key), chosen(checks, *key))  # noqa: E731
    return page.table(["detector", "encoding", *SUMMARY_HEAD], lines_of(lab, cells), 2)


def cell(items: list, values: list[float | None], shown: Callable) -> str:
    """A mean over seeds, or why there is none."""
    return next((item.note for item in items if item.note), None) or shown(mean(values))


def compared_table(lab: Lab, runs: list[Run]) -> str:
    protocols = list(dict.fromkeys(run.protocol for run in runs))
    groups = grouped(runs, "detector", "encoding", "protocol")

    def cells(*key: str) -> list[str]:
        found = [groups[*key, protocol] for protocol in protocols]
        pairs = [(group, [[run.auc for run in group], [run.ap for run in group]]) for group in found]
        return [cell(group, values, page.fixed) for group, metrics in pairs for values in metrics]

    head = [title for protocol in protocols for title in (f"{protocol} AUC", "AP")]
    return page.table(["detector", "encoding", *head], lines_of(lab, cells), 2)


def checked_table(lab: Lab, checks: list[Check]) -> str:
    groups = grouped(checks, "detector", "encoding")
    planted = any(check.recall is not None for check in checks)
    kinds = max((list(check.kinds) for check in checks), key=len)
    shown = {name: percent for name in ("recall", "law", "never_seen", "missing")} | {"rank": rank}

    def cells(*key: str) -> list[str]:
        found = groups[key]
        each = {name: cell(found, [getattr(check, name) for check in found], show) for name, show in shown.items()}
        as_text = percent if planted else page.fixed
        of_kinds = [cell(found, [check.kinds.get(kind) for check in found], as_text) for kind in kinds]
        first = [each["recall"], each["rank"]] if planted else []
        return [*first, *of_kinds, each["law"], each["never_seen"], each["missing"]]

    first = [f"recall@{TOP}", "median rank"] if planted else []
    return page.table(["detector", "encoding", *first, *kinds, "law", "never-seen", "missing"], lines_of(lab, cells), 2)


def rank(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


def command(arguments: argparse.Namespace) -> str:
    """Without the paths of this machine."""
    given = {"--encodings": ",".join(arguments.encodings), "--detectors": ",".join(arguments.detectors or [])}
    given |= {
        "--data": "DIR" if arguments.data else "",
        "--limit": "" if arguments.limit == LIMIT else f"{arguments.limit:g}",
    }
    said = [f"{option} {value}" for option, value in given.items() if value]
    return " ".join(["python benches/peers/categories.py", *said, *(["--quick"] if arguments.quick else [])])


def origin(lab: Lab, arguments: argparse.Namespace) -> str:
    version = process.run([lab.program, "--version"]).stdout.strip()
    used = grouped([*lab.checks, *lab.runs], "table")
    seeds = {table: dict.fromkeys(item.seed for item in items) for (table,), items in used.items()}
    listed = "; ".join(f"{table} {', '.join(map(str, found))}" for table, found in seeds.items())
    return (
        f"{version}, {page.versions('numpy')}; {page.machine()}. Written by `{command(arguments)}`. Seeds of the tables: "
        f"{listed}. Seed of the detectors: {DETECTOR_SEED}. Parameters are at their defaults."
    )


def names(lab: Lab) -> list[str]:
    return list(dict.fromkeys(item.table for item in [*lab.checks, *lab.runs]))


READING = f"""\
AUC and AP are those of `compare`. Their means count each table and protocol once, after the mean over seeds, and leave
out what one of the encodings did not finish. For `recall@{TOP}`, `train` learns from the normal sessions of the VPN log
and `score` ranks all sessions; equal scores are in random order. `highest AUC` counts detectors, tables and protocols;
encodings can share one.

For `law`, {PROBED_ROWS} training rows per table are scored with each level of one categorical feature: each training
level, a level that training did not contain, and no level. `law` is the share of these rows and features in which the
never-seen level scores at least as high as every training level. `never-seen` and `missing` are the mean shares of
training levels that score no higher than it: at 100 % it is as suspicious as any level, at 0 % less than all."""

LIMITS = """\
- Except for those of `--data`, the tables are simulated. Their rare and never-seen levels are attacks more often than
  in real logs, which favours encodings that score rare levels high.
- The shapes follow KDD Cup 1999 and UNSW-NB15, but the values do not. AUCs here say nothing about these data sets.
- Parameters are at their defaults. Another `k`, `bins` or `nu` can change the order of two encodings.
- There is one detector seed and few table seeds. A difference in the third decimal can be chance.
- The means weigh all tables and detectors equally. The choice for one detector is in its own lines.
- `law` says how one level alone moves the score. It does not say how many false alerts new levels cause in a log whose
  normal levels change over time.
- Missing values are in the clients of the VPN log only, at random. A value that an attack removes is not measured."""

ABOUT = {"kdd": kdd, "unsw": unsw, "vpn": vpn}


def section(lab: Lab, name: str) -> str:
    runs, checks = ([item for item in items if item.table == name] for items in (lab.runs, lab.checks))
    parts = [f"## {name}", *([" ".join(ABOUT[name].__doc__.split())] if name in ABOUT else [])]
    parts += [compared_table(lab, runs)] if runs else []
    if checks:
        what = f"Share of each kind among the first {TOP}" if name == "vpn" else "AUC of each kind of attack"
        parts += [f"Trained on normal rows. {what}:", checked_table(lab, checks)]
    return "\n\n".join(parts)


def text(lab: Lab, arguments: argparse.Namespace, data: str) -> str:
    same = ["detector", "table", "seed"]
    runs, checks = comparable(lab.runs, *same, "protocol"), comparable(lab.checks, *same)
    parts = [origin(lab, arguments), READING, data, "## All detectors", overall(lab, runs, checks)]
    parts += ["## Each detector", summary(lab, runs, checks), *(section(lab, name) for name in names(lab))]
    if lab.failures:
        said = [f"- {why} ({len(where)} times, first: {where[0]})" for why, where in lab.failures.items()]
        parts += ["## Failures", "\n".join(said)]
    return "\n\n".join([*filter(None, parts), "## What these tables cannot show", LIMITS])


def parsed() -> argparse.Namespace:
    listed = lambda text: text.split(",")  # noqa: E731
    built = Path(os.environ.get("CARGO_TARGET_DIR", page.ROOT / "target")) / "release" / "whis-lab"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--whis-lab", dest="program", type=Path, default=built)
    parser.add_argument("--encodings", type=listed, default=ENCODINGS)
    parser.add_argument("--detectors", type=listed)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--limit", type=float, default=LIMIT)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    if not arguments.program.is_file():
        parser.error(
            f"{arguments.program} is not a file; build it with `cargo build --release`, or name it by --whis-lab"
        )
    if arguments.data and not arguments.data.is_dir():
        parser.error(f"{arguments.data} is not a folder")
    return arguments


def main() -> None:
    arguments = parsed()
    program = str(arguments.program.resolve())
    detectors = arguments.detectors or process.detectors(program)
    with tempfile.TemporaryDirectory() as scratch:
        lab = Lab(program, Path(scratch), arguments.limit, arguments.encodings, detectors)
        simulated(lab, arguments.quick)
        demo(lab, arguments.quick)
        data = public(lab, arguments.data) if arguments.data else ""
    written = text(lab, arguments, data)
    print(written)
    out = arguments.out or (None if arguments.quick else page.RESULTS)
    if out:
        out.mkdir(parents=True, exist_ok=True)
        (out / "encodings.md").write_text(written + "\n")


if __name__ == "__main__":
    main()
