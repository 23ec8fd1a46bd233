"""A person's mistake, told so that it can be mended: no traceback, a non-zero exit."""

from __future__ import annotations


class UserMistake(Exception):
    """Wrong input or a missing permission. `remedy` says what to do about it."""

    def __init__(self, what: str, *, remedy: str = "") -> None:
        super().__init__(what if not remedy else f"{what}\n  → {remedy}")
        self.what = what
        self.remedy = remedy
