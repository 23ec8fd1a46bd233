"""The instructions that were typed before."""

from __future__ import annotations

MOST_INSTRUCTIONS = 50


def with_instruction(history: tuple[str, ...], words: str) -> tuple[str, ...]:
    """Oldest first; one that is asked for again moves to the end, and the oldest go when there are many."""
    others = tuple(one for one in history if one != words)
    return (*others, words)[-MOST_INSTRUCTIONS:]
