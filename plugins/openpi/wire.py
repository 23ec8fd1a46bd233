"""openpi's bytes: msgpack maps in which an array is a map with *bin* keys. Not the msgpack-numpy package's format."""

from __future__ import annotations

from typing import Any, cast

import msgpack
import numpy as np

from runtime.policy_servers.arrays import Array, NoArray, array_of, shape_of
from runtime.policy_servers.exchange import ServerTrouble
from runtime.policy_servers.value_count import MOST_IN_ONE, ValueCount

ARRAY, SCALAR = b"__ndarray__", b"__npgeneric__"
DATA, DTYPE, SHAPE = b"data", b"dtype", b"shape"


def pack(message: dict[str, Any]) -> bytes:
    """A map of plain values and arrays as one frame."""
    return cast("bytes", msgpack.packb(message, default=_plain))


def unpack(frame: bytes) -> dict[str, Any]:
    """One frame as a map; raises `ServerTrouble` for everything that openpi does not send."""
    count = ValueCount(_array)
    try:
        message = msgpack.unpackb(
            frame,
            object_hook=count.take_map,
            list_hook=count.take_list,
            max_array_len=MOST_IN_ONE,
            max_map_len=MOST_IN_ONE,
        )
    except NoArray as trouble:
        raise ServerTrouble(f"an array of the server's is refused: {trouble}") from trouble
    except (ValueError, TypeError, RecursionError, msgpack.exceptions.UnpackException) as trouble:
        raise ServerTrouble(f"the server speaks another dialect: no msgpack ({str(trouble)[:120]})") from trouble
    if not isinstance(message, dict):
        raise ServerTrouble(f"the server speaks another dialect: a {type(message).__name__} instead of a map")
    strange = [key for key in message if not isinstance(key, str)]
    if strange:
        raise ServerTrouble(f"the server speaks another dialect: key {strange[0]!r:.60} is no text")
    return cast("dict[str, Any]", message)


def _plain(value: object) -> dict[bytes, Any]:
    if isinstance(value, np.ndarray):
        array = cast("Array", value)
        if array.dtype.kind not in "biuf":
            raise TypeError(f"dtype {array.dtype} cannot be sent")
        return {ARRAY: True, DATA: array.tobytes(), DTYPE: array.dtype.str, SHAPE: array.shape}
    if isinstance(value, np.generic):
        return {SCALAR: True, DATA: value.item(), DTYPE: value.dtype.str}
    raise TypeError(f"a {type(value).__name__} cannot be sent")


def _array(values: dict[Any, Any]) -> object:
    """An array or scalar out of its map; every other map as it is."""
    if ARRAY in values:
        data, dtype = values.get(DATA), values.get(DTYPE)
        if not isinstance(data, bytes) or not isinstance(dtype, (str, bytes)):
            raise NoArray("an array without data or dtype")
        return array_of(data, dtype=_text(dtype), shape=shape_of(values.get(SHAPE)))
    if SCALAR in values:
        value, dtype = values.get(DATA), values.get(DTYPE)
        if isinstance(value, (bool, int, float)) and isinstance(dtype, (str, bytes)):
            return value
        raise NoArray(f"a scalar of type {type(value).__name__}")
    return values


def _text(dtype: str | bytes) -> str:
    return dtype if isinstance(dtype, str) else dtype.decode("ascii", "replace")
