"""How long work will go on, judged from its newest steps: a pause among them is no part of its pace."""

from __future__ import annotations

from collections import deque

RECENT = 50
"""Tellings that the pace is judged from; each is of one step or of several."""

PAUSE = 10.0
"""A step so many times longer than the longest recent one was a pause: the process was stopped, the machine asleep."""


class TimeLeft:
    """Of one stage. Times are those of a clock that only goes forward."""

    def __init__(self, *, done: int, now_s: float) -> None:
        """`done`: steps that were there when it began, of an earlier sitting perhaps."""
        self._done, self._at_s = done, now_s
        self._recent: deque[tuple[int, float]] = deque(maxlen=RECENT)
        self._pause: tuple[int, float] | None = None
        """The newest telling, if it looks like a pause."""

    def note(self, done: int, *, now_s: float) -> None:
        """So many are done by now. Two long steps in a row are no pauses: the work has become slow."""
        steps, took_s = done - self._done, now_s - self._at_s
        if steps <= 0:
            return
        self._done, self._at_s = done, now_s
        longest_s = max((took / count for count, took in self._recent), default=took_s / steps)
        if took_s / steps > PAUSE * longest_s:
            if self._pause is None:
                self._pause = steps, took_s
                return
            self._recent.clear()
            self._recent.append(self._pause)
        self._pause = None
        self._recent.append((steps, took_s))

    def left_s(self, total: int) -> float | None:
        """Until the total is reached; None before the first step."""
        if not self._recent:
            return None
        steps, took_s = map(sum, zip(*self._recent, strict=True))
        return took_s / steps * (total - self._done)
