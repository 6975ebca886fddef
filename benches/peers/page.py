"""How results are written: Markdown tables, the machine, and the parts of README.md and docs/ between markers."""

import os
import platform
import re
import statistics
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "results"


def seconds(values: list[float]) -> str:
    """The median, and from where to where."""
    middle = short(statistics.median(values))
    return f"{middle} s" if len(values) == 1 else f"{middle} s ({short(min(values))} to {short(max(values))})"


def short(value: float) -> str:
    """Three digits that count."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.{2 if value < 10 else 1}f}" if value >= 1 else f"{value:.4f}" if value < 0.01 else f"{value:.3f}"


def ratio(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f} ×" if value >= 10 else f"{value:.{1 if value >= 1 else 2}f} ×"


def fixed(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def table(head: list[str], rows: list[list[str]], numbers_from: int = 1) -> str:
    rule = ["---" if at < numbers_from else "---:" for at in range(len(head))]
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, rule, *rows])


def machine() -> str:
    return f"{cpu()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"


def cpu() -> str:
    try:
        named = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    except OSError:
        named = None
    return named[1].strip() if named else platform.processor() or "a processor without a name"


def versions(*packages: str) -> str:
    return ", ".join(
        [f"Python {platform.python_version()}", *(f"{package} {version(package)}" for package in packages)]
    )


def write(name: str, text: str) -> None:
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / name).write_text(text.rstrip() + "\n")


def splice(name: str, script: str, text: str) -> bool:
    """Put a text between its markers in the README or a page of docs/; whether one of them has the markers."""
    block = re.compile(rf"<!-- {name}: written by .*? -->\n.*?<!-- end of {name} -->", re.DOTALL)
    spliced = f"<!-- {name}: written by benches/peers/{script} -->\n{text.strip()}\n<!-- end of {name} -->"
    for file in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        old = file.read_text()
        if block.search(old):
            file.write_text(block.sub(lambda _: spliced, old))
            return True
    return False
