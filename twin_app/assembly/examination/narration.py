"""How an examination gets on, told on standard error: to people a line a result, to a program what it can read."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from twin_app.assembly.examination.examination import Result
from twin_app.assembly.progress import Progress
from twin_app.assembly.time_left import TimeLeft


class Narrator:
    """Of one command; a table is told row by row. A `Listener`."""

    def __init__(self, form: str, *, silent: bool, clock_s: Callable[[], float] = time.monotonic) -> None:
        """`form`: one of `FORMS`; `silent`: nothing for people."""
        self._progress = Progress(form, clock_s=clock_s)
        self._silent = silent
        self._clock_s = clock_s
        self._number, self._of = 0, 0
        self._began_s = clock_s()
        self._time_left: TimeLeft | None = None
        """Of this row; None before its first result."""

    def begin(self, row: str, *, number: int, of: int) -> None:
        """See `Listener`."""
        self._number, self._of, self._began_s, self._time_left = number, of, self._clock_s(), None
        self._progress.note(row=row, number=number, of=of)

    def hear(self, row: str, result: Result, count: int, total: int) -> None:
        """See `Listener`; `row`: empty where there is no table. Time left is that of the whole table for a program."""
        if self._progress.for_program:
            named = {"row": row} if row else {}
            self._progress.note(**named, seed=result.seed, verdict=result.verdict, right=_right(result))
            before, rows = max(0, self._number - 1) * total, max(1, self._of)
            self._progress.tell("runs" if row else "evaluation", before + count, rows * total)
        elif not self._silent:
            self._time_left = self._time_left or TimeLeft(done=count - 1, now_s=self._began_s)
            self._time_left.note(count, now_s=self._clock_s())
            left_s = self._time_left.left_s(total) or 0.0
            print(f"{row:<18}{_line(result, count, total, left_s=left_s)}", file=sys.stderr, flush=True)

    def end(self, row: str, figures: Mapping[str, Any]) -> None:
        """See `Listener`."""
        self._progress.note(row=row, figures=dict(figures))


def _line(result: Result, count: int, total: int, *, left_s: float) -> str:
    mark = "ok  " if _right(result) else "MISS"
    words = f"{result.instruction[:58]:<60}{result.verdict:<13}{result.duration_s:5.1f} s"
    stood_in = "fallback: " if result.fallback_used else ""
    return f"{count:>5}/{total}  {mark}  {words}  {left_s / 60.0:5.1f} min left  {stood_in}{result.reason[:60]}"


def _right(result: Result) -> bool:
    return result.verdict == ("succeeded" if result.part else "declined")
