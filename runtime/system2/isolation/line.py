"""The line between planner and policy worker: small typed records in msgpack over a pair of sockets."""

from __future__ import annotations

import socket
import struct
from typing import TypeVar

import msgspec
from msgspec import Struct

from runtime.ports import Proposal
from runtime.system2.runner import Opening

LARGEST_BYTES = 4 * 1024 * 1024
"""Of one record; a worker that says more talks nonsense."""

_LENGTH = struct.Struct("=I")
_CHUNK = 256 * 1024


class LineTrouble(Exception):
    """What came is no record, or the other end is gone; the text says which."""


class Look(Struct, frozen=True, tag="look"):
    """To the worker: the observation on the board is to be answered."""

    number: int
    opening: Opening


class Built(Struct, frozen=True, tag="built"):
    """From the worker: the policy is there; why not, where it is not."""

    trouble: str = ""


class Spoken(Struct, frozen=True, tag="spoken"):
    """From the worker: what the policy answered, checked there already; or why it did not."""

    number: int
    proposal: Proposal | None
    trouble: str = ""


FromWorker = Built | Spoken

_ENCODER = msgspec.msgpack.Encoder()
_FROM_WORKER = msgspec.msgpack.Decoder(FromWorker)
_TO_WORKER = msgspec.msgpack.Decoder(Look)
T = TypeVar("T")


class Line:
    """One end. The planner's never waits, the worker's does."""

    def __init__(self, end: socket.socket, *, waits: bool) -> None:
        self._socket = end
        self._socket.setblocking(waits)
        self._received = bytearray()
        self._ended = False

    @property
    def descriptor(self) -> int:
        """Readable when something has come; -1 once closed."""
        return self._socket.fileno()

    def send(self, record: Struct) -> None:
        """Send a whole record. Raises `LineTrouble` when the other end is gone or does not take it."""
        body = _ENCODER.encode(record)
        try:
            self._socket.sendall(_LENGTH.pack(len(body)) + body)
        except OSError as trouble:
            raise LineTrouble(f"the line is cut: {trouble.strerror}") from trouble

    def from_worker(self) -> FromWorker | None:
        """The next record of the worker, None when none has come whole. Raises `LineTrouble`."""
        return self._next(_FROM_WORKER)

    def to_worker(self) -> Look:
        """The planner's next question; waits for it. Raises `LineTrouble` when the planner is gone."""
        while (record := self._next(_TO_WORKER)) is None:
            pass
        return record

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _next(self, decoder: msgspec.msgpack.Decoder[T]) -> T | None:
        if (body := self._whole()) is None:
            self._receive()
            body = self._whole()
        if body is None and self._ended:
            raise LineTrouble("the line was closed")
        if body is None:
            return None
        try:
            return decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as trouble:
            raise LineTrouble(f"it sent what is no answer: {trouble}") from trouble

    def _whole(self) -> bytes | None:
        if len(self._received) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(self._received)
        if length > LARGEST_BYTES:
            raise LineTrouble(f"it sent a record of {length} bytes, at most {LARGEST_BYTES} are taken")
        end = _LENGTH.size + length
        if len(self._received) < end:
            return None
        body = bytes(self._received[_LENGTH.size : end])
        del self._received[:end]
        return body

    def _receive(self) -> None:
        """Take what is there; what came before the end is still handed out."""
        try:
            while piece := self._socket.recv(_CHUNK):
                self._received += piece
                if self._socket.getblocking() or len(self._received) > LARGEST_BYTES:
                    return
            self._ended = True
        except BlockingIOError:
            return
        except OSError:
            self._ended = True
