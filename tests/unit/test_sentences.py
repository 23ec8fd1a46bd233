"""Made-up instructions: seeded, true to their meaning, and in the test set never in a form of the training."""

from __future__ import annotations

import numpy as np
import pytest

from sim_worlds.sentences import Meaning, Sense, Speaker, frames, words


def said(meaning: Meaning, *, seed: int, new: bool = False) -> str:
    return Speaker(np.random.default_rng(seed), new=new).say(meaning).text


def test_the_same_seed_says_the_same() -> None:
    meaning = Meaning("red", "cube", "", "left")
    assert said(meaning, seed=3) == said(meaning, seed=3)
    assert len({said(meaning, seed=seed) for seed in range(40)}) > 20


@pytest.mark.parametrize("new", [False, True])
@pytest.mark.parametrize("colour", list(words.COLOURS))
def test_a_colour_is_named_by_one_of_its_words(colour: str, *, new: bool) -> None:
    names = words.COLOURS[colour]
    texts = [said(Meaning(colour, "cube", "", "left"), seed=seed, new=new).lower() for seed in range(60)]
    named = [any(name in text for name in names) for text in texts]
    assert sum(named) > 54  # all but those with a slip of the pen in that very word


def test_what_is_left_open_is_not_said() -> None:
    texts = [said(Meaning("", "cylinder", "", "right"), seed=seed).lower() for seed in range(60)]
    colours = [name for names in words.COLOURS.values() for name in names]
    assert not any(f" {colour} " in text for colour in colours for text in texts)


def test_no_form_of_the_test_set_is_a_form_of_the_training() -> None:
    assert not set(frames.FRAMES) & set(frames.NEW_FRAMES)
    assert not set(frames.TO_TOTE) & set(frames.NEW_TO_TOTE)
    assert not set(frames.NONSENSE) & set(frames.NEW_NONSENSE)
    for place, ways in words.PLACES.items():
        assert not set(ways) & set(words.NEW_PLACES[place])


@pytest.mark.parametrize("sense", Sense)
def test_every_sense_can_be_said(sense: Sense) -> None:
    assert said(Meaning("red", "cube", "", "left", sense), seed=1)
