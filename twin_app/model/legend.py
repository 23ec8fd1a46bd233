"""The values beside a lane's title: what each series was at a moment, or why there is none."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from twin_app.model.freshness import OLD_NS
from twin_app.model.lanes import Lane
from twin_app.model.series import SeriesBlock
from twin_app.model.wording import duration


@dataclass(frozen=True, slots=True)
class LegendItem:
    """One series with its value."""

    index: int
    """Of the series in its lane."""

    label: str
    value: str
    weight: float
    """The larger, the longer it stays where room is short."""


@dataclass(frozen=True, slots=True)
class Legend:
    """Values of a lane at a moment."""

    items: tuple[LegendItem, ...] = ()
    note: str = ""
    """Why there are no values; empty when there are."""

    @property
    def text(self) -> str:
        """All of it, one line a series."""
        lines = (f"{item.label} {item.value}" for item in self.items)
        return self.note or "\n".join(lines)


def legend(lane: Lane, block: SeriesBlock | None, moment_ns: int) -> Legend:
    """The last known values; one that is too old for its source is not shown as if it held."""
    known = block.last_known(moment_ns) if block is not None else None
    if known is None:
        return Legend(note="no data yet" if not block else "nothing known then")
    stamp_ns, row = known
    if moment_ns - stamp_ns > OLD_NS[lane.block]:
        return Legend(note=f"silent for {duration((moment_ns - stamp_ns) * 1e-9)}")
    values = [float(value) for value in row[lane.columns]]
    named = (index for index, value in enumerate(values) if math.isfinite(value) or index not in lane.optional)
    return Legend(tuple(_item(lane, index, values[index]) for index in named))


def fitting(
    items: tuple[LegendItem, ...], *, width_px: float, gap_px: float, measure: Callable[[str], float]
) -> tuple[tuple[LegendItem, ...], int]:
    """What there is room for, in the items' own order, and how many were left out.

    Every name comes before any value, so that each line can be told; the largest values follow. Where not even the
    names have room, the largest items stay whole, and room for the words that tell of the others is kept. `measure`
    gives the width of a text.
    """
    whole = {item.index: measure(f"{item.label} {item.value}") + gap_px for item in items}
    names = {item.index: measure(item.label) + gap_px for item in items}
    if sum(whole.values()) <= width_px:
        return items, 0
    if sum(names.values()) <= width_px:
        costs = {index: whole[index] - names[index] for index in whole}
        valued = _largest(items, costs, width_px - sum(names.values()))
        return tuple(item if item.index in valued else replace(item, value="") for item in items), 0
    kept = _largest(items, whole, width_px - measure(more_words(len(items))))
    return tuple(item for item in items if item.index in kept), len(items) - len(kept)


def more_words(count: int) -> str:
    """In the place of those that were left out; the tooltip tells them."""
    return f"… {count} more " if count else ""


def _largest(items: tuple[LegendItem, ...], costs: Mapping[int, float], room: float) -> set[int]:
    """The items of the largest weight that there is room for."""
    kept = set[int]()
    for item in sorted(items, key=lambda item: -item.weight):
        room -= costs[item.index]
        if room < 0:
            break
        kept.add(item.index)
    return kept


def _item(lane: Lane, index: int, value: float) -> LegendItem:
    if not math.isfinite(value):
        return LegendItem(index, lane.labels[index], "—", 0.0)
    shown = round(value, lane.decimals) + 0.0  # never -0.0
    weight = -1.0 if index in lane.dashed else abs(value)  # a limit is drawn as a line anyway
    return LegendItem(index, lane.labels[index], f"{shown:.{lane.decimals}f}", weight)
