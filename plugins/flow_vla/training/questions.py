"""Questions about a picture with their answers: which of the parts that can be seen is meant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plugins.flow_vla.grounding import PLACE_AXES
from plugins.flow_vla.slots import COLOURS, PLACES, SHAPES, asked_for, one_hot

_DOUBT = 0.02
"""So much of a reading goes to other words now and then."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of one picture, and the answer."""

    asked: NDArray[np.float32]
    place: NDArray[np.float32]
    meant: tuple[int, ...]
    """Indices of the parts; several: the question does not tell them apart; none: it is not there."""


def draw_question(
    random: np.random.Generator,
    *,
    colour: NDArray[np.int64],
    shape: NDArray[np.int64],
    xy: NDArray[np.float32],
    in_tray: NDArray[np.bool_],
    visible: NDArray[np.bool_],
    places: bool,
) -> Question:
    """Mostly about a part that there is, sometimes about none. `places`: words like leftmost may be used."""
    about = int(random.integers(len(colour)))
    kind = random.uniform()
    wanted_colour, wanted_shape = int(colour[about]), int(shape[about])
    if kind < 0.15:
        wanted_colour = int(random.integers(1, len(COLOURS)))
        wanted_shape = int(random.integers(1, len(SHAPES)))
    elif kind < 0.4:
        wanted_shape = 0
    elif kind < 0.5:
        wanted_colour = 0
    place = ""
    if places and random.uniform() < 0.25:
        place = PLACES[int(random.integers(1, len(PLACES)))]
        wanted_colour = wanted_colour if random.uniform() < 0.3 else 0
        wanted_shape = wanted_shape if random.uniform() < 0.7 else 0
    fits = visible & _fits(colour, wanted_colour) & _fits(shape, wanted_shape)
    meant = _outermost(place, fits & in_tray, xy) if place else tuple(np.flatnonzero(fits).tolist())
    asked = asked_for(COLOURS[wanted_colour], SHAPES[wanted_shape])
    return Question(_doubted(asked, random), one_hot(place, PLACES), meant)


def _fits(values: NDArray[np.int64], wanted: int) -> NDArray[np.bool_]:
    return np.ones(len(values), dtype=bool) if wanted == 0 else values == wanted


def _outermost(place: str, fits: NDArray[np.bool_], xy: NDArray[np.float32]) -> tuple[int, ...]:
    if not fits.any():
        return ()
    along = xy @ np.array(PLACE_AXES[place], dtype=np.float32)
    return (int(np.where(fits, along, -np.inf).argmax()),)


def _doubted(asked: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.float32]:
    """As a reader gives it: nearly sure."""
    if random.uniform() < 0.5:
        return asked
    colours = len(COLOURS)
    noise = random.dirichlet(np.ones(colours)), random.dirichlet(np.ones(len(asked) - colours))
    return ((1.0 - _DOUBT) * asked + _DOUBT * np.concatenate(noise)).astype(np.float32)
