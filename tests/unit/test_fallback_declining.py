"""The fallback declines, too: a person is asked every time, and what the first policy asked back is kept."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from runtime.messages.policy import PolicyStatus
from runtime.messages.reasons import asked_back, suggested
from runtime.messages.state import Mode
from runtime.modes import ModeEvent
from tests.unit.test_fallback import Shift, Trouble, declines, fails, has_missed, is_late, is_slow, words

MEANT = "put the cube in the left tote"


def stood_in_for(trouble: Trouble) -> Shift:
    """`stock` drives since `learned` had this trouble, and declines the same task."""
    shift = Shift()
    trouble(shift)
    shift.look()
    shift.cell.mode, shift.cell.active = Mode.FALLBACK, "stock"
    shift.changes |= {"stands_in_for": "learned", "fallback_ready": False}
    shift.cell.status, shift.cell.reason = PolicyStatus.DECLINED, "that fits several parts"
    return shift


def asks_back(shift: Shift) -> None:
    shift.cell.status, shift.cell.reason = PolicyStatus.DECLINED, asked_back(MEANT)


def test_a_person_is_asked_when_the_fallback_declines_too() -> None:
    output = stood_in_for(declines).look()
    assert output.ask == (
        ModeEvent.ASSIST_ASKED,
        "learned and stock declined the instruction: nothing is called that; stock: that fits several parts",
    )
    assert output.ask == (ModeEvent.ASSIST_ASKED, words(output))


@pytest.mark.parametrize("trouble", [is_late, fails, is_slow, has_missed])
def test_a_person_is_asked_about_a_decline_whatever_the_fallback_stands_in_for(trouble: Trouble) -> None:
    output = stood_in_for(trouble).look()
    assert output.ask == (ModeEvent.ASSIST_ASKED, "stock declined the instruction: that fits several parts")


def test_a_person_is_asked_about_a_later_task_that_the_fallback_declines() -> None:
    shift = stood_in_for(asks_back)
    shift.shadow()
    assert shift.task is not None
    shift.task, shift.cell.task_id = replace(shift.task, task_id=2), 2
    output = shift.look()
    assert output.ask == (ModeEvent.ASSIST_ASKED, "stock declined the instruction: that fits several parts")


def test_what_was_begun_before_is_looked_at_before_anybody_is_asked() -> None:
    shift = stood_in_for(declines)
    assert shift.task is not None
    shift.task = replace(shift.task, attempt=2)
    assert shift.look().ask is None


def test_a_question_outlives_the_refusal_of_the_fallback() -> None:
    output = stood_in_for(asks_back).look()
    assert output.policy is not None
    assert suggested(output.policy.reason) == MEANT  # what the task ends with, and the console offers
    assert output.ask is not None
    assert output.ask[1] == f"learned and stock declined the instruction: {asked_back(MEANT)}"
