"""A named array in shared memory, newest value, for what only two or three processes exchange."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from runtime.link.session import SessionFolder
from runtime.link.shared import SharedBytes

_STAMP = struct.Struct("=q")


@dataclass(frozen=True, slots=True, eq=False)
class StampedArray:
    """One value of an `ArrayBlock`."""

    stamp_ns: int
    values: NDArray[np.float64]


class ArrayBlock:
    """float64 values of a fixed shape with a stamp; one process writes, others read."""

    def __init__(self, memory: SharedBytes, shape: tuple[int, ...]) -> None:
        """Use `create` or `attach`."""
        self._memory = memory
        self._shape = shape
        self._buffer = bytearray(_size(shape))
        self._values = np.frombuffer(self._buffer, dtype=np.float64, offset=_STAMP.size).reshape(shape)

    @classmethod
    def create(cls, session: SessionFolder, name: str, *, shape: tuple[int, ...]) -> Self:
        """Make the block of a new session."""
        return cls(SharedBytes.create(session.block(name), size=_size(shape), layout=_layout(name, shape)), shape)

    @classmethod
    def attach(cls, session: SessionFolder, name: str, *, shape: tuple[int, ...]) -> Self:
        """Join the block. Raises `BlockTrouble`, also when the shape differs."""
        return cls(SharedBytes.attach(session.block(name), size=_size(shape), layout=_layout(name, shape)), shape)

    @property
    def count(self) -> int:
        """How many values were written since the session began."""
        return self._memory.count

    def write(self, values: NDArray[np.float64], *, stamp_ns: int) -> None:
        """Publish. Raises `ValueError` when the shape differs."""
        if values.shape != self._shape:
            raise ValueError(f"array of shape {values.shape}, block of shape {self._shape}")
        _STAMP.pack_into(self._buffer, 0, stamp_ns)
        self._values[...] = values
        self._memory.write(self._buffer)

    def read(self) -> StampedArray | None:
        """The newest value as an array of its own; None before the first one."""
        content = self._memory.read()
        if content is None:
            return None
        values = np.frombuffer(content, dtype=np.float64, offset=_STAMP.size).reshape(self._shape)
        return StampedArray(_STAMP.unpack_from(content)[0], values)

    def close(self) -> None:
        """Unmap."""
        self._memory.close()


def _size(shape: tuple[int, ...]) -> int:
    return _STAMP.size + 8 * math.prod(shape)


def _layout(name: str, shape: tuple[int, ...]) -> str:
    return f"array {name} {shape}"
