"""Writes the few kinds of pickles that LeRobot's own ends read, opcode by opcode: no class of theirs is needed here.

Opcodes as in CPython's pickletools, protocol 4. Arrays as numpy 2 pickles them, tensors as torch does.
"""

from __future__ import annotations

import pickle
import struct
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from runtime.policy_servers.arrays import Array

HELPERS = "lerobot.async_inference.helpers"
TORCH_MAGIC, TORCH_PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
_STORAGES = {"float32": "FloatStorage", "float64": "DoubleStorage"}


@dataclass(frozen=True, slots=True)
class Record:
    """An instance of one of LeRobot's dataclasses, by its name there."""

    kind: str
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tensor:
    """An array that arrives as a torch tensor: float32 or float64, on the processor."""

    array: Array


def dump(value: object) -> bytes:
    """The pickle of plain values, arrays, `Tensor`s and `Record`s; raises `TypeError` for anything else."""
    return b"\x80\x04" + _written(value) + b"."


def _written(value: object) -> bytes:
    if value is None or isinstance(value, bool):
        return {None: b"N", True: b"\x88", False: b"\x89"}[value]
    if isinstance(value, int):
        return _whole(value)
    if isinstance(value, float):
        return b"G" + struct.pack(">d", value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bytes):
        return b"B" + struct.pack("<I", len(value)) + value
    if isinstance(value, (list, tuple)):
        return _sequence(cast("list[object] | tuple[object, ...]", value))
    if isinstance(value, dict):
        return _map(cast("dict[object, object]", value))
    if isinstance(value, np.ndarray):
        return _array(cast("Array", value))
    if isinstance(value, Tensor):
        return _tensor(value.array)
    if isinstance(value, Record):
        return _global(HELPERS, value.kind) + b")\x81" + _map(cast("dict[object, object]", value.fields)) + b"b"
    raise TypeError(f"a {type(value).__name__} cannot be sent")


def _whole(value: int) -> bytes:
    if -(2**31) <= value < 2**31:
        return b"J" + struct.pack("<i", value)
    data = value.to_bytes((value.bit_length() + 8) // 8, "little", signed=True)
    return b"\x8a" + bytes([len(data)]) + data


def _text(value: str) -> bytes:
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def _sequence(values: list[object] | tuple[object, ...]) -> bytes:
    content = b"".join(_written(item) for item in values)
    if isinstance(values, tuple):
        return b"(" + content + b"t"
    return b"](" + content + b"e" if values else b"]"


def _map(values: dict[object, object]) -> bytes:
    content = b"".join(_written(key) + _written(item) for key, item in values.items())
    return b"}(" + content + b"u" if values else b"}"


def _global(module: str, name: str) -> bytes:
    return _text(module) + _text(name) + b"\x93"


def _array(array: Array) -> bytes:
    """numpy: an empty array by `_reconstruct`, then its state (version, shape, dtype, order, bytes)."""
    if array.dtype.kind not in "biuf":
        raise TypeError(f"dtype {array.dtype} cannot be sent")
    plain = np.ascontiguousarray(array)
    start = _global("numpy._core.multiarray", "_reconstruct") + _written_call(
        _global("numpy", "ndarray") + _written((0,)) + _written(b"b")
    )
    order = "|" if plain.itemsize == 1 else "<"
    name = plain.dtype.str[1:]
    dtype = (
        _global("numpy", "dtype")
        + _written_call(_text(name) + b"\x89\x88")
        + _written((3, order, None, None, None, -1, -1, 0))
        + b"b"
    )
    little = plain.astype(plain.dtype.newbyteorder("<"), copy=False)
    state = b"(" + _whole(1) + _written(plain.shape) + dtype + b"\x89" + _written(little.tobytes()) + b"t"
    return start + state + b"b"


def _written_call(arguments: bytes) -> bytes:
    return b"(" + arguments + b"tR"


def _tensor(array: Array) -> bytes:
    """torch: `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks)`, the tensor contiguous."""
    plain = np.ascontiguousarray(array)
    strides = tuple(step // plain.itemsize for step in plain.strides)
    storage = _global("torch.storage", "_load_from_bytes") + _written_call(_written(_storage(plain)))
    hooks = _global("collections", "OrderedDict") + b")R"
    arguments = storage + _whole(0) + _written(plain.shape) + _written(strides) + b"\x89" + hooks
    return _global("torch._utils", "_rebuild_tensor_v2") + _written_call(arguments)


def _storage(array: Array) -> bytes:
    """One storage in torch's old serialization."""
    if array.dtype.name not in _STORAGES:
        raise TypeError(f"dtype {array.dtype} cannot be sent as a tensor")
    kind = b"ctorch\n" + _STORAGES[array.dtype.name].encode() + b"\n"
    described = b"\x80\x02(" + _text("storage") + kind + _text("0") + _text("cpu") + _whole(array.size) + b"NtQ."
    about = {"protocol_version": TORCH_PROTOCOL, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}
    return b"".join(
        (
            pickle.dumps(TORCH_MAGIC, protocol=2),
            pickle.dumps(TORCH_PROTOCOL, protocol=2),
            pickle.dumps(about, protocol=2),
            described,
            pickle.dumps(["0"], protocol=2),
            struct.pack("<q", array.size),
            array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes(),
        )
    )
