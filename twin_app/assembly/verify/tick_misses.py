"""Ticks missed near a moment, held against bare loops that ran beside: pure, from recorded stamps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from runtime.messages.state import TickTrace

TICK_NS = 1_000_000
NEAR_NS = 50_000_000
SLACK_NS = 10_000_000
"""The bare loop wakes up from one stall of the host a little earlier or later than ours."""


@dataclass(frozen=True, slots=True)
class Miss:
    """Ticks missed just before this moment."""

    stamp_ns: int
    count: int


@dataclass(frozen=True, slots=True)
class TickBlock:
    """What one block of the 1 kHz record tells about punctuality."""

    first_tick: int
    stamps_ns: tuple[int, ...]
    """Of each tick."""

    misses: tuple[Miss, ...]


def block_of(trace: TickTrace) -> TickBlock:
    """Read stamps and misses from a block; a missed tick moves all stamps after it."""
    rows = np.frombuffer(trace.data, dtype=np.float32).reshape(trace.ticks, len(trace.columns))
    missed = rows[:, trace.columns.index("missed_ticks")].astype(np.int64)
    steps = np.concatenate(([0], 1 + missed[1:]))
    stamps = trace.stamp_ns + TICK_NS * np.cumsum(steps)
    misses = tuple(Miss(int(stamps[row]), int(missed[row])) for row in np.flatnonzero(missed))
    return TickBlock(trace.first_tick, tuple(map(int, stamps)), misses)


def stamp_of(tick: int, blocks: Sequence[TickBlock]) -> int | None:
    """The moment of a tick; None when its block was not heard."""
    for block in blocks:
        if block.first_tick <= tick < block.first_tick + len(block.stamps_ns):
            return block.stamps_ns[tick - block.first_tick]
    return None


def missed_near(moment_ns: int, misses: Sequence[Miss], *, near_ns: int = NEAR_NS) -> int:
    """Ticks missed at most this far from a moment."""
    return sum(miss.count for miss in misses if abs(miss.stamp_ns - moment_ns) <= near_ns)


def beyond_floor(moment_ns: int, misses: Sequence[Miss], floors: Sequence[Sequence[Miss]]) -> int:
    """Ticks that we missed near a moment and no bare loop (one a core) missed too."""
    ours = missed_near(moment_ns, misses)
    floor = max((missed_near(moment_ns, one, near_ns=NEAR_NS + SLACK_NS) for one in floors), default=0)
    return max(ours - floor, 0)
