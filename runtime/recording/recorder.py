"""The recorder as a stage: follows the wish for a recording, writes what arrives, never troubles the cell."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Protocol

import msgspec

from runtime.messages.topics import Topic
from runtime.mistakes import UserMistake
from runtime.recording.facts import Facts
from runtime.recording.writer import RecordingWriter

FLUSH_PERIOD_NS = 1_000_000_000
RESERVE_BYTES = 64 << 20
"""Left free on the disk: the recording ends in good order before a full disk ends it."""


class Arrival(Protocol):
    """One message as the subscriber delivers it; stamps are the cell's monotonic ones."""

    @property
    def topic(self) -> Topic:
        """Line of the topic table."""
        ...

    @property
    def message(self) -> msgspec.Struct:
        """Its record."""
        ...

    @property
    def pixels(self) -> bytes | memoryview | None:
        """With a camera's frame only."""
        ...

    @property
    def sequence(self) -> int:
        """The publisher's count on this topic."""
        ...

    @property
    def sent_ns(self) -> int:
        """By the publisher's stamp."""
        ...

    @property
    def received_ns(self) -> int:
        """By the subscriber."""
        ...


@dataclass(frozen=True, slots=True)
class RecorderState:
    """How the recording stands; goes into the recorder's heartbeat."""

    file: str
    """Being written; empty when none."""

    size_bytes: int
    trouble: str
    """Why the wished recording is not being written, and what to do; empty when it is."""


class Recorder:
    """Writes at most one file at a time. Any trouble ends the recording with its reason and nothing else."""

    def __init__(self, facts: Facts, *, free_bytes: Callable[[Path], int] | None = None) -> None:
        self._facts = facts
        self._free_bytes = free_bytes or free_bytes_at
        self._wish = ""
        self._path: Path | None = None
        self._writer: RecordingWriter | None = None
        self._flush_due_ns = 0
        self._trouble = ""

    @property
    def state(self) -> RecorderState:
        """How it stands now."""
        if self._writer is None:
            return RecorderState("", 0, self._trouble)
        return RecorderState(str(self._path), self._writer.size_bytes, self._trouble)

    def follow(self, wish: str, *, now_ns: int) -> None:
        """Converge on the wished file (empty: none). A wish that failed is not tried again until it changes."""
        if wish == self._wish:
            return
        self.close()
        self._wish = wish
        self._trouble = ""
        if wish:
            self._open(Path(wish), now_ns=now_ns)

    def take(self, arrivals: Iterable[Arrival]) -> None:
        """Write what arrived; nothing is written while no file is open."""
        if self._writer is None:
            return
        for arrival in arrivals:
            self._writer.write(
                arrival.topic,
                arrival.message,
                pixels=arrival.pixels,
                sequence=arrival.sequence,
                sent_ns=arrival.sent_ns,
                received_ns=arrival.received_ns,
            )

    def tick(self, *, now_ns: int) -> None:
        """Flush once a second, and end the recording before the disk is full."""
        if self._writer is None or now_ns < self._flush_due_ns:
            return
        self._flush_due_ns = now_ns + FLUSH_PERIOD_NS
        try:
            self._writer.flush()
            free = self._free_bytes(self._path or Path())
        except OSError as trouble:
            self._give_up(trouble)
            return
        if free < RESERVE_BYTES:
            self.close()
            self._trouble = self._trouble or _disk_full(free)

    def close(self) -> None:
        """End the recording in good order; safe to call at any time."""
        writer, self._writer = self._writer, None
        if writer is None:
            return
        try:
            writer.finish()
        except OSError as trouble:
            self._trouble = _in_words(trouble)

    def _open(self, path: Path, *, now_ns: int) -> None:
        try:
            check_target(path)
            free = self._free_bytes(path)
            if free < RESERVE_BYTES:
                self._trouble = _disk_full(free)
                return
            self._path = unused(path)
            self._writer = RecordingWriter(self._path, self._facts)
            self._writer.flush()
        except UnusableTarget as trouble:
            self._trouble = str(trouble)
            return
        except OSError as trouble:
            self._give_up(trouble)
            return
        self._flush_due_ns = now_ns + FLUSH_PERIOD_NS

    def _give_up(self, trouble: OSError) -> None:
        self._trouble = _in_words(trouble)
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.abandon()


class UnusableTarget(UserMistake):
    """No recording can be written to this path; says why and what to do."""


def check_target(path: Path) -> None:
    """Make the folder of a recording that is wished for and try it; raises `UnusableTarget`."""
    remedy = "give the path of a file in a folder that can be written, e.g. session.mcap"
    if "\0" in str(path):
        raise UnusableTarget(f"{str(path)!r} is no path: it contains a zero character", remedy=remedy)
    try:
        if path.is_dir():
            raise UnusableTarget(f"{path} is a folder, not a file to record to", remedy=remedy)
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=path.parent):
            pass
    except OSError as trouble:
        raise UnusableTarget(f"cannot write {path}: {trouble.strerror}", remedy=remedy) from trouble


def unused(path: Path) -> Path:
    """The path itself, or with a number added when a file is there: a recording is never overwritten."""
    number = 1
    candidate = path
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return candidate


def free_bytes_at(path: Path) -> int:
    """Free space for this user on the disk that holds the path's folder; raises OSError."""
    place = os.statvfs(path.parent)
    return place.f_bavail * place.f_frsize


def _disk_full(free: int) -> str:
    left = f"{free >> 20} MiB left, {RESERVE_BYTES >> 20} MiB are kept free"
    return f"the disk is nearly full ({left}): make room, then start the recording again"


def _in_words(trouble: OSError) -> str:
    return f"cannot write {trouble.filename or 'the recording'}: {trouble.strerror}"
