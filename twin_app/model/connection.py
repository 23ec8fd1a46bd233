"""Whether the runtime still speaks, process by process; old news must look old."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from runtime.messages.topics import BY_NAME

SILENCE_LIMIT_NS = 1_000_000_000
"""A process that publishes at 5 Hz or more and was not heard for this long counts as lost."""

WATCHED = ("supervisor", "control", "planner", "cameras")


class Contact(Enum):
    """How the console stands with a process of the runtime."""

    NEVER = "never heard"
    HEARD = "heard"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Connection:
    """Contact with every process that the console listens to."""

    contact: Mapping[str, Contact]
    heard_ns: Mapping[str, int]
    """Newest message of each process; absent when never heard."""

    gaps: int = 0
    """Messages lost on the way, over all topics."""

    restored_ns: int = 0
    """When contact with the supervisor came back last; 0 when it was never lost."""

    lost_for_s: float = 0.0
    """How long the newest loss lasted, until it was restored."""

    ticks: int = -1
    """Newest tick count of the fast loop; -1 before it was heard."""

    ticked_ns: int = 0
    """When that count last changed; 0 before it was heard."""

    @property
    def alive(self) -> bool:
        """Whether the supervisor is heard, so that what is shown is the present."""
        return self.contact.get("supervisor", Contact.NEVER) is Contact.HEARD

    @property
    def lost(self) -> tuple[str, ...]:
        """Processes that were heard before and have fallen silent."""
        return tuple(name for name in WATCHED if self.contact.get(name) is Contact.LOST)

    def silent_s(self, process: str, now_ns: int) -> float:
        """Seconds since the process was last heard; 0 when it never was."""
        heard = self.heard_ns.get(process)
        return 0.0 if heard is None else max(0.0, (now_ns - heard) * 1e-9)


UNCONNECTED = Connection(contact={}, heard_ns={})


def heard(connection: Connection, news: Mapping[str, int], *, now_ns: int, gaps: int, ticks: int = -1) -> Connection:
    """Contact after the newest arrival of each process (`news`: process -> moment) and the passing of time.

    `ticks`: the fast loop's newest count, -1 while unknown. A loop that waits for a dead arm may report and not count.
    """
    heard_ns = {**connection.heard_ns, **news}
    contact = {
        name: Contact.NEVER
        if name not in heard_ns
        else Contact.HEARD
        if now_ns - heard_ns[name] <= SILENCE_LIMIT_NS
        else Contact.LOST
        for name in WATCHED
    }
    restored_ns, lost_for_s = connection.restored_ns, connection.lost_for_s
    if connection.contact.get("supervisor") is Contact.LOST and contact["supervisor"] is Contact.HEARD:
        restored_ns = now_ns
        lost_for_s = (now_ns - connection.heard_ns["supervisor"]) * 1e-9
    ticked_ns = now_ns if ticks != connection.ticks else connection.ticked_ns
    return Connection(contact, heard_ns, gaps, restored_ns, lost_for_s, ticks, ticked_ns)


def writer_of(topic: str) -> str:
    """The process that publishes a topic; empty for one that is in no table."""
    entry = BY_NAME.get(topic)
    return entry.writer if entry else ""
