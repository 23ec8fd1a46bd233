"""How far long work is: for people one line that is written anew, for a program one JSON object a line."""

from __future__ import annotations

import json
import signal
import sys
import time
from typing import Any

from runtime.link.parentage import end_with_parent
from twin_app.assembly.ending import Ended

FORMS = ("people", "json")
_QUIET_S = 15.0
_OFTEN_S = 0.2


class Progress:
    """Of one command, on standard error; stages follow one another."""

    def __init__(self, form: str = "people") -> None:
        """`form`: one of `FORMS`."""
        self.for_program = form == "json"
        self._stage = ""
        self._began_s = 0.0
        self._first = 0
        self._told_s = 0.0

    def tell(self, stage: str, done: int, total: int) -> None:
        """So many of so many; time left is judged from what this stage has taken so far."""
        now_s = time.monotonic()
        if stage != self._stage:
            self._end_line()
            self._stage, self._began_s, self._first, self._told_s = stage, now_s, done, -_QUIET_S
        often = self.for_program or sys.stderr.isatty()
        if done < total and now_s - self._told_s < (_OFTEN_S if often else _QUIET_S):
            return
        self._told_s = now_s
        fresh, taken_s = done - self._first, now_s - self._began_s
        left_s = taken_s / fresh * (total - done) if fresh > 0 else 0.0
        if self.for_program:
            told = {"stage": stage, "done": done, "total": total}
            self.note(**told, elapsed_s=round(taken_s, 1), left_s=round(left_s, 1) if fresh > 0 else None)
        else:
            self._show(stage, done, total, taken_s=taken_s, left_s=left_s)

    def note(self, **facts: Any) -> None:
        """One line for a program; nothing for people."""
        if self.for_program:
            print(json.dumps(facts), file=sys.stderr, flush=True)

    def _show(self, stage: str, done: int, total: int, *, taken_s: float, left_s: float) -> None:
        terminal = sys.stderr.isatty()
        words = f"{stage:<28} {done:>6}/{total:<6} {_minutes(taken_s)}, {_minutes(left_s)} left"
        print(f"\r{words}" if terminal else words, end="" if terminal else "\n", file=sys.stderr, flush=True)

    def _end_line(self) -> None:
        if self._stage and not self.for_program and sys.stderr.isatty():
            print(file=sys.stderr)


def stay_child_of(parent_pid: int) -> None:
    """End with the program that started this command; 0: outlive it. Raises `Ended` when it is gone already."""
    if parent_pid and not end_with_parent(parent_pid=parent_pid):
        raise Ended(signal.SIGTERM)


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d} min"
