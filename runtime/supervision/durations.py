"""How long tasks took, as a histogram with fixed borders."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

BORDERS_S = (2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 20.0, 30.0, 60.0)


@dataclass(slots=True)
class Durations:
    """Grows with every finished task; constant size."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BORDERS_S) + 1))
    """One a bucket, the last for what is longer than every border."""

    sum_s: float = 0.0

    def add(self, duration_s: float) -> None:
        """Take one finished task."""
        self.counts[bisect_left(BORDERS_S, duration_s)] += 1
        self.sum_s += duration_s

    @property
    def mean_s(self) -> float:
        """0 before the first."""
        total = sum(self.counts)
        return self.sum_s / total if total else 0.0

    def cumulative(self) -> list[tuple[str, float]]:
        """Tasks up to each border, as Prometheus wants them."""
        rows: list[tuple[str, float]] = []
        total = 0
        for border, count in zip((*map(str, BORDERS_S), "+Inf"), self.counts, strict=True):
            total += count
            rows.append((border, float(total)))
        return rows
