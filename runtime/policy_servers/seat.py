"""Who is being served: one client at a time, because a policy has one task in its head.

A client is its TCP connection, spelt as the address of its other end. The seat is free again when that connection
ends, or for the first who comes once its client has asked nothing for a while.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

from runtime.link.peers import is_connected
from runtime.policy_servers.serving import BadRequest

IDLE_S = 5.0
"""A cell asks ten times a second; who is silent for so long is paused, cut off, or has forgotten to close."""


class Occupied(BadRequest):
    """Somebody else is being served; the text says who."""


class Seat:
    """Of one server. Any thread may ask for it."""

    def __init__(
        self,
        *,
        clock_s: Callable[[], float] = time.monotonic,
        is_connected: Callable[[str], bool] = is_connected,
    ) -> None:
        self._clock_s = clock_s
        self._is_connected = is_connected
        self._lock = threading.Lock()
        self._client = ""
        self._asking = 0
        """Requests of the client's that are being worked at."""

        self._last_s = 0.0

    @contextmanager
    def taken_by(self, client: str) -> Generator[None]:
        """While one request of this client's is worked at. Raises `Occupied`."""
        with self._lock:
            if client != self._client:
                if self._is_occupied():
                    raise Occupied(
                        f"already serving {self._client}; one client at a time: "
                        "end that one, or start another server with another --port"
                    )
                self._client, self._asking = client, 0
            self._asking += 1
        try:
            yield
        finally:
            with self._lock:
                if client == self._client:
                    self._asking -= 1
                    self._last_s = self._clock_s()

    def leave(self, client: str) -> None:
        """Its connection is over; a moment before the operating system knows."""
        with self._lock:
            if client == self._client:
                self._client = ""

    def _is_occupied(self) -> bool:
        if not self._client or not self._is_connected(self._client):
            return False
        return self._asking > 0 or self._clock_s() - self._last_s < IDLE_S
