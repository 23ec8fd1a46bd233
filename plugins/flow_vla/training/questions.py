"""Questions about a picture with their answers: which of the parts that can be seen is meant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plugins.flow_vla.slots import COLOURS, SHAPES, asked_for

_DOUBT = 0.02
"""So much of a reading goes to other words now and then."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of one picture, and the answer."""

    asked: NDArray[np.float32]
    meant: tuple[int, ...]
    """Indices of the parts; several: the question does not tell them apart; none: it is not there."""


def draw_question(
    random: np.random.Generator,
    *,
    colour: NDArray[np.int64],
    shape: NDArray[np.int64],
    visible: NDArray[np.bool_],
) -> Question:
    """Mostly about a part that there is, sometimes about none; where a place will tell, any part may be meant."""
    about = int(random.integers(len(colour)))
    kind = random.uniform()
    wanted_colour, wanted_shape = int(colour[about]), int(shape[about])
    if kind < 0.15:
        wanted_colour = int(random.integers(1, len(COLOURS)))
        wanted_shape = int(random.integers(1, len(SHAPES)))
    elif kind < 0.35:
        wanted_shape = 0
    elif kind < 0.5:
        wanted_colour = 0
    elif kind < 0.6:
        wanted_colour = wanted_shape = 0
    fits = visible & _fits(colour, wanted_colour) & _fits(shape, wanted_shape)
    asked = asked_for(COLOURS[wanted_colour], SHAPES[wanted_shape])
    return Question(_doubted(asked, random), tuple(np.flatnonzero(fits).tolist()))


def _fits(values: NDArray[np.int64], wanted: int) -> NDArray[np.bool_]:
    return np.ones(len(values), dtype=bool) if wanted == 0 else values == wanted


def _doubted(asked: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.float32]:
    """As a reader gives it: nearly sure."""
    if random.uniform() < 0.5:
        return asked
    colours = len(COLOURS)
    noise = random.dirichlet(np.ones(colours)), random.dirichlet(np.ones(len(asked) - colours))
    return ((1.0 - _DOUBT) * asked + _DOUBT * np.concatenate(noise)).astype(np.float32)
