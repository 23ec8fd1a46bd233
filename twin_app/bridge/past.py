"""The past of a recording as the trends take it: samples in blocks, changes of mode, events, the drawing."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

import numpy as np

from runtime.messages.state import ControlState
from runtime.messages.topics import EVENTS
from runtime.recording.reader import Recorded
from twin_app.model.arrival import Arrival, Samples
from twin_app.model.readers import Reader, Readers, names_of
from twin_app.model.update import EVENTS_KEPT

WHOLE = frozenset({"events", "cell"})
"""Topics whose messages go on as they are."""


class PastReader:
    """Collects a stretch of a recording on the reading thread, so that little is left to do for the window."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers
        self._stamps: dict[str, list[int]] = {}
        self._rows: dict[str, list[list[float]]] = {}
        self._names: dict[str, tuple[str, ...]] = {}
        self._others: list[Arrival] = []
        self._mode: object = None

    def take(self, entry: Recorded) -> None:
        """Keep what the trends want of a message."""
        name, message = entry.topic.name, entry.message
        if name in self._readers:
            for block, reader in self._readers[name].items():
                self._sample(block, reader, message)
        elif name in WHOLE:
            self._others.append(Arrival(name, message, entry.log_ns, historic=True))
        if isinstance(message, ControlState) and message.mode is not self._mode:
            self._mode = message.mode
            self._others.append(Arrival("modes", message, entry.log_ns, historic=True))

    def arrivals(self) -> list[Arrival]:
        """Everything kept."""
        samples = [
            Arrival(name, self._samples(name), stamps[-1], historic=True) for name, stamps in self._stamps.items()
        ]
        return [*self._others, *samples]

    def _sample(self, block: str, reader: Reader, message: Any) -> None:
        row = reader(message)
        rows = self._rows.setdefault(block, [])
        if not rows or len(row) == len(rows[0]):
            rows.append(row)
            self._stamps.setdefault(block, []).append(message.stamp_ns)
            self._names[block] = names_of(reader)

    def _samples(self, block: str) -> Samples:
        stamps = np.array(self._stamps[block], dtype=np.int64)
        return Samples(stamps, np.array(self._rows[block], dtype=np.float64), self._names[block])


class PastEvents:
    """Every event of a recording as far as it has been read: a jump shows them as playing to there would have."""

    def __init__(self) -> None:
        self._events: list[Arrival] = []
        self.read_ns = 0
        """Moment of the newest message that was looked at."""

    def take(self, entry: Recorded) -> None:
        """Keep a message if it is an event; they come in the order of the recording."""
        self.read_ns = entry.log_ns
        if entry.topic is EVENTS:
            self._events.append(Arrival(entry.topic.name, entry.message, entry.log_ns))

    def before(self, moment_ns: int) -> list[Arrival]:
        """The newest of those that came before a moment, in their order, as many as the console keeps."""
        end = bisect_left(self._events, moment_ns, key=lambda arrival: arrival.received_ns)
        return self._events[max(0, end - EVENTS_KEPT) : end]
