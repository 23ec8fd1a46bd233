"""What stands before every telemetry message on the wire: topic, schema version, sequence, writer and time."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from runtime.messages.codec import SCHEMA_VERSION, MalformedMessage
from runtime.messages.topics import Topic

_HEAD = struct.Struct("<HQQq")
_LONGEST = 96


@dataclass(frozen=True, slots=True)
class Envelope:
    """The first frame: `topic NUL head`, so that a subscription to `topic NUL` matches exactly this topic."""

    topic: str
    schema_version: int
    incarnation: int
    """Monotonic start stamp of the writer: a restarted writer counts anew and has a higher one."""

    sequence: int
    """From 1, for each topic and incarnation."""

    sent_ns: int


def prefix_of(topic: Topic) -> bytes:
    """What to subscribe to for exactly this topic."""
    return topic.name.encode() + b"\0"


def seal(prefix: bytes, *, incarnation: int, sequence: int, sent_ns: int) -> bytes:
    """The first frame of a message; `prefix` from `prefix_of`."""
    return prefix + _HEAD.pack(SCHEMA_VERSION, incarnation, sequence, sent_ns)


def unseal(frame: bytes) -> Envelope:
    """Read a first frame. Raises `MalformedMessage`."""
    name, nul, head = frame[:_LONGEST].partition(b"\0")
    if not nul or len(frame) != len(name) + 1 + _HEAD.size:
        raise MalformedMessage("envelope: no topic, or not of the right length")
    try:
        topic = name.decode("ascii")
    except UnicodeDecodeError as trouble:
        raise MalformedMessage("envelope: the topic is not ASCII") from trouble
    return Envelope(topic, *_HEAD.unpack(head))
