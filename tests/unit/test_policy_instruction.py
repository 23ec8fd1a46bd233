"""Instructions in words: what is understood, and what is declined with which reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from plugins.programmed.instruction import NotUnderstood, Wish, read_instruction
from sim_worlds.robots import load_robot
from tests.support.pick_cell import pick_cell

CELL = pick_cell(load_robot("panda"))


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
    ],
)
def test_sensible_variants_are_understood(text: str, part: str, tote: str) -> None:
    wish = read_instruction(text, CELL)
    assert isinstance(wish, Wish), wish
    assert (wish.part.name, wish.tote.name) == (part, tote)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("do not put the red cube in the left tote", "not"),
        ("put everything but the red cube in the left tote", "but"),
        ("put the red cube away", "no tote is named"),
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
    assert isinstance(read_instruction(text, CELL), Wish | NotUnderstood)


@pytest.mark.parametrize("name", ["bin 1", "left_tote", "Fach für Ausschuss"])
def test_a_tote_may_have_any_name_that_a_scene_may_give_it(name: str) -> None:
    totes = (replace(CELL.totes[0], name=name), replace(CELL.totes[1], name="other"))
    answer = read_instruction(f"put the red cube in the {name}", replace(CELL, totes=totes))
    assert isinstance(answer, Wish), answer
    assert answer.tote.name == name
