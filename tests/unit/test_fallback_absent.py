"""Without a fallback: when the cell holds and asks a person, and what goes the way it always went."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from runtime.messages.state import Mode
from runtime.modes import ModeEvent
from tests.support.supervised import SECOND_NS
from tests.unit.test_fallback import (
    Shift,
    Trouble,
    alone,
    declines,
    fails,
    has_missed,
    is_ill_formed,
    is_late,
    is_quarantined,
    is_refused,
    is_silent,
    is_slow,
    words,
)


@pytest.mark.parametrize("trouble", [declines, is_quarantined])
def test_without_a_fallback_the_cell_holds_and_asks_a_person(trouble: Trouble) -> None:
    shift = alone()
    trouble(shift)
    output = shift.look()
    assert output.stand_in_for == ""
    assert output.ask is not None
    assert output.ask[0] is ModeEvent.ASSIST_ASKED
    assert "learned" in output.ask[1].split(":")[0]
    assert "holds" in words(output)


def test_without_a_fallback_doubt_asks_a_person_after_a_second() -> None:
    shift = alone()
    shift.changes["confidence"] = 0.2
    assert all(shift.one().ask is None for _ in range(20))
    output = shift.look()
    assert output.ask is not None
    assert output.ask[0] is ModeEvent.ASSIST_ASKED


@pytest.mark.parametrize("trouble", [fails, is_late, is_silent, is_ill_formed, is_refused, is_slow, has_missed])
def test_without_a_fallback_everything_else_goes_the_way_it_always_went(trouble: Trouble) -> None:
    shift = alone()
    trouble(shift)
    before = shift.policy()
    output = shift.look()
    assert (output.ask, output.events, output.ready) == (None, (), False)
    assert output.policy is not None
    assert output.policy.status is before.status


def test_a_decline_asks_nobody_where_the_policy_has_no_limit_or_the_task_may_be_done_already() -> None:
    for change in ("no limit", "second attempt"):
        shift = alone()
        declines(shift)
        if change == "no limit":
            shift.changes["confidence_limit"] = 0.0
        elif shift.task is not None:
            shift.task = replace(shift.task, attempt=2)
        assert shift.look().ask is None


@pytest.mark.parametrize("mode", [Mode.IDLE, Mode.ASSIST, Mode.MANUAL, Mode.PROTECTIVE_STOP, Mode.FAULT])
def test_nothing_is_asked_for_while_no_policy_drives(mode: Mode) -> None:
    for trouble in (declines, is_quarantined, is_silent, is_refused):
        shift = Shift()
        shift.cell.mode = mode
        trouble(shift)
        output = shift.look(40)
        assert (output.stand_in_for, output.ask) == ("", None)


def test_old_news_changes_nothing() -> None:
    shift = Shift()
    declines(shift)
    late = shift.cell.now_ns + 5 * SECOND_NS
    output = shift.keeper.tick(
        late, control=shift.cell.control(), policy=shift.policy(), running=shift.task, refused_in_row=0
    )
    assert (output.stand_in_for, output.ask, output.ready) == ("", None, False)
