"""A person's mistake, told so that it can be mended: no traceback, a non-zero exit."""

from __future__ import annotations

LONGEST_WORD = 60


def quoted(word: str) -> str:
    """What a person has typed as a message repeats it: in quotes, and cut where it would drown the message."""
    return repr(word if len(word) <= LONGEST_WORD else f"{word[:LONGEST_WORD]}…")


class UserMistake(Exception):
    """Wrong input or a missing permission. `remedy` says what to do about it."""

    def __init__(self, what: str, *, remedy: str = "") -> None:
        super().__init__(what if not remedy else f"{what}\n  → {remedy}")
        self.what = what
        self.remedy = remedy
