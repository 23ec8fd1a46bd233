"""Names that others give, in files and over the wire: what may stand on one line of a screen."""

from __future__ import annotations


def is_line(words: str, most: int) -> bool:
    """Whether they can be shown as they are, in at most so many letters."""
    return 0 < len(words) <= most and words.isprintable()


def a_line(most: int) -> str:
    """The same, for the message of a refusal."""
    return f"1 to {most} letters that can be printed"
