"""Bounded histories of measured quantities, cheap to look at from any distance."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

GROUP = 16
"""Samples behind one stored summary."""

GAP_NS = 1_500_000_000
"""Samples further apart than this are not joined by a line: nothing was heard in between."""


@dataclass(frozen=True, slots=True)
class SeriesView:
    """A stretch of history, reduced to what a screen can show.

    `low` and `high` are f8[points, columns]: the extremes of the samples behind each point; NaN is a gap.
    """

    times_ns: NDArray[np.int64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    reduced: bool
    """False when each point is one sample, so that low and high are the same."""


class SeriesBlock:
    """A ring of quantities that are sampled together (columns), with the extremes of every 64 samples beside it."""

    def __init__(self, columns: int, *, capacity: int) -> None:
        self.columns = columns
        self.capacity = max(GROUP * 2, (capacity + GROUP - 1) // GROUP * GROUP)
        self._times = np.zeros(self.capacity, dtype=np.int64)
        self._values = np.full((self.capacity, columns), np.nan)
        self._low = np.full((self.capacity // GROUP, columns), np.nan)
        self._high = np.full((self.capacity // GROUP, columns), np.nan)
        self._count = 0

    def __len__(self) -> int:
        return min(self._count, self.capacity)

    @property
    def _oldest(self) -> int:
        """Logical index of the oldest whole sample; the group being overwritten is gone already."""
        if self._count <= self.capacity:
            return 0
        return (self._count - self.capacity + GROUP - 1) // GROUP * GROUP

    @property
    def span_ns(self) -> tuple[int, int]:
        """First and last moment held; (0, 0) when empty."""
        if self._count == 0:
            return (0, 0)
        return (self._time(self._oldest), self._time(self._count - 1))

    def append(self, stamp_ns: int, values: Sequence[float] | NDArray[np.float64]) -> None:
        """Add a sample; one that is older than the newest is dropped, a long silence leaves a gap."""
        if self._count:
            last_ns = self._time(self._count - 1)
            if stamp_ns <= last_ns:
                return
            if stamp_ns - last_ns > GAP_NS:
                self._put(last_ns + 1, np.full(self.columns, np.nan))
        self._put(stamp_ns, values)

    def extend(self, stamps_ns: NDArray[np.int64], values: NDArray[np.float64]) -> None:
        """Add many samples at once; as with `append`, what is not newer is dropped and a silence leaves a gap."""
        newest = np.maximum.accumulate(
            np.concatenate(([self._time(self._count - 1) if self._count else -1], stamps_ns))
        )
        rising = np.diff(newest) > 0
        stamps_ns, values = stamps_ns[rising], values[rising]
        before_ns = newest[:-1][rising]
        gaps = np.flatnonzero((stamps_ns - before_ns > GAP_NS) & (before_ns >= 0))
        stamps_ns = np.insert(stamps_ns, gaps, before_ns[gaps] + 1)
        values = np.insert(values, gaps, np.nan, axis=0)
        piece = self.capacity // 2
        for begin in range(0, len(stamps_ns), piece):
            self._put_many(stamps_ns[begin : begin + piece], values[begin : begin + piece])

    def clear(self) -> None:
        """Forget everything."""
        self._count = 0

    def last_known(self, moment_ns: int) -> tuple[int, NDArray[np.float64]] | None:
        """The newest sample at or before a moment, never one of its future; None when there is none."""
        index = bisect_right(range(self._oldest, self._count), moment_ns, key=self._time) + self._oldest - 1
        if index < self._oldest:
            return None
        return self._time(index), self._values[index % self.capacity]

    def view(self, start_ns: int, end_ns: int, *, points: int) -> SeriesView:
        """The stretch between two moments, one sample beyond each end, in at most about 2 x `points` points."""
        held = range(self._oldest, self._count)
        first = max(self._oldest, bisect_left(held, start_ns, key=self._time) + self._oldest - 1)
        last = min(self._count, bisect_right(held, end_ns, key=self._time) + self._oldest + 1)
        size = last - first
        if size <= 0:
            empty = np.empty((0, self.columns))
            return SeriesView(np.empty(0, dtype=np.int64), empty, empty, reduced=False)
        if size <= 2 * points:
            index = np.arange(first, last) % self.capacity
            values = self._values[index]
            return SeriesView(self._times[index], values, values, reduced=False)
        if size < 2 * points * GROUP:
            return self._reduced(first, last, factor=-(-size // points))
        return self._summarised(first, last, factor=max(1, size // (points * GROUP)))

    def _reduced(self, first: int, last: int, *, factor: int) -> SeriesView:
        begin = max(self._oldest + (-self._oldest) % factor, first // factor * factor)
        buckets = max(1, (last - begin) // factor)
        index = np.arange(begin, begin + buckets * factor) % self.capacity
        shaped = self._values[index].reshape(buckets, factor, self.columns)
        times = self._times[index[::factor]]
        low, high = np.fmin.reduce(shaped, 1), np.fmax.reduce(shaped, 1)
        return self._with_tail(times, low, high, begin + buckets * factor, last)

    def _summarised(self, first: int, last: int, *, factor: int) -> SeriesView:
        groups, oldest = self.capacity // GROUP, self._oldest // GROUP
        begin = max(oldest + (-oldest) % factor, first // GROUP // factor * factor)
        buckets = max(1, (last // GROUP - begin) // factor)
        index = np.arange(begin, begin + buckets * factor) % groups
        low = np.fmin.reduce(self._low[index].reshape(buckets, factor, self.columns), 1)
        high = np.fmax.reduce(self._high[index].reshape(buckets, factor, self.columns), 1)
        times = self._times[index[::factor] * GROUP]
        return self._with_tail(times, low, high, (begin + buckets * factor) * GROUP, last)

    def _with_tail(
        self,
        times: NDArray[np.int64],
        low: NDArray[np.float64],
        high: NDArray[np.float64],
        begin: int,
        end: int,
    ) -> SeriesView:
        """Add what is newer than the last whole bucket as one more point, so that the live edge is there."""
        if begin >= end:
            return SeriesView(np.append(times[:-1], self._time(begin - 1)), low, high, reduced=True)
        tail = self._values[np.arange(begin, end) % self.capacity]
        return SeriesView(
            np.append(times, self._time(end - 1)),
            np.vstack([low, np.fmin.reduce(tail, 0)]),
            np.vstack([high, np.fmax.reduce(tail, 0)]),
            reduced=True,
        )

    def _put(self, stamp_ns: int, values: Sequence[float] | NDArray[np.float64]) -> None:
        slot = self._count % self.capacity
        self._times[slot] = stamp_ns
        self._values[slot] = values
        group = slot // GROUP
        if slot % GROUP == 0:
            self._low[group] = self._high[group] = self._values[slot]
        else:
            np.fmin(self._low[group], self._values[slot], out=self._low[group])
            np.fmax(self._high[group], self._values[slot], out=self._high[group])
        self._count += 1

    def _put_many(self, stamps_ns: NDArray[np.int64], values: NDArray[np.float64]) -> None:
        end = self._count + len(stamps_ns)
        slots = np.arange(self._count, end) % self.capacity
        self._times[slots] = stamps_ns
        self._values[slots] = values
        first, last = self._count // GROUP, (end - 1) // GROUP
        touched = np.full(((last + 1 - first) * GROUP, self.columns), np.nan)
        touched[: end - first * GROUP] = self._values[np.arange(first * GROUP, end) % self.capacity]
        grouped = touched.reshape(-1, GROUP, self.columns)
        groups = np.arange(first, last + 1) % len(self._low)
        self._low[groups], self._high[groups] = np.fmin.reduce(grouped, 1), np.fmax.reduce(grouped, 1)
        self._count = end

    def _time(self, index: int) -> int:
        return int(self._times[index % self.capacity])
