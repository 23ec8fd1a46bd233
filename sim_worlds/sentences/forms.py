"""Three sets of forms that share no form: to train with, to check a reader with, and to test it with in the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim_worlds.sentences import frames, relations, undoable, words


@dataclass(frozen=True, slots=True)
class Forms:
    """Ways to say the same; words for colours, shapes and totes are the same in all sets."""

    frames: tuple[str, ...]
    to_tote: tuple[str, ...]
    places: Mapping[str, tuple[str, ...]]
    nonsense: tuple[str, ...]
    relations: tuple[tuple[str, ...], ...]
    """In kinds, which are used alike."""

    undoable: Mapping[str, tuple[str, ...]]
    """By what is wrong with them."""


TRAINING = Forms(
    frames.FRAMES,
    frames.TO_TOTE,
    words.PLACES,
    frames.NONSENSE,
    relations.RELATIONS,
    undoable.TRAINING,
)
CHECKING = Forms(
    frames.CHECKING_FRAMES,
    frames.CHECKING_TO_TOTE,
    words.CHECKING_PLACES,
    frames.CHECKING_NONSENSE,
    relations.CHECKING_RELATIONS,
    undoable.CHECKING,
)
TESTING = Forms(
    frames.TESTING_FRAMES,
    frames.TESTING_TO_TOTE,
    words.TESTING_PLACES,
    frames.TESTING_NONSENSE,
    relations.TESTING_RELATIONS,
    undoable.TESTING,
)
