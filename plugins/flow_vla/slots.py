"""What a sentence can ask for, as numbers: one distribution each over colours, shapes, places, totes and senses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

COLOURS = ("", "red", "green", "blue", "yellow", "cyan", "purple", "strange")
SHAPES = ("", "cube", "flat box", "cylinder", "strange")
PLACES = ("", "left", "right", "near", "far")
TOTES = ("", "left", "right")
SENSES = ("do", "no tote", "negated", "several", "relation", "condition", "deed", "nonsense")
LONG = "long"
"""The sense of what is too long to be read whole."""

SLOTS: tuple[tuple[str, ...], ...] = (COLOURS, SHAPES, PLACES, TOTES, SENSES)
"""In this order everywhere; the empty word says that the sentence leaves it open."""

ASKED = len(COLOURS) + len(SHAPES)
"""Length of what the pictures are asked for: colour and shape."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One sentence as the reader takes it. Each field is the likeliest word of its slot."""

    colour: str
    shape: str
    place: str
    tote: str
    sense: str
    certainty: float
    """0…1: probability of the least certain slot; of the sense alone for what is not to be done."""

    asked: NDArray[np.float32]
    """f32[ASKED]: the distributions of colour and shape, one after the other."""

    strangeness: float = 0.0
    """Distance of the sentence from those of the training, in their standard deviations."""


def one_hot(word: str, slot: tuple[str, ...]) -> NDArray[np.float32]:
    """f32[len(slot)]; raises ValueError for a word that the slot does not have."""
    vector = np.zeros(len(slot), dtype=np.float32)
    vector[slot.index(word)] = 1.0
    return vector


def asked_for(colour: str, shape: str) -> NDArray[np.float32]:
    """What the pictures are asked when colour and shape are known for sure."""
    return np.concatenate((one_hot(colour, COLOURS), one_hot(shape, SHAPES)))
