"""How an examination gets on, told on standard error: to people a line a result, to a program what it can read."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any

from twin_app.assembly.examination.examination import Result
from twin_app.assembly.progress import Progress


class Narrator:
    """Of one command; a table is told row by row. A `Listener`."""

    def __init__(self, form: str, *, silent: bool) -> None:
        """`form`: one of `FORMS`; `silent`: nothing for people."""
        self._progress = Progress(form)
        self._silent = silent
        self._number, self._of = 0, 0
        self._began_s: float | None = None
        """When the first result of this row was there; None before."""

    def begin(self, row: str, *, number: int, of: int) -> None:
        """See `Listener`."""
        self._number, self._of, self._began_s = number, of, None
        self._progress.note(row=row, number=number, of=of)

    def hear(self, row: str, result: Result, count: int, total: int) -> None:
        """See `Listener`; `row`: empty where there is no table. Time left is that of the whole table for a program."""
        now_s = time.perf_counter()
        self._began_s = now_s if self._began_s is None else self._began_s
        if self._progress.for_program:
            named = {"row": row} if row else {}
            self._progress.note(**named, seed=result.seed, verdict=result.verdict, right=_right(result))
            before, rows = max(0, self._number - 1) * total, max(1, self._of)
            self._progress.tell("runs" if row else "evaluation", before + count, rows * total)
        elif not self._silent:
            left_s = (now_s - self._began_s) / count * (total - count)
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
