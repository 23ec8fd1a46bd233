"""Ranges of seeds as people write them."""

from __future__ import annotations

from runtime.mistakes import UserMistake, quoted


def parse_seeds(text: str) -> range:
    """`A:B`, B not included. Raises `UserMistake`."""
    first, _, last = text.partition(":")
    try:
        seeds = range(int(first), int(last))
    except ValueError as trouble:
        raise UserMistake(f"seeds {quoted(text)} are no range", remedy="write A:B, e.g. 500000:500500") from trouble
    if not seeds or seeds.start < 0:
        raise UserMistake(f"seeds {quoted(text)} are empty or below 0", remedy="write A:B with 0 ≤ A < B")
    return seeds
