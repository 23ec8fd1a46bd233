"""How far long work is: for people one line that is written anew, for a program one JSON object a line."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from runtime.link.parentage import end_with_parent
from twin_app.assembly.ending import Ended
from twin_app.assembly.time_left import TimeLeft

FORMS = ("people", "json")
_QUIET_S = 15.0
_OFTEN_S = 0.2


class Progress:
    """Of one command, on standard error; stages follow one another. A context: with its end the last line ends."""

    def __init__(self, form: str = "people", *, clock_s: Callable[[], float] = time.monotonic) -> None:
        """`form`: one of `FORMS`."""
        self.for_program = form == "json"
        self._clock_s = clock_s
        self._stage = ""
        self._began_s = 0.0
        self._told_s = 0.0
        self._time_left = TimeLeft(done=0, now_s=0.0)
        self._open_width = 0
        """Letters of the line that is written anew; 0 where none is."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not KeyboardInterrupt:  # of Ctrl-C, which the terminal shows, the program tells in a new line itself
            self._end_line()

    def tell(self, stage: str, done: int, total: int) -> None:
        """So many of so many; time left is judged from the newest steps of this stage."""
        now_s = self._clock_s()
        if stage != self._stage:
            self._end_line()
            self._stage, self._began_s, self._told_s = stage, now_s, now_s - _QUIET_S
            self._time_left = TimeLeft(done=done, now_s=now_s)
        self._time_left.note(done, now_s=now_s)
        often = self.for_program or sys.stderr.isatty()
        if done < total and now_s - self._told_s < (_OFTEN_S if often else _QUIET_S):
            return
        self._told_s = now_s
        taken_s, left_s = now_s - self._began_s, self._time_left.left_s(total)
        if self.for_program:
            told = {"stage": stage, "done": done, "total": total}
            self.note(**told, elapsed_s=round(taken_s, 1), left_s=None if left_s is None else round(left_s, 1))
        else:
            left = "" if left_s is None else f", {_minutes(left_s)} left"
            self._show(f"{stage:<28} {done:>6}/{total:<6} {_minutes(taken_s)}{left}", last=done >= total)

    def note(self, **facts: Any) -> None:
        """One line for a program; nothing for people."""
        if self.for_program:
            print(json.dumps(facts), file=sys.stderr, flush=True)

    def _show(self, words: str, *, last: bool) -> None:
        if not sys.stderr.isatty():
            print(words, file=sys.stderr, flush=True)
            return
        print(f"\r{words.ljust(self._open_width)}", end="", file=sys.stderr, flush=True)
        self._open_width = len(words)
        if last:
            self._end_line()

    def _end_line(self) -> None:
        if self._open_width:
            self._open_width = 0
            print(file=sys.stderr, flush=True)


def stay_child_of(parent_pid: int) -> None:
    """End with the program that started this command; 0: outlive it. Raises `Ended` when it is gone already."""
    if parent_pid and not end_with_parent(parent_pid=parent_pid):
        raise Ended(signal.SIGTERM)


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d} min"
