"""GR00T's bytes in their three dialects. Reading takes any of them; writing needs to know which.

D1: Isaac GR00T N1.5. D2: N1.6 and early N1.7. D3: newer N1.7, arrays as the package msgpack-numpy writes them.
"""

from __future__ import annotations

import json
from enum import Enum
from typing import Any, cast

import msgpack
import numpy as np

from runtime.policy_servers.arrays import LARGEST_BYTES, Array, NoArray, array_of, npy_array, npy_bytes, shape_of
from runtime.policy_servers.exchange import LookRefused, ServerTrouble
from runtime.policy_servers.value_count import MOST_IN_ONE, ValueCount

CONFIG_OLD, CONFIG_NEW = "__ModalityConfig_class__", "__ModalityConfig__"
AS_JSON = "as_json"
LONGEST_CONFIG = 64 * 1024
"""In characters, of one modality's configuration as JSON: some names and some whole numbers."""

NPY, AS_NPY = "__ndarray_class__", "as_npy"
ND, TYPE, KIND, SHAPE, DATA = b"nd", b"type", b"kind", b"shape", b"data"


class Dialect(Enum):
    """How arrays, configurations and observations are written."""

    D1 = "N1.5"
    D2 = "N1.6"
    D3 = "N1.7"

    @property
    def flat(self) -> bool:
        """Whether an observation is one flat map instead of a map of maps."""
        return self is Dialect.D1


def pack(message: object, dialect: Dialect) -> bytes:
    """Plain values and arrays as one frame."""
    write = _nd if dialect is Dialect.D3 else _npy
    return cast("bytes", msgpack.packb(message, default=write))


def unpack(frame: bytes) -> Any:  # a map, a list, or whatever a stranger sends
    """One frame as plain values and arrays; raises `ServerTrouble`."""
    if len(frame) > LARGEST_BYTES:
        raise ServerTrouble(f"a frame of {len(frame)} bytes is refused, at most {LARGEST_BYTES}")
    if frame == b"ERROR":
        raise LookRefused("the server failed without a word: is it the right policy server?")
    count = ValueCount(_array)
    try:
        return msgpack.unpackb(
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


def packed_config(config: dict[str, Any], dialect: Dialect) -> dict[str, Any]:
    """One modality's configuration with the marker of its dialect."""
    if dialect is Dialect.D3:
        return {CONFIG_NEW: True, AS_JSON: config}
    return {CONFIG_OLD: True, AS_JSON: json.dumps(config) if dialect is Dialect.D1 else config}


def unpacked_config(value: object) -> tuple[Dialect, dict[str, Any]] | None:
    """Dialect and content of one modality's configuration; None for what is none."""
    if not isinstance(value, dict):
        return None
    values = cast("dict[object, Any]", value)
    content = values.get(AS_JSON, values.get(AS_JSON.encode()))
    if CONFIG_NEW in values or CONFIG_NEW.encode() in values:
        return (Dialect.D3, content) if isinstance(content, dict) else None
    if CONFIG_OLD not in values:
        return None
    if isinstance(content, dict):
        return Dialect.D2, content
    try:
        parsed = json.loads(content) if isinstance(content, str) and len(content) <= LONGEST_CONFIG else None
    except (ValueError, RecursionError):
        return None
    return (Dialect.D1, parsed) if isinstance(parsed, dict) else None


def _npy(value: object) -> dict[str, Any]:
    return {NPY: True, AS_NPY: npy_bytes(_numbers(value))}


def _nd(value: object) -> dict[bytes, Any]:
    array = _numbers(value)
    return {ND: True, TYPE: array.dtype.str, KIND: b"", SHAPE: array.shape, DATA: array.tobytes()}


def _numbers(value: object) -> Array:
    if not isinstance(value, np.ndarray):
        raise TypeError(f"a {type(value).__name__} cannot be sent")
    array = cast("Array", value)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"dtype {array.dtype} cannot be sent")
    return array


def _array(values: dict[Any, Any]) -> object:
    """An array out of its map, in either form; every other map as it is. Never a pickled one."""
    if NPY in values:
        data = values.get(AS_NPY)
        if not isinstance(data, bytes):
            raise NoArray(f"{AS_NPY} is a {type(data).__name__}, must be bytes")
        return npy_array(data)
    is_nd = values.get(ND, values.get("nd"))
    if not is_nd:
        return values
    kind = values.get(KIND, values.get("kind", b""))
    data, dtype = values.get(DATA, values.get("data")), values.get(TYPE, values.get("type"))
    if kind not in (b"", "", None):
        raise NoArray(f"kind {kind!r:.20}, allowed are plain numbers")
    if not isinstance(data, bytes) or not isinstance(dtype, (str, bytes)):
        raise NoArray("an array without data or type")
    text = dtype if isinstance(dtype, str) else dtype.decode("ascii", "replace")
    return array_of(data, dtype=text, shape=shape_of(values.get(SHAPE, values.get("shape"))))
