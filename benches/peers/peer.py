"""Asking the peers' process, with a time limit; a process that was ended for taking too long is started anew."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from worker import PEERS

WORKER = Path(__file__).with_name("worker.py")


@dataclass
class Said:
    """A peer's answer: seconds and metrics, or that it took too long, or why it gave none."""

    seconds: float | None = None
    auc: float | None = None
    average_precision: float | None = None
    timed_out: bool = False
    error: str | None = None


class Peers:
    """The peers' process, started at the first request."""

    def __init__(self):
        self.process = None

    def ask(
        self,
        library: str,
        detector: str,
        table: Path,
        label: str | None,
        parameters: dict,
        limit: float,
        seed: int = 42,
    ) -> Said:
        request = {"library": library, "detector": detector, "table": str(table), "label": label}
        line = json.dumps(request | {"parameters": parameters, "seed": seed}) + "\n"
        self._started().stdin.write(line.encode())
        self.process.stdin.flush()
        answer = self._answer(limit)
        if answer is None:
            self.stop()
            return Said(timed_out=True)
        return Said(**json.loads(answer))

    def stop(self) -> None:
        if self.process:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def _started(self) -> subprocess.Popen:
        if self.process is None:
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
            self.process = subprocess.Popen([sys.executable, str(WORKER)], start_new_session=True, **pipes)
            self.ready = False
        return self.process

    def _answer(self, limit: float) -> bytes | None:
        """One line, waited for `limit` seconds, and somewhat longer where the libraries are still to be imported."""
        pipe = self.process.stdout
        until = time.monotonic() + limit + (0 if self.ready else 20)
        held = b""
        while not held.endswith(b"\n"):
            if not select.select([pipe], [], [], max(until - time.monotonic(), 0))[0]:
                return None
            part = os.read(pipe.fileno(), 1 << 16)
            if not part:
                return b'{"error": "the process ended; out of memory?"}\n'
            held += part
        self.ready = True
        return held

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def library_of(detector: str, libraries: tuple[str, ...]) -> str | None:
    """The first of these libraries that has a detector of this id."""
    return next((library for library in libraries if (library, detector) in PEERS), None)
