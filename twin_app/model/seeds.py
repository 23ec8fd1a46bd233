"""Ranges of seeds as people write them."""

from __future__ import annotations

from runtime.mistakes import UserMistake, quoted

MOST_SEEDS = 100_000
"""At once: more than a week of lessons or examinations."""

HIGHEST_SEED = 2**32
"""Generators take 32 bits of a seed: a higher one would only be a lower one again, of another set perhaps."""


def parse_seeds(text: str) -> range:
    """`A:B`, B not included. Raises `UserMistake`."""
    first, _, last = text.partition(":")
    try:
        seeds = range(int(first), int(last))
    except ValueError as trouble:
        raise UserMistake(f"seeds {quoted(text)} are no range", remedy="write A:B, e.g. 200000:200100") from trouble
    if not seeds or seeds.start < 0:
        raise UserMistake(f"seeds {quoted(text)} are empty or below 0", remedy="write A:B with 0 ≤ A < B")
    if seeds.stop > HIGHEST_SEED:
        raise UserMistake(f"seeds {quoted(text)} go beyond {HIGHEST_SEED}", remedy="take lower ones")
    if (count := seeds.stop - seeds.start) > MOST_SEEDS:
        raise UserMistake(
            f"seeds {quoted(text)}: {count} runs, at most {MOST_SEEDS} at once",
            remedy="take fewer; where results are kept, the same folder goes on with others",
        )
    return seeds
