"""Arrays as strangers send them: every claim about type, shape and size is checked before memory is taken."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Sequence
from tokenize import TokenError
from typing import cast

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.generic]
LARGEST_BYTES = 16 * 1024 * 1024
"""Of one array, and of one frame: far beyond a few pictures and any action chunk."""

MOST_DIMENSIONS = 8
_DTYPE = re.compile(r"[<>|=]?(?:b1|[iu][1248]|f[248])|bool|u?int(?:8|16|32|64)|float(?:16|32|64)")
_NPY_HEAD = 10 * 1024


class NoArray(ValueError):
    """Bytes that are no array which this program takes; the text names what was claimed and what is allowed."""


def array_of(data: bytes, *, dtype: str, shape: Sequence[int], fortran: bool = False) -> Array:
    """A read-only array over these bytes, numbers and booleans only."""
    if not _DTYPE.fullmatch(dtype):
        raise NoArray(f"dtype {dtype[:40]!r}, allowed are booleans, integers and floats")
    kind = np.dtype(dtype)
    if len(shape) > MOST_DIMENSIONS:
        raise NoArray(f"{len(shape)} dimensions, at most {MOST_DIMENSIONS}")
    if any(isinstance(side, bool) or not 0 <= side <= LARGEST_BYTES for side in shape):
        raise NoArray(f"shape {list(shape)}, sides must be within 0…{LARGEST_BYTES}")
    claimed = math.prod(shape) * kind.itemsize
    if claimed > LARGEST_BYTES:
        raise NoArray(f"{claimed} bytes, at most {LARGEST_BYTES}")
    if claimed != len(data):
        raise NoArray(f"{dtype}{list(shape)} needs {claimed} bytes, {len(data)} came")
    flat = np.frombuffer(data, dtype=kind)
    return flat.reshape(tuple(shape), order="F" if fortran else "C")


def shape_of(value: object) -> tuple[int, ...]:
    """A list of whole numbers, as a shape; raises `NoArray`."""
    if not isinstance(value, (list, tuple)):
        raise NoArray(f"shape is a {type(value).__name__}, must be a list")
    sides = cast("list[object] | tuple[object, ...]", value)
    if not all(isinstance(side, int) for side in sides):
        raise NoArray("shape holds something that is no whole number")
    return tuple(cast("Sequence[int]", sides))


def npy_array(data: bytes) -> Array:
    """The array in the bytes of an .npy file, header first; pickled content is refused (NumPy's format 1.0 to 3.0)."""
    stream = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(stream)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = read(stream, max_header_size=_NPY_HEAD)
    except (ValueError, OSError, EOFError, SyntaxError, TokenError, TypeError, RecursionError, MemoryError) as trouble:
        raise NoArray(f"no .npy file: {str(trouble)[:120]}") from trouble
    if dtype.hasobject or dtype.names is not None:
        raise NoArray(f"dtype {dtype.str}, allowed are booleans, integers and floats")
    return array_of(data[stream.tell() :], dtype=dtype.str, shape=shape_of(shape), fortran=bool(fortran))


def npy_bytes(array: Array) -> bytes:
    """An array as the bytes of an .npy file."""
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=False)
    return stream.getvalue()


def described(value: object) -> str:
    """Type and shape in words: `float32[8, 7]`, `text`, `map`."""
    if isinstance(value, np.ndarray):
        array = cast("Array", value)
        return f"{array.dtype.name}[{', '.join(map(str, array.shape))}]"
    words = {"str": "text", "dict": "map", "NoneType": "nothing"}
    return words.get(type(value).__name__, type(value).__name__)
