"""Between the thread that listens and the thread that paints: newest per topic, bounded, never waiting."""

from __future__ import annotations

import threading
from collections import deque

from runtime.messages.topics import BY_NAME, Keep
from twin_app.model.arrival import Arrival

SAMPLED = frozenset({"robot", "control", "policy"})
"""Topics whose every message the trends want, although a reader may skip to the newest."""

MOST_KEPT = 4_000
"""Arrivals kept for a window that does not collect, e.g. while it is hidden; the oldest go first."""


class Inbox:
    """One thread puts, another takes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest: dict[str, Arrival] = {}
        self._every: deque[Arrival] = deque(maxlen=MOST_KEPT)
        self.dropped = 0
        """Arrivals that were pushed out because nobody took them."""

    def put(self, arrival: Arrival) -> None:
        """Keep an arrival until it is taken, or until a newer one of a newest-only topic replaces it."""
        with self._lock:
            if _wanted_all(arrival.topic):
                self.dropped += len(self._every) == MOST_KEPT
                self._every.append(arrival)
            else:
                self._newest[arrival.topic] = arrival

    def take(self) -> tuple[Arrival, ...]:
        """Everything kept, in order of arrival; the inbox is empty afterwards."""
        with self._lock:
            newest, self._newest = self._newest, {}
            every = tuple(self._every)
            self._every.clear()
        return tuple(sorted((*every, *newest.values()), key=lambda arrival: arrival.received_ns))


def _wanted_all(topic: str) -> bool:
    entry = BY_NAME.get(topic)
    return topic in SAMPLED or entry is None or entry.keep is Keep.EVERY
