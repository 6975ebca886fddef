"""Runs inputs that people bring, as new users would, and compares what the program does with what it should do.

    python tests/reference/cases.py                          with data made here
    python tests/reference/cases.py FOLDER                   with a folder of cases, one folder each
    python tests/reference/cases.py --binary target/release/whis-lab --only decimal

For each case it prints the case, what is expected, what the program does now, and ok or FAIL. The exit code is 1 if
a case fails. Cases with Parquet are skipped where pyarrow is not installed and the folder does not have them.
"""

import argparse
import csv
import datetime
import gzip
import io
import json
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ImportError:
    pa = pq = None

ROOT = Path(__file__).resolve().parents[2]
NAMES = ["dur", "bytes", "pkts", "proto", "internal", "ts", "label"]


class Skip(Exception):
    """The case needs something that is not installed."""


# --- Data of the same kind, where there is no folder of cases ---------------------------------------------------------


def flows(rows=600, seed=5):
    """Flows: 7.5 % are suspicious, with long durations and large sizes."""
    draw = random.Random(seed)
    start = datetime.datetime(2025, 3, 1)
    found = []
    for row in range(rows):
        bad = row % 40 in (11, 23, 37)
        scale = 4.0 if bad else 1.0
        found.append(
            {
                "dur": round(scale * draw.lognormvariate(1.0, 0.6), 3),
                "bytes": int(scale * draw.lognormvariate(6.5, 0.8)),
                "pkts": int(3 + scale * draw.lognormvariate(2.0, 0.4)),
                "proto": draw.choice(["tcp", "tcp", "udp", "icmp"]),
                "internal": draw.random() < 0.5,
                "ts": start + datetime.timedelta(seconds=97 * row),
                "label": int(bad),
            }
        )
    return found


def text(rows, delimiter=",", header=True, **changes):
    """The rows as CSV. `changes` maps a column to a function of its value."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    names = list(rows[0])
    if header:
        writer.writerow(names)
    for row in rows:
        writer.writerow([changes.get(name, str)(row[name]) for name in names])
    return out.getvalue()


def put(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def parquet(path, rows, **changes):
    """The rows as Parquet. `changes` maps a column to a function of its Arrow array."""
    if pa is None:
        raise Skip("pyarrow is not installed")
    columns = {name: pa.array([row[name] for row in rows]) for name in rows[0]}
    columns = {name: changes.get(name, lambda array: array)(array) for name, array in columns.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)


def with_column(rows, name, value):
    return [{**row, name: value(at)} for at, row in enumerate(rows)]


# --- Running the program ----------------------------------------------------------------------------------------------


class Case:
    """A folder with the files of a case, and the program."""

    def __init__(self, binary, folder, given):
        self.binary, self.folder, self.given = binary, folder, given

    def has(self, *names):
        """Whether the folder was given with these files; otherwise the case makes them."""
        return self.given and all((self.folder / name).exists() for name in names)

    def run(self, *arguments):
        command = [self.binary, *arguments]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=300)
        return done.returncode, done.stdout, done.stderr

    def compare(self, file, label="label", detectors="isolation-forest,ecod", more=()):
        """The AUCs by detector, the table's report and stderr; an error if the program cannot run."""
        out = ["--out", str(self.folder / "out-of-cases")]
        arguments = ["compare", "--file", file, "--label", label, "--detectors", detectors, "--format", "json"]
        code, stdout, stderr = self.run(*arguments, *out, *more)
        if code != 0:
            raise Failed(f"exit {code}: {error(stderr)}")
        table = json.loads(stdout)["tables"][0]
        return {run["detector"]: run["auc"] for run in table["runs"]}, table, stderr

    def ecod(self, file, **more):
        return self.compare(file, **more)[0]["ecod"]

    def plain(self):
        """The AUC of ECOD on the same flows as plain CSV: from the folder's README, or computed."""
        if self.given:
            return 0.9538
        put(self.folder / "plain.csv", text(flows()))
        return self.ecod("plain.csv")


class Failed(Exception):
    """The program did something else than a case expects."""


def error(stderr):
    """The line of stderr that says what is wrong."""
    lines = stderr.strip().splitlines() or ["nothing on stderr"]
    return next((line for line in lines if line.startswith("error")), lines[-1])


def is_near(actual, expected, within=0.001):
    return abs(actual - expected) <= within


def same_auc(case, *files, **more):
    """ECOD reaches the AUC of the plain CSV on each file."""
    plain = case.plain()
    aucs = [case.ecod(file, **more) for file in files]
    shown = ", ".join(f"{auc:.4f}" for auc in aucs)
    return f"ECOD AUC {plain:.4f}", f"ECOD AUC {shown}", all(is_near(auc, plain) for auc in aucs)


# --- Cases ------------------------------------------------------------------------------------------------------------


def decimal(case):
    if not case.has("t.parquet"):
        kind = lambda places: lambda array: array.cast(pa.float64()).cast(pa.decimal128(18, places))
        parquet(case.folder / "t.parquet", flows(), dur=kind(3), bytes=kind(0), pkts=kind(0), label=kind(0))
    return same_auc(case, "t.parquet")


def duplicate_name(case):
    name, label = "Friday.csv", " Label=DDoS"
    if not case.has(name):
        lines = text(flows(), label=lambda bad: "DDoS" if bad else "BENIGN").splitlines()
        put(case.folder / name, "\n".join([" dur, bytes, pkts, bytes, internal, ts, Label", *lines[1:]]) + "\n")
    _, table, stderr = case.compare(name, label=label)
    copies = [feature for feature in table["features"] if feature.endswith(".1")]
    said = "twice" in stderr or ".1" in stderr or "repeated" in stderr
    actual = f"reads {len(table['features'])} features, copies {copies}, said: {said}"
    return "reads the file, renames the copy with .1 and says so", actual, said


def label_not_equal(case):
    if not case.has("t.csv"):
        put(case.folder / "t.csv", text(flows(), label=lambda bad: "DoS" if bad else "BENIGN"))
    _, table, _ = case.compare("t.csv", label="label!=BENIGN")
    code, _, stderr = case.run("compare", "--file", "t.csv", "--label", "label")
    suggests = "label=BENIGN" in stderr
    actual = f"{table['suspicious_rows']} suspicious; the hint suggests the majority: {suggests}"
    return "45 suspicious; the hint does not suggest the majority", actual, (
        table["suspicious_rows"] == 45 and code == 2 and not suggests
    )


def pandas_index(case):
    if not case.has("t.parquet", "new.parquet"):
        indexed = with_column(flows(), "__index_level_0__", lambda at: at + 40)
        parquet(case.folder / "t.parquet", indexed)
        parquet(case.folder / "new.parquet", flows())
    code, out, stderr = case.run("train", "--file", "t.parquet", "--label", "label", "--out", "cases.whis")
    learned = "__index_level_0__" in json.dumps(card_features(case, "cases.whis"))
    code, _, problem = case.run("score", "--model", "cases.whis", "new.parquet", "--out", "cases.csv")
    said = "__index_level_0__" in stderr
    return "the index is no feature, and said so; new rows are scored", (
        f"a feature: {learned}, said: {said}, score exits {code}"
    ), (not learned and said and code == 0)


def card_features(case, model):
    code, stdout, stderr = case.run("inspect", model, "--format", "json")
    return stdout if code == 0 else stderr


def csv_index(case):
    if not case.has("t.csv"):
        draw = random.Random(3)
        rows = [{"": at, "a": draw.gauss(0, 1), "b": draw.gauss(0, 1), "label": int(at < 200)} for at in range(3000)]
        put(case.folder / "t.csv", text(rows))
    aucs, table, _ = case.compare("t.csv", detectors="one-class-svm,isolation-forest,ecod")
    highest = max(aucs.values())
    return "every AUC near 0.5", f"features {table['features']}, highest AUC {highest:.4f}", highest < 0.56


def blanks(case):
    if not case.has("t.csv"):
        blank = lambda value: f" {value}"
        put(case.folder / "t.csv", text(flows(), bytes=blank, pkts=blank, proto=blank, internal=blank, ts=blank))
    return same_auc(case, "t.csv")


def semicolon(case):
    if not case.has("t.csv"):
        comma = lambda value: str(value).replace(".", ",")
        put(case.folder / "t.csv", text(flows(), delimiter=";", dur=comma))
    return same_auc(case, "t.csv")


def endings(case):
    files = ["t.csv.gz", "t.tsv", "t.txt"]
    if not case.has(*files):
        put(case.folder / "t.csv.gz", gzip.compress(text(flows()).encode()))
        put(case.folder / "t.tsv", text(flows(), delimiter="\t"))
        put(case.folder / "t.txt", text(flows()))
    return same_auc(case, *files)


def empty_part(case):
    if not case.has("days", "pq"):
        value = lambda at: "" if at < 300 else at % 2
        rows = with_column(flows(), "extra", value)
        put(case.folder / "days" / "d1.csv", text(rows[:300]))
        put(case.folder / "days" / "d2.csv", text(rows[300:]))
        if pa is not None:
            number = lambda array: pa.array([None if v == "" else v for v in array.to_pylist()], pa.int64())
            nothing = lambda array: pa.nulls(len(array))
            parquet(case.folder / "pq" / "d1.parquet", rows[:300], extra=nothing)
            parquet(case.folder / "pq" / "d2.parquet", rows[300:], extra=number)
    folders = [name for name in ("days", "pq") if (case.folder / name).exists()]
    rows = [case.compare(name)[1]["rows"] for name in folders]
    return "600 rows of each folder", f"{rows} rows of {folders}", all(count == 600 for count in rows)


def hive(case):
    if not case.has("t"):
        for proto in ("tcp", "udp", "icmp"):
            rows = [{k: v for k, v in row.items() if k != "proto"} for row in flows() if row["proto"] == proto]
            parquet(case.folder / "t" / f"proto={proto}" / "part-0.parquet", rows)
    auc, (_, table, _) = case.plain(), case.compare("t")
    actual = f"{table['rows']} rows, features {table['features']}"
    return "600 rows, and `proto` from the names of the folders", actual, (
        table["rows"] == 600 and "proto" in table["features"] and is_near(case.ecod("t"), auc)
    )


def delta(case):
    if not case.has("t"):
        parquet(case.folder / "t" / "part-0.parquet", flows())
        put(case.folder / "t" / "_delta_log" / "00000000000000000000.json", '{"protocol":{"minReaderVersion":1}}\n')
    code, stdout, stderr = case.run("explore", "--file", "t")
    line = (stderr or stdout).strip().splitlines()[0]
    return "refused, naming Delta", f"exit {code}: {line}", code == 2 and "delta" in stderr.lower()


def json_lines(case):
    if not case.has("t.jsonl"):
        put(case.folder / "t.jsonl", "".join(json.dumps(row, default=str) + "\n" for row in flows()))
    expected, actual, is_ok = same_auc(case, "t.jsonl")
    code, _, _ = case.run("train", "--file", "t.jsonl", "--label", "label", "--out", "cases.whis")
    return expected + "; train reads it, too", f"{actual}; train exits {code}", is_ok and code == 0


def passed_on(case):
    if pa is None:
        raise Skip("pyarrow is not installed")
    if not case.has("t.parquet", "new.parquet"):
        parquet(case.folder / "t.parquet", flows())
        tags = lambda array: pa.array([[str(value)] for value in array.to_pylist()])
        amount = lambda array: array.cast(pa.decimal128(24, 2))
        rows = with_column(with_column(flows(), "amount", lambda at: at), "tags", lambda at: at)
        parquet(case.folder / "new.parquet", rows, amount=amount, tags=tags)
    case.run("train", "--file", "t.parquet", "--label", "label", "--out", "cases.whis")
    code, _, stderr = case.run("score", "--model", "cases.whis", "new.parquet", "--out", "cases.parquet")
    if code != 0:
        raise Failed(f"exit {code}: {error(stderr)}")
    given, got = (pq.read_schema(case.folder / name).names for name in ("new.parquet", "cases.parquet"))
    lost = [name for name in given if name not in got]
    return "every column is in the output", f"lost: {lost}", not lost


def binary_text(case):
    if not case.has("t.parquet"):
        parquet(case.folder / "t.parquet", flows(), proto=lambda array: array.cast(pa.binary()))
    return same_auc(case, "t.parquet")


def no_rows(case):
    if not case.has("t.parquet"):
        if pa is None:
            raise Skip("pyarrow is not installed")
        parquet(case.folder / "t.parquet", [{"d": [1.5]}] * 600)
    code, stdout, stderr = case.run("explore", "--file", "t.parquet")
    line = (stderr or stdout).strip().splitlines()[0]
    return "never says that the table has no rows", f"exit {code}: {line}", "no rows" not in stderr


def backslashes(case):
    if not case.has("t.csv"):
        lines = text(flows()).splitlines()
        notes = [f'{line},"say \\"hi, {at}\\""' for at, line in enumerate(lines[1:])]
        put(case.folder / "t.csv", "\n".join([lines[0] + ",note", *notes]) + "\n")
    _, table, _ = case.compare("t.csv")
    return "600 rows", f"{table['rows']} rows", table["rows"] == 600


def tiny_scale(case):
    if not case.has("t.csv", "ref.csv"):
        draw = random.Random(9)
        rows = [(draw.gauss(0, 1) + 8 * (at < 30), draw.gauss(0, 2), int(at < 30)) for at in range(1000)]
        for name, scale in (("ref.csv", 1.0), ("t.csv", 1e-17)):
            put(case.folder / name, text([{"x": x * scale, "z": z, "label": y} for x, z, y in rows]))
    detectors = "knn,autoencoder,extended-isolation-forest,ecod,one-class-svm"
    tiny, one = (case.compare(name, detectors=detectors)[0] for name in ("t.csv", "ref.csv"))
    moved = {name: f"{tiny[name]:.4f} / {one[name]:.4f}" for name in one if not is_near(tiny[name], one[name], 0.01)}
    return "the same AUC at both scales", f"moved: {moved}", not moved


def no_header(case):
    name = "KDDTrain.csv"
    if not case.has(name):
        draw = random.Random(2)
        lines = [
            f"{draw.randint(0, 9)},tcp,http,SF,{draw.randint(100, 9999)},0.06,0.06,"
            f"{'neptune' if at % 10 == 3 else 'normal'},20"
            for at in range(100)
        ]
        put(case.folder / name, "\n".join(lines) + "\n")
    code, _, stderr = case.run("explore", "--file", name)
    says = "header" in stderr
    read = case.run("explore", "--file", name, "--no-header")[0]
    _, table, _ = case.compare(name, label="column_8=neptune", more=["--no-header"])
    return "says that there is no header; --no-header reads 100 rows", (
        f"says so: {says} (exit {code}); --no-header exits {read}, {table['rows']} rows"
    ), says and read == 0 and table["rows"] == 100


def one_value(case):
    if not case.has("t.csv"):
        rows = flows()
        rows[250]["dur"] = 1.7976931348623157e308
        put(case.folder / "t.csv", text(rows))
    auc, _, stderr = case.compare("t.csv")
    said = "dur" in stderr
    return "the run goes on, and says what it did about `dur`", f"ECOD AUC {auc['ecod']:.4f}, said: {said}", said


def log_times(case):
    forms = {
        "apache.csv": lambda time: time.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "hayabusa.csv": lambda time: time.strftime("%Y-%m-%d %H:%M:%S.123 +09:00"),
        "us_ampm.csv": lambda time: time.strftime("%m/%d/%Y %I:%M:%S %p"),
    }
    for name, form in forms.items():
        if not case.has(name):
            put(case.folder / name, text(flows(), ts=form))
    unread = []
    for name in forms:
        code, stdout, stderr = case.run("explore", "--file", name, "--label", "label")
        if code != 0 or re.search(r"`ts`.*(left out|identifier)", stderr) or "no times" in stdout:
            unread.append(name)
    return "the times are read", f"not read: {unread}", not unread


def comma_in_name(case):
    if not case.has("t.csv"):
        rows = [{"Total, s": row["dur"], **{name: row[name] for name in NAMES[1:]}} for row in flows()]
        put(case.folder / "t.csv", text(rows))
    _, table, _ = case.compare("t.csv", more=["--features", '"Total, s",bytes'])
    features = table["features"]
    return "features `Total, s` and `bytes`", f"features {features}", features == ["Total, s", "bytes"]


def line_numbers(case):
    if not case.has("long.csv", "excel.csv", "comment.csv"):
        lines = text(flows()).splitlines()
        put(case.folder / "long.csv", "\n".join([*lines[:300], lines[300] + ",1,2", *lines[301:]]) + "\n")
        put(case.folder / "excel.csv", "\n".join(["sep=,", *lines]) + "\n")
        put(case.folder / "comment.csv", "\n".join(["# export", *lines]) + "\n")
    code, _, stderr = case.run("compare", "--file", "long.csv", "--label", "label")
    others = [case.compare(name)[1]["rows"] for name in ("excel.csv", "comment.csv")]
    return "line 301 is named; `sep=,` and a comment are skipped", (
        f"exit {code}: {error(stderr)[:90]}; {others} rows"
    ), "line 301" in stderr and others == [600, 600]


CASES = {
    "01-decimal": decimal,
    "02-cicids2017-duplicate-name": duplicate_name,
    "04-label-not-equal": label_not_equal,
    "05-pandas-index-level-0": pandas_index,
    "06-pandas-to_csv-index": csv_index,
    "07-blanks-around-numbers": blanks,
    "09-semicolon-decimal-comma": semicolon,
    "10-csv-gz-tsv-txt": endings,
    "11-column-empty-in-one-part": empty_part,
    "14-hive-partitions": hive,
    "15-delta-table-counts-deleted-rows": delta,
    "16-json-lines-cannot-be-learned-from": json_lines,
    "17-score-drops-columns": passed_on,
    "18-binary-strings": binary_text,
    "21-no-rows-message": no_rows,
    "22-backslash-escapes": backslashes,
    "23-column-of-tiny-scale": tiny_scale,
    "25-no-header": no_header,
    "26-one-value-stops-all": one_value,
    "28-times-of-logs": log_times,
    "30-comma-in-a-name": comma_in_name,
    "32-line-number-missing": line_numbers,
}


def copied(source, target):
    """Copy the files of a case, so that nothing is written beside them."""
    for path in source.rglob("*"):
        if path.is_file():
            put(target / path.relative_to(source), path.read_bytes())


def outcome(name, check, binary, given):
    """The state of a case, what it expects and what the program does."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        if given is not None:
            copied(given, folder)
        try:
            expected, actual, is_ok = check(Case(binary, folder, given is not None))
            return ("ok" if is_ok else "FAIL"), expected, actual
        except Failed as failed:
            return "FAIL", "the program runs", str(failed)
        except Skip as reason:
            return "skipped", "", str(reason)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, help="a folder with one folder a case")
    parser.add_argument("--binary", default=str(ROOT / "target" / "release" / "whis-lab"), help="the program")
    parser.add_argument("--only", default="", help="only cases with this text in their name")
    arguments = parser.parse_args()
    binary = str(Path(arguments.binary).resolve())
    counts = {"ok": 0, "FAIL": 0, "skipped": 0}
    for name, check in CASES.items():
        if arguments.only not in name:
            continue
        given = arguments.folder / name if arguments.folder else None
        if given is not None and not given.is_dir():
            given = None
        state, expected, actual = outcome(name, check, binary, given)
        counts[state] += 1
        print(f"{state:<8}{name}\n        expected  {expected}\n        actual    {actual}", flush=True)
    if arguments.folder:
        unknown = sorted(path.name for path in arguments.folder.iterdir() if path.is_dir() and path.name not in CASES)
        for name in unknown:
            print(f"no check for {name}")
    print(", ".join(f"{count} {state}" for state, count in counts.items()))
    sys.exit(1 if counts["FAIL"] else 0)


if __name__ == "__main__":
    main()
