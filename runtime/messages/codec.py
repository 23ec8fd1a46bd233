"""Messages to bytes and back: msgpack, validated on the way in."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

import msgspec

SCHEMA_VERSION = 1
"""Raised whenever a record changes in a way that an older reader would misread."""

T = TypeVar("T")
_ENCODER = msgspec.msgpack.Encoder()


class MalformedMessage(ValueError):
    """Bytes that are no message of the expected type; the text names field and reason."""


NOT_DECODED = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bytes from elsewhere: another kind or shape, no UTF-8, or nested without end."""


@cache
def _decoder(kind: Any) -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(kind)


def encode(message: msgspec.Struct) -> bytes:
    """One record as msgpack bytes."""
    return _ENCODER.encode(message)


def decode(data: bytes | memoryview, kind: type[T]) -> T:
    """Bytes as a validated record; raises `MalformedMessage`."""
    try:
        return _decoder(kind).decode(data)
    except NOT_DECODED as trouble:
        raise MalformedMessage(f"{kind.__name__}: {trouble}") from trouble
