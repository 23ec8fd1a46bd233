"""Instructions in words: what is understood, and what is declined with which reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from plugins.programmed.instruction import NotUnderstood, PlacedWish, Wish, read_instruction
from sim_worlds.robots import load_robot
from tests.support.pick_cell import pick_cell

CELL = pick_cell(load_robot("panda"))
ALL = {part.shape for part in CELL.parts}


@pytest.mark.parametrize(
    ("text", "part", "tote"),
    [
        ("put the red cube in the left tote", "red cube", "left"),
        ("Pick up the RED CUBE and place it into the left bin!", "red cube", "left"),
        ("move the green block to the right", "green cube", "right"),
        ("yellow cylinder right", "yellow cylinder", "right"),
        ("sort the blue box into the right box", "blue flat box", "right"),
        ("put the blue flat box in the left-hand tote", "blue flat box", "left"),
        ("the yellow one goes into the left container", "yellow cylinder", "left"),
        ("left tote: green cube", "green cube", "left"),
        ("put the gren cube in the left tote", "green cube", "left"),
        ("put the pink box in the right tote", "magenta flat box", "right"),
        ("take yellow then put it right", "yellow cylinder", "right"),
        ("grab the yellow pieze and move it to the right", "yellow cylinder", "right"),
        ("drop the red can in the right tote", "red cylinder", "right"),
        ("put the yellowcylinder in the leftxbin", "yellow cylinder", "left"),
        ("get the greenqcube, left", "green cube", "left"),
        ("put the magentaeone in the left tote", "magenta flat box", "left"),
        ("put the crimsun cube in the left tote", "red cube", "left"),
        ("put the leftmost yellow cylinder in the right tote", "yellow cylinder", "right"),
        ("put the red cube in the far left bin", "red cube", "left"),
        ("yellow cylinder to the far right", "yellow cylinder", "right"),
        ("put the red cube on the very left", "red cube", "left"),
        ("the container that is on the right goes thecred cube", "red cube", "right"),
        ("move theyellow one left", "yellow cylinder", "left"),
        ("put the yellow cylinder in the rigt bin", "yellow cylinder", "right"),
        ("on the ight hand side goes the red cube", "red cube", "right"),
        ("the yellow one goes into the tote on your laft", "yellow cylinder", "left"),
        ("as fast as you can the red cube into the left tote", "red cube", "left"),
    ],
)
def test_sensible_variants_are_understood(text: str, part: str, tote: str) -> None:
    wish = read_instruction(text, CELL)
    assert isinstance(wish, Wish), wish
    assert (wish.part.name, wish.tote.name) == (part, tote)


@pytest.mark.parametrize(
    ("text", "place", "kinds", "tote"),
    [
        ("put the leftmost cube in the right tote", "leftmost", {"cube"}, "right"),
        ("the left-most one to the left, please", "leftmost", ALL, "left"),
        ("put the part farthest to the right in the left tote", "rightmost", ALL, "left"),
        ("take the box on the far left of the tray to the right", "leftmost", {"flat box"}, "right"),
        ("the cylinder which lies most to the right goes left", "rightmost", {"cylinder"}, "left"),
        ("first cube from the right into the left bin", "rightmost", {"cube"}, "left"),
        ("into the right tote with the left-hand cube", "leftmost", {"cube"}, "right"),
        ("put the nearest one in the left tote", "nearest", ALL, "left"),
        ("put the cube closest to the robot in the left tote", "nearest", {"cube"}, "left"),
        ("the nearest is to be put on the left", "nearest", ALL, "left"),
        ("put the farthest cube away from the arm in the left tote", "farthest", {"cube"}, "left"),
        ("the part that is most distant to the right bin", "farthest", ALL, "right"),
        ("put the back cylinder in the left tote", "farthest", {"cylinder"}, "left"),
        ("the one at the back edge of the tray to the left tote", "farthest", ALL, "left"),
    ],
)
def test_a_part_may_be_told_by_where_it_lies(text: str, place: str, kinds: set[str], tote: str) -> None:
    wish = read_instruction(text, CELL)
    assert isinstance(wish, PlacedWish), wish
    assert (wish.place, {part.shape for part in wish.parts}, wish.tote.name) == (place, kinds, tote)
    assert set(wish.parts) == {part for part in CELL.parts if part.shape in kinds}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("do not put the red cube in the left tote", "not"),
        ("put everything but the red cube in the left tote", "but"),
        ("put the red cube away", "no tote is named"),
        ("sing a song", "not understood as an instruction"),
        ("put the red cube in the left or the right tote", "name one tote"),
        ("put it in the left tote", "no part is named"),
        ("put the orange cube in the left tote", "orange"),
        ("put the red sphere in the left tote", "sphere"),
        ("put the red cube and the green cube in the left tote", "one part at a time"),
        ("put the red one in the left tote", "several parts"),
        ("put the yellow hand in the left tote", "no part here is 'hand'"),
        ("the yellow one shouldn't go in the left tote", "not what to leave"),
        ("put the yellow kube in the left tote", "no part here is 'kube'"),
        ("put the non-red cube in the left tote", "not what to leave"),
        ("is the red cube in the left tote?", "only putting one part"),
        ("put the cube nearest to the yellow cylinder in the left tote", "which one?"),
        ("put the part farthest from the red cube in the left tote", "which one?"),
        ("put the leftmost and nearest cube in the right tote", "name one place"),
        ("put the leftmost cube away", "no tote is named"),
        ("put the redone in the left tote", "no part is named"),
        ("put the green cylinder in the left tote", "no green cylinder"),
        ("положи красный кубик в левый контейнер", "only English is read"),
    ],
)
def test_what_cannot_be_done_is_declined_with_the_reason(text: str, reason: str) -> None:
    answer = read_instruction(text, CELL)
    assert isinstance(answer, NotUnderstood), answer
    assert reason in answer.reason


@given(st.text(max_size=200))
def test_any_text_is_answered(text: str) -> None:
    assert isinstance(read_instruction(text, CELL), Wish | PlacedWish | NotUnderstood)


@pytest.mark.parametrize("name", ["bin 1", "left_tote", "Fach für Ausschuss"])
def test_a_tote_may_have_any_name_that_a_scene_may_give_it(name: str) -> None:
    totes = (replace(CELL.totes[0], name=name), replace(CELL.totes[1], name="other"))
    answer = read_instruction(f"put the red cube in the {name}", replace(CELL, totes=totes))
    assert isinstance(answer, Wish), answer
    assert answer.tote.name == name


@pytest.mark.parametrize(
    "text",
    ["put the yellow cylinder in the light bin", "the red cube to your last box", "lift the red cube", "red cube"],
)
def test_a_word_of_its_own_is_no_slip_in_the_name_of_a_tote(text: str) -> None:
    wish = read_instruction(text, CELL)
    assert isinstance(wish, NotUnderstood)
    assert wish.reason.startswith("no tote is named")
