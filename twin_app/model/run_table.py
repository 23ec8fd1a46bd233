"""The table of an evaluation that is many, as `celltwin evaluate --suite robustness` or `ablation` tells it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, cast

import msgspec
from msgspec import Meta, Struct

Count = Annotated[int, Meta(ge=0)]
Share = Annotated[float, Meta(ge=0.0, le=1.0)]
NAMED_BY = ("variation", "policy")
"""What a row's name is under, suite by suite."""


class TableRow(Struct, frozen=True):
    """One examination of the table: so many runs, and how they ended."""

    name: str
    n: Annotated[int, Meta(ge=1)]
    succeeded: Count
    interval95: tuple[Share, Share]
    """Of the rate of success."""

    wrong_part: Count = 0
    missed_grasp: Count = 0
    timeout: Count = 0
    declined: Count = 0
    failed: Count = 0
    """The policy raised, or answered nonsense."""

    ece: Share | None = None
    """Expected calibration error; None where nothing tells of it."""

    auroc: Share | None = None
    auroc_early: Share | None = None
    """As `auroc`, by what was said in the first seconds."""

    @property
    def band(self) -> str:
        """Rows of one band belong together: those of one variation."""
        return self.name.partition(":")[0].replace("_", " ")

    @property
    def strength(self) -> str:
        """Of the variation; empty where there is none."""
        return self.name.partition(":")[2]

    @property
    def share(self) -> float:
        """0…1 of its runs succeeded."""
        return self.succeeded / self.n

    @property
    def tally(self) -> str:
        """How many succeeded."""
        return f"{self.succeeded} of {self.n}"

    @property
    def interval(self) -> str:
        """Of 95 %, in words."""
        low, high = self.interval95
        return f"{100 * low:.1f} to {100 * high:.1f} %"

    @property
    def otherwise(self) -> str:
        """How the other runs ended, the most frequent first."""
        ends = {name: getattr(self, name) for name in ("wrong_part", "missed_grasp", "timeout", "declined", "failed")}
        ranked = sorted(ends.items(), key=lambda end: -end[1])
        return " · ".join(f"{count} {name.replace('_', ' ')}" for name, count in ranked if count)


@dataclass(frozen=True, slots=True)
class RowUnderWay:
    """Which row is being examined, and the how many-th of how many it is."""

    name: str
    number: int
    of: int

    @property
    def words(self) -> str:
        """In a few words."""
        return f"row {self.number} of {self.of}, {self.name.replace('_', ' ')}"


def row_of(told: object) -> TableRow | None:
    """Read one row of the table's JSON; None where it is none."""
    if not isinstance(told, dict):
        return None
    figures = cast("dict[str, object]", told)
    name = next((figures[key] for key in NAMED_BY if key in figures), None)
    try:
        return msgspec.convert({**figures, "name": name}, TableRow)
    except msgspec.ValidationError:
        return None


def rows_of(told: object) -> tuple[TableRow, ...]:
    """Read all rows that can be read."""
    entries = cast("list[object]", told) if isinstance(told, list) else []
    return tuple(row for row in map(row_of, entries) if row is not None)


def worst_of(rows: Iterable[TableRow]) -> str:
    """What breaks the policy most, beside how it does with nothing changed, in a line."""
    first, *others = rows
    whole = f"{first.name.replace('_', ' ')} {first.tally}"
    if not others:
        return whole
    worst = min(others, key=lambda row: row.share)
    return f"{whole} · worst: {worst.name.replace('_', ' ')} {worst.tally}"
