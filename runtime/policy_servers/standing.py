"""How a line to a server stands, how patient it is, and what it compares before motion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from runtime.policy_servers.exchange import Answer, Look, Mismatch, Offer


class Phase(Enum):
    """How the line stands."""

    CONNECTING = "connecting"
    CHECKING = "checking"
    READY = "connected"
    REFUSED = "refused"
    AWAY = "no connection"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Standing:
    """The line at one moment, for a person and for a decision."""

    phase: Phase
    trouble: str = ""
    """Why there is no connection, or what went wrong last; empty once the server answers."""

    mismatches: tuple[Mismatch, ...] = ()
    server: str = ""
    """What the server says that it is."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long each thing may take, in seconds."""

    connect_s: float = 3.0
    first_reply_s: float = 60.0
    reply_s: float = 0.09


@dataclass(frozen=True, slots=True)
class Checks:
    """What is compared before motion; each gives what does not fit."""

    offer: Callable[[Offer], tuple[Mismatch, ...]]
    answer: Callable[[Answer, Look], tuple[Mismatch, ...]]
    latency: Callable[[float], tuple[Mismatch, ...]]
