"""Mode events on their way to the fast loop: one at a time, each until it is acted upon or too old."""

from __future__ import annotations

from collections import deque

from runtime.messages.orders import ModeRequest
from runtime.modes import ModeEvent

DEADLINE_NS = 1_000_000_000
WAITING_LIMIT = 8


class ModeRequests:
    """Keeps order between requests that follow each other closely, e.g. reset and start."""

    def __init__(self, *, first_id: int = 1) -> None:
        self._next_id = first_id
        self._waiting: deque[tuple[int, ModeEvent, str]] = deque()
        self._current: ModeRequest | None = None
        self._asked_ns = 0

    def ask(self, event: ModeEvent, *, reason: str = "") -> int:
        """Line up an event; returns its request id. An event already last in line is not doubled.

        `reason`: what the mode's reason says afterwards.
        """
        if self._waiting and self._waiting[-1][1] is event:
            return self._waiting[-1][0]
        if not self._waiting and self._current is not None and self._current.event == event.name:
            return self._current.request_id
        if len(self._waiting) >= WAITING_LIMIT:
            self._waiting.popleft()
        request_id = self._next_id
        self._next_id += 1
        self._waiting.append((request_id, event, reason))
        return request_id

    def drop_all(self) -> None:
        """A stop overtakes everything that was asked before."""
        self._waiting.clear()
        self._current = None

    def tick(self, *, acted_id: int, now_ns: int) -> ModeRequest | None:
        """What to send now; `acted_id` is the newest id that the fast loop's heartbeat confirms."""
        current = self._current
        if current is not None and (acted_id >= current.request_id or now_ns > current.deadline_ns):
            self._current = None
        if self._current is None and self._waiting:
            request_id, event, reason = self._waiting.popleft()
            self._current = ModeRequest(request_id, event.name, now_ns + DEADLINE_NS, reason)
        return self._current
