"""Variations of a cell as people write them: `camera:strong light`, read at the form before any program is started."""

from __future__ import annotations

import re

from runtime.mistakes import UserMistake, quoted

VARIATIONS = ("light", "texture", "camera", "size", "clutter", "noise", "occlusion")
"""As in the catalogue of variations, which a console may not know and a help text has no time for."""

STRENGTHS = ("weak", "medium", "strong")
"""Those with a name, likewise; a number from 0 to 1 is one, too."""


def wishes_of(text: str) -> tuple[str, ...]:
    """Each `NAME[:STRENGTH]` between spaces or commas."""
    return tuple(word for word in re.split(r"[\s,]+", text) if word)


def check_variations(text: str) -> None:
    """Raises `UserMistake` for the first word that is wrong."""
    for word in wishes_of(text):
        name, _, strength = word.lower().partition(":")
        if name not in VARIATIONS:
            raise UserMistake(f"unknown variation {quoted(name)}", remedy=f"one of: {', '.join(VARIATIONS)}")
        if strength and strength not in STRENGTHS:
            _check_number(strength, of=name)


def _check_number(word: str, *, of: str) -> None:
    remedy = f"one of: {', '.join(STRENGTHS)}, or a number from 0 to 1"
    try:
        number = float(word)
    except ValueError as trouble:
        raise UserMistake(f"unknown strength {quoted(word)} of variation {of}", remedy=remedy) from trouble
    if not 0.0 <= number <= 1.0:
        raise UserMistake(f"strength {quoted(word)} of variation {of} is outside 0…1", remedy=remedy)
