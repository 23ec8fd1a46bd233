"""Reads the pickles of LeRobot's protocol without running anything of them (loading them plainly is CVE-2026-25874).

Nine names are known, and none of them leads to the class it names: each stands for an inert record that is made anew
for every load. What comes out is plain values, arrays, and `Named` records.
"""

from __future__ import annotations

import io
import pickle
import struct
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from plugins.lerobot_async.pickle_bounds import Allowance, Forbidden, check_steps
from runtime.policy_servers.arrays import LARGEST_BYTES, Array, NoArray, array_of
from runtime.policy_servers.exchange import ServerTrouble

HELPERS = "lerobot.async_inference.helpers"
RECORDS = ("TimedAction", "TimedObservation", "RemotePolicyConfig")
_NUMPY = ("numpy", "numpy.core.multiarray", "numpy._core.multiarray", "numpy.core.numeric", "numpy._core.numeric")
_ELEMENTS = {
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "|i1",
    "ByteStorage": "|u1",
    "BoolStorage": "|b1",
}
"""torch's names of storages; bfloat16 has no counterpart here and is refused."""

TORCH_MAGIC, TORCH_PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
"""How a storage in torch's old serialization begins, which is the one inside a pickled tensor."""


class Named:
    """A record of the protocol: its name and fields, inert."""

    kind = ""

    def __init__(self) -> None:
        self.fields: dict[str, Any] = {}

    def __setstate__(self, state: Any) -> None:
        if not isinstance(state, dict) or not all(isinstance(key, str) for key in state):
            raise Forbidden(f"{self.kind}: its state is no map of names")
        self.fields = state


def load(data: bytes) -> Any:
    """Plain values, arrays and `Named` records; raises `ServerTrouble` for everything else."""
    if len(data) > LARGEST_BYTES:
        raise ServerTrouble(f"a pickle of {len(data)} bytes is refused, at most {LARGEST_BYTES}")
    stream, allowance = io.BytesIO(data), Allowance()
    try:
        check_steps(stream)
        return _settled(_Reader(stream, allowance).load(), allowance, depth=0)
    except (Forbidden, NoArray) as refusal:
        raise ServerTrouble(f"a pickle is refused: {refusal}") from refusal
    except (
        pickle.UnpicklingError,
        *(EOFError, ValueError, TypeError, KeyError, IndexError, AttributeError),
        *(RecursionError, MemoryError, OverflowError, ImportError, struct.error),
    ) as trouble:
        raise ServerTrouble(f"no pickle of this protocol: {type(trouble).__name__}: {str(trouble)[:120]}") from trouble


class _Reader(pickle.Unpickler):
    """Knows the nine names; everything else is forbidden by name."""

    def __init__(self, stream: io.BytesIO, allowance: Allowance) -> None:
        super().__init__(stream)
        self._known: dict[tuple[str, str], Any] = {
            **{(HELPERS, name): type(name, (Named,), {"kind": name}) for name in RECORDS},
            ("collections", "OrderedDict"): _Function(dict),
            ("torch._utils", "_rebuild_tensor_v2"): _Function(partial(_tensor, allowance)),
            ("torch.storage", "_load_from_bytes"): _Function(partial(_storage, allowance)),
        }
        for module in _NUMPY:
            self._known[module, "_reconstruct"] = _Function(lambda *_: _PickledArray())
            self._known[module, "_frombuffer"] = _Function(_from_buffer)
            self._known[module, "scalar"] = _Function(_scalar)
            self._known[module, "ndarray"] = _Function(lambda *_: _PickledArray())
            self._known[module, "dtype"] = _Function(lambda name, *_: _PickledType(str(name)))

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        """The stand-in for a name; raises `Forbidden`."""
        try:
            return self._known[module_name, global_name]
        except KeyError:
            raise Forbidden(f"it names {module_name[:80]}.{global_name[:80]}") from None

    def persistent_load(self, pid: Any, /) -> Any:
        """Nothing lies outside of a pickle of this protocol."""
        raise Forbidden("it refers to something outside of itself")


class _Function:
    """A stand-in for a function that a pickle may call."""

    __slots__ = ("_call",)

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call

    def __call__(self, *arguments: Any) -> Any:
        return self._call(*arguments)


class _PickledType:
    """numpy's dtype on its way."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.order = "<"

    def __setstate__(self, state: Any) -> None:
        if not isinstance(state, tuple) or len(state) < 2 or state[1] not in ("<", ">", "|", "="):
            raise Forbidden("a dtype that makes no sense")
        if len(state) > 2 and any(part is not None for part in state[2:5]):
            raise Forbidden("a dtype with fields")
        self.order = state[1]

    @property
    def text(self) -> str:
        return self.name if self.name[:1] in "<>|=" else f"{self.order}{self.name}"


class _PickledArray:
    """An array on its way: never a real one while the pickle is still being read, as that could be told what to be."""

    def __init__(self, array: Array | None = None) -> None:
        self.array = array

    def __setstate__(self, state: Any) -> None:
        _, shape, dtype, fortran, data = state
        if not isinstance(dtype, _PickledType) or not isinstance(shape, tuple) or not isinstance(data, bytes):
            raise Forbidden("an array that holds no plain numbers")
        self.array = array_of(data, dtype=dtype.text, shape=shape, fortran=bool(fortran))


def _from_buffer(data: Any, dtype: Any, shape: Any, order: Any = "C", *_: Any) -> _PickledArray:
    if not isinstance(dtype, _PickledType) or not isinstance(shape, tuple) or not isinstance(data, (bytes, bytearray)):
        raise Forbidden("an array that holds no plain numbers")
    return _PickledArray(array_of(bytes(data), dtype=dtype.text, shape=shape, fortran=order == "F"))


def _scalar(dtype: Any, data: Any = None) -> Any:
    if not isinstance(dtype, _PickledType) or not isinstance(data, bytes):
        raise Forbidden("a scalar that is no plain number")
    return array_of(data, dtype=dtype.text, shape=()).item()


class _Storage:
    """A torch storage: elements without a shape."""

    def __init__(self, elements: Array) -> None:
        self.elements = elements


def _tensor(allowance: Allowance, storage: Any, offset: Any, size: Any, stride: Any, *_: Any) -> _PickledArray:
    """A tensor as an array of its own; every element has to lie inside the storage."""
    if not isinstance(storage, _Storage) or not isinstance(size, tuple) or not isinstance(stride, tuple):
        raise Forbidden("a tensor without a storage")
    whole = all(isinstance(number, int) and number >= 0 for number in (offset, *size, *stride))
    if not whole or len(size) != len(stride) or len(size) > 8:
        raise Forbidden("a tensor whose size or stride makes no sense")
    elements = storage.elements
    if not isinstance(elements, np.ndarray) or elements.ndim != 1:
        raise Forbidden("a storage that was tampered with")
    count = int(np.prod(size, dtype=object)) if size else 1
    last = offset + sum((side - 1) * step for side, step in zip(size, stride, strict=True))
    if count > len(elements) or (count and last >= len(elements)):
        raise Forbidden("a tensor that reaches beyond its storage")
    width = elements.itemsize
    allowance.take_bytes(count * width)
    view = np.lib.stride_tricks.as_strided(elements[offset:], size, [step * width for step in stride], writeable=False)
    return _PickledArray(np.array(view))


def _storage(allowance: Allowance, data: Any) -> _Storage:
    """A storage in torch's old serialization: five pickles, then the number of elements, then the elements."""
    if not isinstance(data, bytes):
        raise Forbidden("a storage that is no bytes")
    allowance.take_bytes(len(data))
    stream = io.BytesIO(data)
    if _next_pickle(stream) != TORCH_MAGIC or _next_pickle(stream) != TORCH_PROTOCOL:
        raise Forbidden("a storage in another serialization than torch's old one")
    about = _next_pickle(stream)
    if not isinstance(about, dict) or about.get("little_endian") is not True:
        raise Forbidden("a storage in another byte order")
    described = _next_pickle(stream)
    if not isinstance(described, _Described):
        raise Forbidden("a storage that is none")
    keys = _next_pickle(stream)
    if keys != [described.key]:
        raise Forbidden("a storage of several parts")
    (count,) = struct.unpack("<q", stream.read(8))
    rest = data[stream.tell() :]
    if count != described.count or not 0 <= count <= LARGEST_BYTES:
        raise Forbidden(f"a storage of {count} elements that says {described.count}")
    return _Storage(array_of(rest, dtype=described.dtype, shape=(count,)))


def _next_pickle(stream: io.BytesIO) -> Any:
    check_steps(stream)
    return _LegacyReader(stream).load()


class _Described:
    """What the persistent id of a storage says."""

    def __init__(self, dtype: str, key: str, count: int) -> None:
        self.dtype, self.key, self.count = dtype, key, count


class _LegacyReader(pickle.Unpickler):
    """One pickle of torch's old serialization: plain values and the description of one storage."""

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        """Storages only, as their names."""
        if module_name in ("torch", "torch.storage") and global_name in _ELEMENTS:
            return _ELEMENTS[global_name]
        raise Forbidden(f"it names {module_name[:80]}.{global_name[:80]}")

    def persistent_load(self, pid: Any, /) -> Any:
        """('storage', kind, key, location, number of elements, None)."""
        if not isinstance(pid, tuple) or len(pid) < 5 or pid[0] != "storage":
            raise Forbidden("a storage described in another way")
        dtype, key, count = pid[1], pid[2], pid[4]
        if dtype not in _ELEMENTS.values() or not isinstance(key, str) or not isinstance(count, int):
            raise Forbidden("a storage described in another way")
        return _Described(dtype, key, count)


def _settled(value: Any, allowance: Allowance, *, depth: int) -> Any:
    """Arrays on their way turned into arrays; whatever is not plain is forbidden."""
    allowance.take_value()
    if depth > 20:
        raise Forbidden("nested too deeply")
    if isinstance(value, _PickledArray):
        if value.array is None:
            raise Forbidden("an array without content")
        return value.array
    if isinstance(value, Named):
        value.fields = {key: _settled(item, allowance, depth=depth + 1) for key, item in value.fields.items()}
        return value
    if isinstance(value, dict):
        return {_plain_key(key): _settled(item, allowance, depth=depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_settled(item, allowance, depth=depth + 1) for item in value]
    if value is None or isinstance(value, (bool, int, float, str, bytes, np.ndarray)):
        return value
    raise Forbidden(f"it holds a {type(value).__name__}")


def _plain_key(key: Any) -> str | int:
    if isinstance(key, (str, int)):
        return key
    raise Forbidden(f"a key that is a {type(key).__name__}")
