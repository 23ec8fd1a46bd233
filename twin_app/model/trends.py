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
from twin_app.model.lanes import BESIDE, Lane, columns_of, lanes_for, readers
from twin_app.model.series import SeriesBlock

CAPACITY = 100_000
"""Samples kept of each series; at 100 Hz this is 16 minutes."""

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
        self._readers = readers()
        self._joints = len(self._cell.robot.joints) if self._cell else 7
        self.lanes: tuple[Lane, ...] = lanes_for(self._joints, self._cell, beside=self._beside)

    def feed(self, arrivals: Iterable[Arrival]) -> None:
        """Take what has arrived, in order."""
        for arrival in arrivals:
            if isinstance(arrival.message, Samples):
                self._take_samples(arrival.topic, arrival.message)
            elif arrival.topic in self._readers:
                self._sample(arrival)
            elif arrival.topic == "modes":
                self._note_mode(arrival.message)
            elif arrival.topic == "events":
                self.marks.append(arrival.message)
            elif arrival.topic == "cell" and arrival.message != self._cell:
                self._adopt(arrival.message)

    def block(self, topic: str, columns: int) -> SeriesBlock:
        """The block of a topic, made when it is not there yet."""
        block = self.blocks.get(topic)
        if block is None:
            block = self.blocks[topic] = SeriesBlock(columns, capacity=self._capacity)
        return block

    @property
    def span_ns(self) -> tuple[int, int]:
        """First and last moment over all series; (0, 0) when empty."""
        spans = [block.span_ns for block in self.blocks.values() if len(block)]
        return (min(span[0] for span in spans), max(span[1] for span in spans)) if spans else (0, 0)

    def _adopt(self, cell: CellDescription) -> None:
        self._cell = cell
        joints = len(cell.robot.joints)
        if joints != self._joints:
            self.blocks.pop("robot", None)
            self._joints = joints
        self.lanes = lanes_for(joints, cell, beside=self._beside)

    def _sample(self, arrival: Arrival) -> None:
        row = self._readers[arrival.topic](arrival.message)
        if arrival.topic == "control":
            self._note_silence(arrival.message.stamp_ns)
            self._note_mode(arrival.message)
        if (
            arrival.topic == "robot"
            and arrival.topic not in self.blocks
            and len(row) != columns_of("robot", self._joints)
        ):
            self._joints = len(row) // 2
            self.lanes = lanes_for(self._joints, self._cell, beside=self._beside)
        if arrival.topic == "policy" and not self._beside:
            self._look_beside(np.array([row]))
        block = self.block(arrival.topic, len(row))
        if len(row) == block.columns:
            block.append(arrival.message.stamp_ns, row)

    def _take_samples(self, topic: str, samples: Samples) -> None:
        columns = samples.rows.shape[1]
        if topic == "robot" and topic not in self.blocks and columns != columns_of(topic, self._joints):
            self._joints = columns // 2
            self.lanes = lanes_for(self._joints, self._cell, beside=self._beside)
        if topic == "policy" and not self._beside:
            self._look_beside(samples.rows)
        if topic == "control":
            self.mode_heard_ns = max(self.mode_heard_ns, int(samples.stamps_ns[-1]))
        block = self.block(topic, columns)
        if columns == block.columns:
            block.extend(samples.stamps_ns, samples.rows)

    def _look_beside(self, rows: NDArray[np.float64]) -> None:
        """A limit or a shadow has lines of its own, from when one is first heard of."""
        if np.isfinite(rows[:, BESIDE]).any():
            self._beside = True
            self.lanes = lanes_for(self._joints, self._cell, beside=True)

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
