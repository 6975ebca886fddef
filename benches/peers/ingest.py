"""How fast is `whis-lab ingest`, beside programs that only parse? Writes results/ingest.md.

    python benches/peers/ingest.py --program target/release/whis-lab --data ../shared/data

The peers do less: they parse every record and keep none. EVTX: the Python package `evtx` (the same parser) with orjson.
JSON: an orjson loop over the lines of the archives. LANL: the lines are made here with a seed; there is no peer, and the
bar is lines a second. Runs alternate; the table has medians. Needs: pip install evtx orjson
"""
import argparse
import glob
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile

EVTX = """
import glob, sys, orjson
from evtx import PyEvtxParser
n = 0
for path in sorted(glob.glob(sys.argv[1] + '/**/*.evtx', recursive=True)):
    try:
        for record in PyEvtxParser(path).records_json():
            orjson.loads(record['data']); n += 1
    except Exception: pass
print(n)
"""
JSON = """
import glob, sys, tarfile, zipfile, orjson
n = 0
for folder in sys.argv[1:]:
    for path in sorted(glob.glob(folder + '/*')):
        if path.endswith('.zip'):
            archive = zipfile.ZipFile(path)
            streams = (archive.open(name) for name in archive.namelist() if not name.endswith('/') and '__MACOSX' not in name)
        else:
            archive = tarfile.open(path)
            streams = (archive.extractfile(member) for member in archive if member.isfile())
        for stream in streams:
            for line in stream:
                if line.strip():
                    orjson.loads(line); n += 1
print(n)
"""


def lanl(path, lines):
    """Lines of auth.txt: people and machines that log on, off and ask for tickets, 60 a second."""
    rng = random.Random(1)
    kinds = ["LogOn", "LogOff", "TGS", "TGT", "AuthMap"]
    with open(path, "w") as file:
        for line in range(lines):
            user = rng.randrange(9000)
            name = f"U{user}@DOM1" if user < 5000 else f"C{user}$@DOM1"
            source, target = rng.randrange(12000), rng.randrange(12000)
            kind = kinds[int(rng.random() ** 2 * 5)]
            outcome = "Fail" if rng.random() < 0.01 else "Success"
            file.write(f"{line // 60},{name},{name},C{source},C{target},Kerberos,Network,{kind},{outcome}\n")


def run(command):
    """Wall seconds, processor seconds and MiB of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"failed: {' '.join(command)}")
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="target/release/whis-lab")
    parser.add_argument("--data", default="../shared/data")
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--out", default="results/ingest.md")
    args = parser.parse_args()
    folder = tempfile.mkdtemp()
    store = os.path.join(folder, "store")
    otrf = [os.path.join(args.data, "otrf", name) for name in ("nxlog", "export_winevents", "no_at_timestamp")]
    ingest = lambda *logs: [args.program, "ingest", "-q", *logs, "--out", store, "--plain"]
    log = os.path.join(folder, "auth.txt")
    lanl(log, args.lines)
    evtx = os.path.join(args.data, "evtx")
    cases = [
        ("EVTX, 98 files", ingest(evtx), [sys.executable, "-c", EVTX, evtx], "evtx + orjson, parsing only"),
        ("JSON in 22 archives", ingest(*otrf), [sys.executable, "-c", JSON, *otrf], "orjson loop, parsing only"),
        (f"LANL, {args.lines:,} lines", ingest(log), None, ""),
    ]
    rows = []
    for name, own, peer, words in cases:
        times = {"own": [], "peer": []}
        for _ in range(args.runs):
            shutil.rmtree(store, ignore_errors=True)
            times["own"].append(run(own))
            if peer:
                times["peer"].append(run(peer))
        median = lambda key, at: statistics.median(sample[at] for sample in times[key]) if times[key] else None
        rows.append((name, words, *[median("own", at) for at in range(3)], *[median("peer", at) for at in range(2)]))
    show = lambda value, digits=2: "–" if value is None else f"{value:.{digits}f}"
    with open(args.out, "w") as file:
        file.write("# How fast is ingest?\n\nMade by `benches/peers/ingest.py` on two cores; medians of "
                   f"{args.runs} alternating runs of whole processes. The peers only parse; `ingest` writes the store.\n\n")
        file.write("| logs | seconds | processor seconds | MiB | peer | seconds | processor seconds |\n|---|---:|---:|---:|---|---:|---:|\n")
        for name, words, wall, cpu, memory, peer_wall, peer_cpu in rows:
            file.write(f"| {name} | {show(wall)} | {show(cpu)} | {show(memory, 0)} | {words or '–'} | {show(peer_wall)} | {show(peer_cpu)} |\n")
        file.write("\nIt cannot show the speed on other disks or on logs with other fields. All records are kept in memory until the store is "
                   "written, so the memory grows with the rows.\n")
    shutil.rmtree(folder)


main()
