"""How commands print their figures: a table for a person, one JSON line for a program."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def show(figures: Mapping[str, Any], *, as_json: bool) -> None:
    """Name and value, one a line; with `as_json` one object as the last line instead."""
    if as_json:
        print(json.dumps(figures))
        return
    width = max(map(len, figures), default=0)
    for name, value in figures.items():
        print(f"{name:<{width}}  {value}")


WIDEST = 60
"""Of a table's column, in letters; what is longer moves the rest of its own row alone."""


def show_rows(rows: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    """A table with one line a row; with `as_json` one list as the last line instead."""
    if as_json:
        print(json.dumps(rows))
        return
    names = list(rows[0]) if rows else []
    widths = {name: min(WIDEST, max(len(name), *(len(_cell(row.get(name))) for row in rows))) for name in names}
    print("  ".join(f"{name:<{widths[name]}}" for name in names))
    for row in rows:
        print("  ".join(f"{_cell(row.get(name)):<{widths[name]}}" for name in names))


def host() -> str:
    """The machine in words, for a results file."""
    model = next(
        (line.split(":", 1)[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "unknown"
    )
    return (
        f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, Python {platform.python_version()}"
    )


def load() -> float:
    """Load average of the last minute: above the number of cores, other work shares in what is measured."""
    return round(os.getloadavg()[0], 2)


def commit() -> str:
    """The commit of this checkout; `unknown` for an installed copy."""
    folder = Path(__file__).parent
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


def circumstances(*, scene: str, seed: int) -> dict[str, Any]:
    """What belongs to every benchmark's figures, so that somebody else can take them again."""
    return {"scene": scene, "seed": seed, "commit": commit(), "host": host()}


def _cell(value: Any) -> str:  # any JSON value
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
