"""Whether the cell was left in a latched stop: whoever starts it anew must not be surprised by a moving arm."""

from __future__ import annotations

import contextlib
from pathlib import Path

NAME = "left-stopped.txt"


class LastStop:
    """A line in the data folder while a stop or fault is latched that nobody has reset."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / NAME
        self.left = ""
        """Mode and reason in which the session before was left; empty when it was not stopped."""

        with contextlib.suppress(OSError):
            self.left = self._file.read_text(encoding="utf-8", errors="replace").strip()

    def note(self, words: str) -> None:
        """The cell is stopped for this reason; empty: no more. A folder that cannot be written has its own alarm."""
        with contextlib.suppress(OSError):
            if words:
                self._file.write_text(f"{words}\n", encoding="utf-8")
            else:
                self._file.unlink(missing_ok=True)
