"""A file that grows in whole pieces: what a flush cannot write completely, it takes back."""

from __future__ import annotations

import os
from io import BufferedIOBase
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class AppendFile(BufferedIOBase):
    """Keeps what is written until `flush`, which hands it to the system at once.

    So a killed writer leaves everything up to its last flush, and a full disk leaves everything
    up to the last flush that fitted. Refuses a file that exists (FileExistsError).
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        self._waiting = bytearray()
        self._flushed = 0

    def write(self, data: ReadableBuffer, /) -> int:
        """Append; nothing reaches the disk yet."""
        before = len(self._waiting)
        self._waiting += data
        return len(self._waiting) - before

    def tell(self) -> int:
        """Offset of the next byte."""
        return self._flushed + len(self._waiting)

    def flush(self) -> None:
        """Hand everything to the system; raises OSError, and then the file ends where it ended before."""
        if self.closed or not self._waiting:
            return
        rest = memoryview(bytes(self._waiting))
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError:
            os.ftruncate(self._descriptor, self._flushed)
            os.lseek(self._descriptor, self._flushed, os.SEEK_SET)
            raise
        self._flushed += len(self._waiting)
        self._waiting.clear()

    def abandon(self) -> None:
        """Forget what could not be written, so that closing does not try again."""
        self._waiting.clear()

    def close(self) -> None:
        """Flush, force it onto the disk, close."""
        if self.closed:
            return
        try:
            self.flush()
            os.fsync(self._descriptor)
        finally:
            os.close(self._descriptor)
            self._waiting.clear()
            super().close()
