"""How long a stage took over all its sittings, also those that were killed."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from runtime.keeping import kept_whole
from runtime.mistakes import UserMistake

KEPT_EVERY_S = 5.0


class Stopwatch:
    """Runs within its `with`; what it shows is kept in a file every few seconds, and goes on from there."""

    def __init__(self, file: Path, *, every_s: float = KEPT_EVERY_S) -> None:
        """`file`: of this stage alone; one that cannot be read counts for nothing."""
        self._file = file
        self._every_s = every_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep_on, name="stopwatch", daemon=True)
        self._before_s = 0.0
        with suppress(OSError, ValueError):
            self._before_s = float(file.read_text(encoding="utf-8"))
        self._began_s = time.monotonic()

    @property
    def seconds(self) -> float:
        """Of all sittings so far."""
        return self._before_s + time.monotonic() - self._began_s

    def __enter__(self) -> Stopwatch:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, trouble: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        self._keep()

    def _keep_on(self) -> None:
        while not self._over.wait(self._every_s):
            self._keep()

    def _keep(self) -> None:
        """A full disk is told by the work itself."""
        with suppress(UserMistake), kept_whole(self._file) as partial:
            partial.write_text(f"{self.seconds:.1f}\n", encoding="utf-8")
