"""What goes over the line: a look out, an answer back, and what a server says of itself. Free of any protocol."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from runtime.mistakes import printable
from runtime.policy_servers.arrays import Array

Pictures = NDArray[np.uint8]
"""u8[frames, height, width, 3], RGB, the newest frame last."""


@dataclass(frozen=True, slots=True)
class Look:
    """One observation in a server's own terms."""

    number: int
    """Strictly increasing over the life of a line."""

    pictures: dict[str, Pictures]
    states: dict[str, Array]
    prompt: str
    extras: dict[str, Any] | None = None
    """What only our own server is told, as plain values; None for everybody else's."""

    def dried(self) -> Look:
        """The same look, asked before motion: its answer is examined and thrown away."""
        return self if self.extras is None else replace(self, extras={**self.extras, "dry": True})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one look."""

    arrays: dict[str, Array]
    extras: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What our own server says beside the actions; empty from everybody else's. Not examined yet."""

    server_s: float | None = None
    """How long the server says that it took; None where it says nothing."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One thing in which server, mapping and cell do not fit."""

    key: str
    expected: str
    came: str

    def __str__(self) -> str:
        return f"{self.key}: expected {self.expected}, came {self.came}"


@dataclass(frozen=True, slots=True)
class Offer:
    """What a server says of itself before it is asked for anything."""

    words: str = ""
    """For a person."""

    mismatches: tuple[Mismatch, ...] = ()
    """What the protocol itself already shows not to fit."""

    twin: Mapping[str, Any] | None = None
    """What our own server says of its policy and cell; None from everybody else's."""


class ServerTrouble(Exception):
    """The connection is of no use any more; the text says why, for a person."""

    def __init__(self, words: str) -> None:
        super().__init__(printable(words))


class TooLate(ServerTrouble):
    """Nothing came in the time that was given."""


class LookRefused(ServerTrouble):
    """The server itself says that it could not answer a look, or what it gave instead of an answer."""


class Transport(Protocol):
    """One connection. Whatever goes wrong raises `ServerTrouble`, and the connection is closed and not used again."""

    def open(self, *, timeout_s: float) -> Offer:
        """Connect, ask for the server's health and what it says of itself."""
        ...

    def ask(self, look: Look, *, timeout_s: float) -> Answer:
        """Send one look and wait for its answer, never for longer than this."""
        ...

    def rest(self) -> None:
        """Called about once a second while there is nothing to ask: notice a server that has gone."""
        ...

    def close(self) -> None:
        """Let go of everything, at once."""
        ...


OpenTransport = Callable[[threading.Event], Transport]
"""Makes a new connection, not opened yet. Once the event is set, nothing is waited for any more."""

SLICE_S = 0.1


class Deadline:
    """A wait in slices: for so long at most, and no longer than somebody wants to close."""

    def __init__(self, timeout_s: float, closing: threading.Event) -> None:
        self._timeout_s = timeout_s
        self._ends_s = time.monotonic() + timeout_s
        self._closing = closing

    def slice_s(self) -> float:
        """How long to wait next; raises `ServerTrouble` when it is over."""
        if self._closing.is_set():
            raise ServerTrouble("being closed")
        left_s = self._ends_s - time.monotonic()
        if left_s <= 0.0:
            raise TooLate(f"no answer within {self._timeout_s * 1e3:.0f} ms")
        return min(left_s, SLICE_S)

    def left_s(self) -> float:
        """What is left of it, for what cannot be sliced; raises `ServerTrouble` when nothing is."""
        self.slice_s()
        return max(0.001, self._ends_s - time.monotonic())
