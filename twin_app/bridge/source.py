"""Where the console's messages come from and where its wishes go: a live cell or a recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from runtime.messages.requests import Body
from twin_app.model.arrival import Arrival
from twin_app.model.state import Playhead, SourceKind


@dataclass(frozen=True, slots=True)
class Delivery:
    """What has come since the last collection."""

    arrivals: tuple[Arrival, ...]
    now_ns: int
    gaps: int = 0
    playhead: Playhead | None = None
    rewound: bool = False
    """True after a jump in a recording: the state has to be built anew from these arrivals."""


class Transport(Protocol):
    """What a recording offers beyond a live cell: to move about in time."""

    def play(self, *, playing: bool) -> None:
        """Run or hold the playhead."""
        ...

    def seek(self, moment_ns: int) -> None:
        """Put the playhead there; everything shown becomes what was known at that moment."""
        ...

    def step(self, *, forward: bool, fine: bool) -> None:
        """Go to the next or last message of the fast telemetry (fine), or by a tenth of a second."""
        ...

    def set_speed(self, speed: float) -> None:
        """0.1 to 10 times the speed of the cell."""
        ...


class Source(Protocol):
    """One interface for a live cell and for a recording. Called on the GUI thread; no call waits."""

    @property
    def kind(self) -> SourceKind:
        """Live or replay."""
        ...

    @property
    def wall_offset_ns(self) -> int:
        """Wall clock minus the monotonic clock of the messages; 0 when unknown."""
        ...

    @property
    def transport(self) -> Transport | None:
        """How to move about in time; None for a live cell."""
        ...

    def start(self) -> None:
        """Begin to listen."""
        ...

    def collect(self) -> Delivery:
        """Everything since the last call, in order of arrival."""
        ...

    def ask(self, body: Body) -> str:
        """Send a request; returns its id at once. Raises `CommandsImpossible` in a replay."""
        ...

    def stop_now(self, *, ending: bool = False) -> None:
        """Set the stop flag in shared memory, past every queue. Does nothing in a replay."""
        ...

    def close(self) -> None:
        """Stop listening; waits for the thread to end (at most a second)."""
        ...


class CommandsImpossible(RuntimeError):
    """A request was made to a recording."""
