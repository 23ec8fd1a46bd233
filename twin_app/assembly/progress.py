"""How far long work is, for people: one line that is written anew on a terminal, and now and then elsewhere."""

from __future__ import annotations

import sys
import time

_QUIET_S = 15.0


class Progress:
    """Of one command; stages follow one another."""

    def __init__(self) -> None:
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
        terminal = sys.stderr.isatty()
        if done < total and now_s - self._told_s < (0.2 if terminal else _QUIET_S):
            return
        self._told_s = now_s
        fresh = done - self._first
        left = (now_s - self._began_s) / fresh * (total - done) if fresh > 0 else 0.0
        words = f"{stage:<28} {done:>6}/{total:<6} {_minutes(now_s - self._began_s)}, {_minutes(left)} left"
        print(f"\r{words}" if terminal else words, end="" if terminal else "\n", file=sys.stderr, flush=True)

    def _end_line(self) -> None:
        if self._stage and sys.stderr.isatty():
            print(file=sys.stderr)


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d} min"
