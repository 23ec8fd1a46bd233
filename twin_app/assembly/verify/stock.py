"""What processes hold over time: resident memory and open descriptors, read from /proc, and how they drift."""

from __future__ import annotations

import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SHARE = 0.1
"""Of all samples that make the beginning, and as many the end: their medians are compared."""


@dataclass(frozen=True, slots=True)
class Stock:
    """One process at one moment."""

    memory_mib: float
    """Resident (VmRSS of proc(5))."""

    descriptors: int


def stock_of(pid: int) -> Stock | None:
    """What this process holds now; None when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
        kib = next(float(line.split()[1]) for line in lines if line.startswith("VmRSS"))
        return Stock(kib / 1024.0, len(os.listdir(f"/proc/{pid}/fd")))
    except (OSError, StopIteration):
        return None


def drift(values: Sequence[float]) -> tuple[float, float]:
    """Medians of the first and of the last tenth. Raises `ValueError` for no values."""
    if not values:
        raise ValueError("nothing was sampled")
    count = max(1, round(SHARE * len(values)))
    return statistics.median(values[:count]), statistics.median(values[-count:])


def held(stocks: Sequence[Stock]) -> dict[str, Any]:
    """Memory and descriptors of one process at beginning and end, as printed by `--json`."""
    first_mib, last_mib = drift([stock.memory_mib for stock in stocks])
    first, last = drift([stock.descriptors for stock in stocks])
    return {
        "memory_mib": [round(first_mib, 1), round(last_mib, 1)],
        "memory_change": round(last_mib / first_mib - 1.0, 4),
        "descriptors": [int(first), int(last)],
        "descriptors_max": max(stock.descriptors for stock in stocks),
    }
