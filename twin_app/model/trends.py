"""The past as the trends show it: blocks of series, the modes, and the marks of events."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runtime.messages.cell import CellDescription
from runtime.messages.state import ControlState, Mode
from runtime.messages.system import Event
from twin_app.model.arrival import Arrival, Samples
from twin_app.model.freshness import OLD_NS
from twin_app.model.lanes import BESIDE, Lane, columns_of, machine_lanes, policy_lanes
from twin_app.model.readers import names_of, readers
from twin_app.model.series import SeriesBlock
from twin_app.model.signal_lanes import MOST_SIGNALS, signal_lanes

CAPACITY = 100_000
"""Samples kept of each series; at 100 Hz this is 16 minutes."""

SIGNALS_KEPT = 20_000
"""Samples kept of the signals behind a confidence, which are many; at 10 Hz this is half an hour."""

MARKS_KEPT = 2_000


@dataclass(frozen=True, slots=True)
class ModeSpan:
    """A stretch of time in one mode."""

    mode: Mode | None
    """None where nothing was heard of the mode."""

    begin_ns: int
    reason: str


class Trends:
    """History for the plots. Filled and read on the GUI thread only; bounded."""

    def __init__(self, *, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._cell: CellDescription | None = None
        self.clear()

    def clear(self) -> None:
        """Forget everything but the cell's drawing."""
        self.blocks: dict[str, SeriesBlock] = {}
        self.spans: deque[ModeSpan] = deque(maxlen=MARKS_KEPT)
        self.marks: deque[Event] = deque(maxlen=MARKS_KEPT)
        self.mode_heard_ns = 0
        """When the fast loop spoke last; 0 before. In a recording: how far it has been read."""

        self._beside = False
        self._names: tuple[str, ...] = ()
        self._pulled = False
        self._readers = readers()
        self._joints = len(self._cell.robot.joints) if self._cell else 7
        self.lanes: tuple[Lane, ...] = self._laid_out()

    def feed(self, arrivals: Iterable[Arrival]) -> None:
        """Take what has arrived, in order."""
        for arrival in arrivals:
            if isinstance(arrival.message, Samples):
                self._take_samples(arrival.topic, arrival.message)
            elif arrival.topic in self._readers:
                self._take_message(arrival)
            elif arrival.topic == "modes":
                self._note_mode(arrival.message)
            elif arrival.topic == "events":
                self.marks.append(arrival.message)
            elif arrival.topic == "cell" and arrival.message != self._cell:
                self._adopt(arrival.message)

    def block(self, name: str, columns: int) -> SeriesBlock:
        """A block, made when it is not there yet."""
        block = self.blocks.get(name)
        if block is None:
            capacity = min(self._capacity, SIGNALS_KEPT) if name == "signals" else self._capacity
            block = self.blocks[name] = SeriesBlock(columns, capacity=capacity)
        return block

    @property
    def span_ns(self) -> tuple[int, int]:
        """First and last moment over all series; (0, 0) when empty."""
        spans = [block.span_ns for block in self.blocks.values() if len(block)]
        return (min(span[0] for span in spans), max(span[1] for span in spans)) if spans else (0, 0)

    def _laid_out(self) -> tuple[Lane, ...]:
        """All lanes, from perception and policy down to the motors, as a diagnosis reads them."""
        first, *others = policy_lanes(beside=self._beside)
        signals = signal_lanes(self._names, pulled=self._pulled)
        pulls, alone = signals[: int(self._pulled)], signals[int(self._pulled) :]
        return (first, *pulls, *others, *machine_lanes(self._joints, self._cell), *alone)

    def _adopt(self, cell: CellDescription) -> None:
        self._cell = cell
        joints = len(cell.robot.joints)
        if joints != self._joints:
            self.blocks.pop("robot", None)
            self._joints = joints
        self.lanes = self._laid_out()

    def _take_message(self, arrival: Arrival) -> None:
        if arrival.topic == "control":
            self._note_silence(arrival.message.stamp_ns)
            self._note_mode(arrival.message)
        for name, reader in self._readers[arrival.topic].items():
            row = reader(arrival.message)
            self._look_at(name, np.array([row]), names_of(reader))
            block = self.block(name, len(row))
            if len(row) == block.columns:
                block.append(arrival.message.stamp_ns, row)

    def _take_samples(self, name: str, samples: Samples) -> None:
        self._look_at(name, samples.rows, samples.names)
        if name == "control":
            self.mode_heard_ns = max(self.mode_heard_ns, int(samples.stamps_ns[-1]))
        block = self.block(name, samples.rows.shape[1])
        if samples.rows.shape[1] == block.columns:
            block.extend(samples.stamps_ns, samples.rows)

    def _look_at(self, name: str, rows: NDArray[np.float64], names: tuple[str, ...]) -> None:
        """Another arm, a limit, a shadow or a signal: each has lanes of its own from when it is first heard of."""
        before = (self._joints, self._beside, self._names, self._pulled)
        if name == "robot" and name not in self.blocks and rows.shape[1] != columns_of(name, self._joints):
            self._joints = rows.shape[1] // 2
        if name == "policy" and not self._beside:
            self._beside = bool(np.isfinite(rows[:, BESIDE]).any())
        if name == "signals":
            self._names = names
            pulls = rows[:, MOST_SIGNALS:]
            self._pulled = self._pulled or bool((np.isfinite(pulls) & (pulls != 0.0)).any())
        if before != (self._joints, self._beside, self._names, self._pulled):
            self.lanes = self._laid_out()

    def _note_silence(self, stamp_ns: int) -> None:
        if self.spans and self.mode_heard_ns and stamp_ns - self.mode_heard_ns > OLD_NS["control"]:
            self.spans.append(ModeSpan(None, self.mode_heard_ns, "not heard"))
        self.mode_heard_ns = max(stamp_ns, self.mode_heard_ns)

    def _note_mode(self, control: ControlState) -> None:
        if self.spans and self.spans[-1].mode is control.mode:
            return
        if self.spans and control.stamp_ns < self.spans[-1].begin_ns:
            return
        self.spans.append(ModeSpan(control.mode, control.stamp_ns, control.mode_reason))
