"""The outermost of several parts: which one is meant is seen from above, and said where it is not."""

from __future__ import annotations

import pytest

from plugins.programmed.choosing import BLANK_LOOKS, Choice
from plugins.programmed.instruction import NotUnderstood, PlacedWish, Wish, read_instruction
from runtime.perception import Sighting
from sim_worlds.robots import load_robot
from tests.support.pick_cell import pick_cell

CELL = pick_cell(load_robot("panda"))
FIRST, SECOND = (part.name for part in CELL.parts if part.shape == "cube")
OTHER = next(part.name for part in CELL.parts if part.shape != "cube")


def seen(part: str, x_m: float, y_m: float) -> Sighting:
    return Sighting(part, 0, x_m, y_m, 0.02, 0.0, 1.0, 0.0, 0.002, False, "tray", (0.0, 0.0), 100.0, 6.0)


def choice(place: str) -> Choice:
    wish = read_instruction(f"put the {place} cube in the left tote", CELL)
    assert isinstance(wish, PlacedWish)
    return Choice(wish)


@pytest.mark.parametrize(
    ("place", "part"), [("leftmost", FIRST), ("rightmost", SECOND), ("nearest", FIRST), ("farthest", SECOND)]
)
def test_left_is_y_and_far_is_x_of_the_base(place: str, part: str) -> None:
    picture = [seen(SECOND, 0.6, -0.1), seen(FIRST, 0.4, 0.1), seen(OTHER, 0.3, 0.3), seen(OTHER, 0.8, -0.3)]
    one = choice(place)
    assert one.look(picture) is None
    answer = one.look(picture)
    assert isinstance(answer, Wish)
    assert (answer.part.name, answer.tote.name) == (part, "left")


def test_pictures_that_do_not_agree_settle_nothing() -> None:
    one = choice("leftmost")
    first = [seen(FIRST, 0.5, 0.1), seen(SECOND, 0.5, 0.0)]
    second = [seen(FIRST, 0.5, -0.1), seen(SECOND, 0.5, 0.0)]
    assert [one.look(picture) for picture in (first, second, [], first, second)] == [None] * 5
    assert isinstance(one.look(second), Wish)


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        ([seen(OTHER, 0.5, 0.0)], "none of these is seen in the tray: "),
        ([seen(FIRST, 0.5, 0.1), seen(SECOND, 0.6, 0.105)], "neither lies clearly leftmost"),
    ],
)
def test_what_is_not_told_apart_is_asked(picture: list[Sighting], reason: str) -> None:
    one = choice("leftmost")
    answers = [one.look(picture) for _ in range(BLANK_LOOKS)]
    assert answers[:-1] == [None] * (BLANK_LOOKS - 1)
    assert isinstance(answers[-1], NotUnderstood)
    assert reason in answers[-1].reason
