"""What the reader is taught with: sentences whose words change, and never what they mean."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from plugins.flow_vla.training.crossing import Crossing
from plugins.flow_vla.training.filler import exchange, surround
from sim_worlds.sentences import TRAINING, Meaning, Sense, Speaker, words

ORDERS = ("put {part} {to}", "hey, put {part} {to} while i watch", "{to} is the place for {part}", "{part} {to} please")


def random() -> np.random.Generator:
    return np.random.default_rng(5)


@pytest.mark.parametrize("change", [exchange, surround])
def test_gaps_stay_whatever_words_are_exchanged(change: Callable[[str, np.random.Generator], str]) -> None:
    chance = random()
    for form in TRAINING.frames[::50]:
        changed = change(form, chance)
        assert changed.count("{part}") == changed.count("{to}") == 1, changed


def test_what_is_meant_is_said_whatever_words_are_exchanged() -> None:
    chance = random()
    speaker = Speaker(chance, typing_share=0.0)
    for _ in range(300):
        text = speaker.say(Meaning("cyan", "cube", "", "left"), reworded=lambda form: exchange(form, chance)).text
        for names in (words.COLOURS["cyan"], words.SHAPES["cube"], ("left",)):
            assert any(name in text.lower() for name in names), text


def test_an_order_takes_the_beginning_or_the_end_of_another_one() -> None:
    chance, crossing = random(), Crossing(ORDERS)
    crossed = {crossing.of_order("put {part} {to}", chance) for _ in range(200)}
    assert crossed == {
        "put {part} {to}",
        "hey, put {part} {to}",
        "{part} {to}",
        "put {part} {to} while i watch",
        "put {part} {to} please",
    }
    assert crossing.of_order("{to} is the place for {part}", chance) == "{to} is the place for {part}"


@pytest.mark.parametrize(
    ("form", "stays"),
    [
        ("put {part} {to} when it is dry", "{part} {to} when it is dry"),
        ("don't put {part} {to}", "don't put {part} {to}"),
        ("nobody puts {part} {to} while i watch", "nobody puts {part} {to}"),
    ],
)
def test_what_makes_it_undoable_stays(form: str, stays: str) -> None:
    chance, crossing = random(), Crossing(ORDERS)
    crossed = {crossing.of_undoable(form, chance) for _ in range(100)}
    assert len(crossed) == 3
    assert all(stays in one for one in crossed)


@pytest.mark.parametrize("form", ["don't put {part} {to} when it is dry", "is {part} what you put {to}", "move {part}"])
def test_where_it_cannot_be_told_what_makes_it_undoable_nothing_is_exchanged(form: str) -> None:
    assert Crossing(ORDERS).of_undoable(form, random()) == form


def test_an_order_stays_one_and_what_is_none_stays_none() -> None:
    crossing, chance = Crossing(TRAINING.frames), random()
    known = set(TRAINING.frames)
    for forms in TRAINING.undoable.values():
        crossed = [crossing.of_undoable(form, chance) for form in forms]
        assert not known.intersection(crossed)


@pytest.mark.parametrize("sense", Sense)
def test_every_sense_can_be_said_in_other_words(sense: Sense) -> None:
    chance = random()
    text = Speaker(chance).say(Meaning("red", "cube", "", "left", sense), reworded=lambda form: surround(form, chance))
    assert text.text
