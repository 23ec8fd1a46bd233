"""Sentences as numbers: every word is the set of its pieces, so that slips of the pen stay near what was meant.

Hashed character n-grams as in Bojanowski et al.: Enriching word vectors with subword information, 2017.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

BUCKETS = 8192
WORDS = 32
"""A longer sentence is not read: what was cut off could be what matters."""

PIECES = 20
LETTERS_MAX = 300
"""Longer texts are no instructions."""

EMPTY = 0


def tokens(text: str) -> list[str]:
    """Lower-case words, any script."""
    return re.findall(r"[\w']+", text.lower())


def too_long(text: str) -> bool:
    """Whether it has more letters or words than are read."""
    return len(text) > LETTERS_MAX or len(tokens(text)) > WORDS


def encode(texts: Sequence[str]) -> NDArray[np.int64]:
    """i64[n, WORDS, PIECES]: bucket numbers, 0 where there is nothing."""
    codes = np.zeros((len(texts), WORDS, PIECES), dtype=np.int64)
    for row, text in enumerate(texts):
        for column, word in enumerate(tokens(text)[:WORDS]):
            pieces = pieces_of(word)
            codes[row, column, : len(pieces)] = pieces
    return codes


@lru_cache(maxsize=4096)
def pieces_of(word: str) -> tuple[int, ...]:
    """Buckets of a word and of its runs of three and four letters."""
    framed = f"<{word}>"
    runs = [framed[at : at + size] for size in (3, 4) for at in range(len(framed) - size + 1)]
    return tuple(1 + zlib.crc32(run.encode()) % (BUCKETS - 1) for run in [framed, *runs][:PIECES])
