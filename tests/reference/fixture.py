"""Where reference values are written, and what each file says about its origin."""

import json
import math
import platform
import sys
from importlib.metadata import version
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "reference"


def write(name, content, *, packages, seed, command, **notes):
    """Write one fixture with its origin first. Values that are not finite become null."""
    origin = {
        "tool": "scikit-learn" if "scikit-learn" in packages else packages[0],
        "versions": {"python": platform.python_version(), **{package: version(package) for package in packages}},
        "command": command,
        "seed": seed,
        **notes,
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / name
    text = json.dumps(finite({"origin": origin, **content}), allow_nan=False, separators=(",", ":"))
    path.write_text(text.replace('},{"', '},\n{"').replace('],"', '],\n"') + "\n")
    print(f"{path.name}: {path.stat().st_size / 1024:.0f} KB", file=sys.stderr)


def finite(value):
    """Plain JSON values from numpy's, with None for what is not finite."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    if hasattr(value, "tolist"):
        return finite(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
