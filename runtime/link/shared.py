"""Shared-memory blocks between processes: one writer, any readers, newest value, no waiting on either side.

A block is a file in the session folder, mapped into memory. It holds a few slots; the writer fills the slot
after the newest one and only then publishes its number, so a reader copies a finished slot while the writer is
elsewhere. Number and checksum of a slot are checked after copying: whatever the order in which a machine's
memory shows the writes, a torn copy is noticed and read again. A writer that dies in the middle leaves the
last finished value readable.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import struct
from pathlib import Path
from types import TracebackType
from typing import Self
from zlib import crc32

from runtime.link.session import SessionTrouble

_MAGIC = 0x6365_6C6C_7477_696E
_SLOTS = 4
_HEADER_BYTES = 64
_NEWEST = 2
"""Index of the word that holds the number of the newest finished value; 0 and 1 are magic and layout."""

_SLOT_HEAD = struct.Struct("=QQ")
"""Number of the value, checksum."""

_TRIES = 8


class BlockTrouble(SessionTrouble):
    """A shared-memory block is missing or was made by another version."""


class SharedBytes:
    """Fixed-size bytes in a block. Not for several threads; each process has its own object."""

    def __init__(self, path: Path, size: int, layout: str, mapping: mmap.mmap) -> None:
        """Use `create` or `attach`."""
        self.path = path
        self.size = size
        self.layout = layout
        self._mapping = mapping
        self._memory = memoryview(mapping)
        self._words = self._memory[:_HEADER_BYTES].cast("Q")
        self._stride = _stride(size)
        self._slots = [
            self._memory[start + _SLOT_HEAD.size : start + _SLOT_HEAD.size + size]
            for start in (_HEADER_BYTES + index * self._stride for index in range(_SLOTS))
        ]
        self._identity = _identity(path)

    @classmethod
    def create(cls, path: Path, *, size: int, layout: str) -> Self:
        """Make the block anew; `layout` names content and version, and must be equal for all who attach."""
        draft = path.with_suffix(".draft")
        total = _HEADER_BYTES + _SLOTS * _stride(size)
        try:
            mapping = _make(draft, total)
        except OSError as trouble:
            raise BlockTrouble(
                f"{path} cannot be made ({total} bytes): {trouble.strerror}", remedy="free some memory in its folder"
            ) from trouble
        struct.pack_into("=QQQ", mapping, 0, _MAGIC, _fingerprint(layout, size), 0)
        draft.replace(path)
        return cls(path, size, layout, mapping)

    @classmethod
    def attach(cls, path: Path, *, size: int, layout: str) -> Self:
        """Map an existing block. Raises `BlockTrouble` when there is none or its layout differs."""
        total = _HEADER_BYTES + _SLOTS * _stride(size)
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError as trouble:
            raise BlockTrouble(
                f"{path} cannot be opened: {trouble.strerror}", remedy="is the cell running?"
            ) from trouble
        try:
            if os.fstat(descriptor).st_size != total:
                raise BlockTrouble(f"{path} is no block of {layout}: its size differs", remedy=_RESTART)
            mapping = mmap.mmap(descriptor, total)
        finally:
            os.close(descriptor)
        magic, fingerprint = struct.unpack_from("=QQ", mapping, 0)
        if magic != _MAGIC or fingerprint != _fingerprint(layout, size):
            mapping.close()
            raise BlockTrouble(f"{path} is no block of {layout}: its layout differs", remedy=_RESTART)
        return cls(path, size, layout, mapping)

    @property
    def count(self) -> int:
        """How many values were written since the block was made; 0: none yet."""
        return self._words[_NEWEST]

    def write(self, content: bytes | bytearray | memoryview) -> None:
        """Publish a value of exactly `size` bytes. Only one process may write."""
        number = self._words[_NEWEST] + 1
        index = number % _SLOTS
        start = _HEADER_BYTES + index * self._stride
        _SLOT_HEAD.pack_into(self._mapping, start, 0, 0)
        self._slots[index][:] = content
        _SLOT_HEAD.pack_into(self._mapping, start, number, crc32(content))
        self._words[_NEWEST] = number

    def read(self) -> bytearray | None:
        """The newest finished value as a copy of one's own; None when none was written yet."""
        for _ in range(_TRIES):
            number = self._words[_NEWEST]
            if number == 0:
                return None
            content = self._copy(number)
            if content is not None:
                return content
        # the writer laps us again and again, or died while it wrapped: any older finished value will do
        for number in range(self._words[_NEWEST], 0, -1)[:_SLOTS]:
            content = self._copy(number)
            if content is not None:
                return content
        return None

    def _copy(self, number: int) -> bytearray | None:
        index = number % _SLOTS
        content = bytearray(self._slots[index])
        written, checksum = _SLOT_HEAD.unpack_from(self._mapping, _HEADER_BYTES + index * self._stride)
        return content if written == number and checksum == crc32(content) else None

    def is_current(self) -> bool:
        """Whether the file is still the one in the folder; False after the session was made anew."""
        return self._identity is not None and _identity(self.path) == self._identity

    def close(self) -> None:
        """Unmap. The file belongs to the session folder and goes with it."""
        for slot in self._slots:
            slot.release()
        self._slots = []
        self._words.release()
        self._memory.release()
        self._mapping.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


_RESTART = "another version of this program made it: end all its processes and start again"


def _make(path: Path, size: int) -> mmap.mmap:
    """A new file of this size, all of it really there, mapped."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        os.posix_fallocate(descriptor, 0, size)
        return mmap.mmap(descriptor, size)
    finally:
        os.close(descriptor)


def _stride(size: int) -> int:
    """Bytes from one slot to the next, a whole number of cache lines."""
    return (_SLOT_HEAD.size + size + 63) // 64 * 64


def _fingerprint(layout: str, size: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{layout}:{size}:{_SLOTS}".encode()).digest()[:8], "little")


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        about = path.stat()
    except OSError:
        return None
    return about.st_dev, about.st_ino
