"""The four messages of `transport.AsyncInference` as protobuf bytes, written and read by hand: they are that small.

PolicySetup and Actions: `bytes data = 1`. Observation: `TransferState transfer_state = 1; bytes data = 2`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from runtime.policy_servers.arrays import LARGEST_BYTES
from runtime.policy_servers.exchange import ServerTrouble

SERVICE = "transport.AsyncInference"
PIECE_BYTES = 2 * 1024 * 1024
EMPTY = b""
_VARINT, _I64, _LEN, _I32 = 0, 1, 2, 5
_FIXED = {_I64: 8, _I32: 4}


class TransferState(IntEnum):
    """Which piece of a payload a message is."""

    UNKNOWN = 0
    BEGIN = 1
    MIDDLE = 2
    END = 3


@dataclass(frozen=True, slots=True)
class Piece:
    """One message of the observation stream."""

    state: TransferState
    data: bytes


def payload_message(data: bytes) -> bytes:
    """PolicySetup or Actions."""
    return b"\x0a" + _varint(len(data)) + data if data else EMPTY


def payload_of(message: bytes) -> bytes:
    """The field `data` of PolicySetup or Actions; empty when it is not there. Raises `ServerTrouble`."""
    data = _fields(message).get(1, b"")
    if not isinstance(data, bytes):
        raise ServerTrouble("another dialect: field 1 of the message holds no bytes")
    return data


def pieces(data: bytes) -> Iterator[Piece]:
    """A payload in pieces of at most 2 MiB; a single one is an END."""
    starts = range(0, max(1, len(data)), PIECE_BYTES)
    for start in starts:
        last = start + PIECE_BYTES >= len(data)
        state = TransferState.END if last else TransferState.BEGIN if start == 0 else TransferState.MIDDLE
        yield Piece(state, data[start : start + PIECE_BYTES])


def piece_message(piece: Piece) -> bytes:
    """One Observation."""
    state = b"\x08" + _varint(piece.state) if piece.state else b""
    return state + (b"\x12" + _varint(len(piece.data)) + piece.data if piece.data else b"")


def piece_of(message: bytes) -> Piece:
    """One Observation read; raises `ServerTrouble`."""
    fields = _fields(message)
    state, data = fields.get(1, 0), fields.get(2, b"")
    if not isinstance(state, int) or state not in TransferState._value2member_map_ or not isinstance(data, bytes):
        raise ServerTrouble("another dialect: no Observation message")
    return Piece(TransferState(state), data)


def joined(stream: Iterable[Piece]) -> bytes:
    """The payload of a stream of pieces; raises `ServerTrouble` for one that is too large or has no end."""
    came = bytearray()
    for piece in stream:
        if piece.state is TransferState.BEGIN:
            came.clear()
        came += piece.data
        if len(came) > LARGEST_BYTES:
            raise ServerTrouble(f"a payload of more than {LARGEST_BYTES} bytes is refused")
        if piece.state is TransferState.END:
            return bytes(came)
    raise ServerTrouble("a payload without an end")


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _fields(message: bytes) -> dict[int, int | bytes]:
    """Last value of every field; unknown ones are read over."""
    found: dict[int, int | bytes] = {}
    at = 0
    while at < len(message):
        tag, at = _read_varint(message, at)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            found[number], at = _read_varint(message, at)
            continue
        if kind == _LEN:
            length, at = _read_varint(message, at)
        elif kind in _FIXED:
            length = _FIXED[kind]
        else:
            raise ServerTrouble(f"another dialect: protobuf wire type {kind}")
        if at + length > len(message):
            raise ServerTrouble("a message that is cut off")
        found[number] = message[at : at + length]
        at += length
    return found


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 64, 7):
        if at >= len(message):
            break
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ServerTrouble("a message that is cut off")
