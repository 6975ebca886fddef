"""Whole processes: how long they take, how much memory, and what whis-lab says of a table."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

# A process starts with the memory of the one it was forked from, so the largest is asked of a small parent.
SMALL_PARENT = """
import os, signal, sys
limit, *command = sys.argv[1:]
child = os.fork()
if not child:
    os.setpgid(0, 0)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    os.execvp(command[0], command)
stop = lambda *_: os.kill(child, signal.SIGKILL)
signal.signal(signal.SIGALRM, stop)
signal.alarm(int(limit))
_, status, usage = os.wait4(child, 0)
print(usage.ru_maxrss, status)
"""


class Failed(Exception):
    """A process that said no; its words."""


@dataclass
class Ran:
    seconds: float
    stdout: str
    timed_out: bool


def run(command: list[str], limit: float | None = None) -> Ran:
    """One run to its end, or killed with its children after `limit` seconds."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.perf_counter()
        child = subprocess.Popen(command, stdout=out, stderr=err, stdin=subprocess.DEVNULL, start_new_session=True)
        late = threading.Event()
        timer = threading.Timer(limit or 1e6, lambda: (late.set(), os.killpg(child.pid, signal.SIGKILL)))
        timer.daemon = True
        timer.start()
        code = child.wait()
        seconds = time.perf_counter() - began
        timer.cancel()
        out.seek(0)
        err.seek(0)
        if code != 0 and not late.is_set():
            said = err.read().decode(errors="replace").strip().splitlines()
            raise Failed(next((line for line in said if line.startswith("error")), f"exit code {code}"))
        return Ran(seconds, out.read().decode(errors="replace"), late.is_set())


def peak(command: list[str], limit: int) -> tuple[float, bool]:
    """The most memory of a process in MiB, and whether it ended by itself within `limit` seconds."""
    parent = [sys.executable, "-I", "-S", "-c", SMALL_PARENT, str(limit), *command]
    said = subprocess.run(parent, check=True, capture_output=True, text=True).stdout.split()
    return int(said[0]) / 1024, int(said[1]) == 0


@dataclass
class Answer:
    """What whis-lab says of a table, with the seconds of the whole process."""

    whole: float
    table: dict

    def run(self, detector: str) -> dict:
        return next(found for found in self.table["runs"] if found["detector"] == detector)

    def seconds(self, detector: str) -> float:
        """To learn from the prepared rows and to score them."""
        return sum(self.run(detector)["seconds"].values())


def compare(program: str, arguments: list[str], limit: float | None = None) -> Answer | None:
    """`whis-lab compare --timings --runs 1` on one table; None where it takes longer than `limit` seconds."""
    with tempfile.TemporaryDirectory() as out:
        command = [program, "compare", "-q", "--timings", "--runs", "1", "--format", "json", "--out", out, *arguments]
        ran = run(command, limit)
    return None if ran.timed_out else Answer(ran.seconds, json.loads(ran.stdout)["tables"][0])


def detectors(program: str) -> list[str]:
    """The ids of the detectors there are."""
    return [entry["id"] for entry in json.loads(run([program, "detectors", "--format", "json"]).stdout)]


def columns(path: Path, label: str | None = "label") -> list[str]:
    """The arguments that name a table; without a label, rows are scored and nothing is measured."""
    return ["--file", str(path), *(["--label", label] if label else [])]
