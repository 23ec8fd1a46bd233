"""Which script words are written in: no reader here knows a word of another one than ours."""

from __future__ import annotations

import unicodedata

ONLY_ENGLISH = "only English is read"


def in_another_script(text: str) -> bool:
    """Whether any letter is not a Latin one."""
    return any(letter.isalpha() and "LATIN" not in unicodedata.name(letter, "LATIN") for letter in text)
