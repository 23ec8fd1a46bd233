"""A text file that another process writes, read line by line as it grows."""

from __future__ import annotations

from pathlib import Path

PIECE_BYTES = 200_000
"""Read at most at once: what takes a few milliseconds to understand."""


class GrowingFile:
    """Hands out whole lines, each once; a line that is still being written waits."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._offset = 0

    def lines(self) -> list[str]:
        """What is new; empty where there is nothing, or no file yet."""
        try:
            with self._file.open("rb") as stream:
                stream.seek(self._offset)
                piece = stream.read(PIECE_BYTES)
        except OSError:
            return []
        end = piece.rfind(b"\n") + 1
        if not end and len(piece) == PIECE_BYTES:  # no line is that long
            end = len(piece)
        self._offset += end
        return piece[:end].decode(errors="replace").splitlines()

    def all_lines(self) -> list[str]:
        """Everything to the end, for a file that nobody writes any more."""
        found: list[str] = []
        while new := self.lines():
            found += new
        return found
