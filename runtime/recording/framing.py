"""An MCAP file as a sequence of whole records, also one that ends in the middle of a record."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import IO

from mcap.data_stream import ReadDataStream

MAGIC = b"\x89MCAP0\r\n"
_HEAD = struct.Struct("<BQ")
_PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record, not yet understood."""

    opcode: int
    content: bytes
    offset: int
    """Of its first byte (the opcode) in the file or chunk."""

    @property
    def end(self) -> int:
        """Offset behind its last byte."""
        return self.offset + _HEAD.size + len(self.content)

    def stream(self) -> ReadDataStream:
        """Its content for the library's record readers."""
        return ReadDataStream(BytesIO(self.content))


def raw_records(stream: IO[bytes], *, offset: int, end: int | None = None) -> Iterator[RawRecord]:
    """Whole records from `offset`, until `end`, the end of the stream, or a record that is cut off."""
    stream.seek(offset)
    while end is None or offset < end:
        head = stream.read(_HEAD.size)
        if len(head) < _HEAD.size:
            return
        opcode, length = _HEAD.unpack(head)
        content = _read_fully(stream, length)
        if opcode == 0 or content is None:
            return  # cut off, or never written: a file system may leave zeros behind
        yield RawRecord(opcode, content, offset)
        offset += _HEAD.size + length


def _read_fully(stream: IO[bytes], length: int) -> bytes | None:
    """Piece by piece, so that a nonsense length allocates no more than the file holds."""
    pieces: list[bytes] = []
    missing = length
    while missing:
        piece = stream.read(min(missing, _PIECE_BYTES))
        if not piece:
            return None
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)
