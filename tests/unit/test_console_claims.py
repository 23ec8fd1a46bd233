"""What the console claims about mode, stop and alarms, and what it must not claim."""

from __future__ import annotations

import pytest
from msgspec.structs import replace as altered

from runtime.messages.requests import Stop
from runtime.messages.state import Mode
from runtime.messages.system import AlarmPhase, Priority
from tests.support.arms import seven_joint_arm
from tests.support.fake_catalogue import CAMERAS_DEAD
from tests.support.fake_cell import SECOND_NS, FakeCell
from tests.support.pick_cell import pick_cell
from twin_app.model import commands
from twin_app.model.arrival import Arrival
from twin_app.model.mode_claim import arm_silent_s, mode_claim, stop_is_unconfirmed
from twin_app.model.state import ConsoleState, SourceKind
from twin_app.model.update import update, with_command
from twin_app.model.why import why_line
from twin_app.model.wording import Tone
from twin_app.panels.alarms import headline, pressing

TICK_NS = 10_000_000
ACTIVE_PHASES = (AlarmPhase.UNACKNOWLEDGED, AlarmPhase.ACKNOWLEDGED, AlarmPhase.LATCHED)


def lived(cell: FakeCell, state: ConsoleState, seconds: float) -> ConsoleState:
    begin_ns = state.now_ns
    stamps = range(begin_ns + TICK_NS, begin_ns + int(seconds * SECOND_NS) + 1, TICK_NS)
    news = [Arrival(topic, message, at, pixels) for at in stamps for topic, message, pixels in cell.messages(at)]
    return update(state, news, now_ns=begin_ns + int(seconds * SECOND_NS))


def a_cell(mode: Mode) -> tuple[FakeCell, ConsoleState]:
    cell = FakeCell(pick_cell(seven_joint_arm()), mode=mode, mode_since_ns=SECOND_NS)
    return cell, lived(cell, ConsoleState(kind=SourceKind.LIVE, now_ns=SECOND_NS), 1.0)


@pytest.mark.parametrize("mode", Mode)
def test_a_mode_is_claimed_while_arm_and_loop_answer_and_no_longer_afterwards(mode: Mode) -> None:
    cell, state = a_cell(mode)
    assert mode_claim(state).known
    cell.dead.add("plant")
    state = lived(cell, state, 0.8)
    claim = mode_claim(state)
    assert not claim.known
    assert claim.sign.text == "UNKNOWN"
    assert "arm silent" in claim.detail
    assert claim.age_s > 0.5


def test_reports_whose_tick_count_stands_still_prove_no_mode() -> None:
    cell, state = a_cell(Mode.AUTO)
    assert state.control is not None
    frozen = state.control
    for _ in range(8):
        now_ns = state.now_ns + SECOND_NS // 10
        report = altered(frozen, stamp_ns=now_ns)
        state = update(state, [Arrival("control", report, now_ns)], now_ns=now_ns)
    assert mode_claim(state).sign.text == "UNKNOWN"
    assert 0.5 < arm_silent_s(state) < 1.0
    now_ns = state.now_ns + SECOND_NS // 10
    stopped = altered(frozen, stamp_ns=now_ns, mode=Mode.PROTECTIVE_STOP)
    claim = mode_claim(update(state, [Arrival("control", stopped, now_ns)], now_ns=now_ns))
    assert claim.sign.text == "STOPPED", "a stop that control itself reports is told, with the silence beside it"
    assert "arm silent" in claim.detail
    assert cell.count


def test_a_silent_arm_is_never_told_as_moving() -> None:
    _, state = a_cell(Mode.AUTO)
    assert why_line(state).moving
    state = update(state, (), now_ns=state.now_ns + 700_000_000)
    assert not why_line(state).moving
    assert "no answer from the arm" in why_line(state).text


def pressed(state: ConsoleState) -> ConsoleState:
    tag = str(Stop.__struct_config__.tag)
    return with_command(state, commands.sent("s", command=tag, subject="", now_ns=state.now_ns))


def test_a_stop_without_effect_is_unconfirmed_after_half_a_second_and_not_before() -> None:
    cell, state = a_cell(Mode.AUTO)
    state = lived(cell, pressed(state), 0.4)
    assert not stop_is_unconfirmed(state)
    assert stop_is_unconfirmed(lived(cell, state, 0.3))


def test_a_stop_that_the_mode_shows_is_confirmed_also_after_its_reset() -> None:
    cell, state = a_cell(Mode.AUTO)
    state = pressed(state)
    cell.enter(Mode.PROTECTIVE_STOP, state.now_ns + TICK_NS)
    state = lived(cell, state, 0.8)
    assert not stop_is_unconfirmed(state)
    cell.enter(Mode.IDLE, state.now_ns + TICK_NS)
    assert not stop_is_unconfirmed(lived(cell, state, 0.8))


@pytest.mark.parametrize("priority", Priority)
@pytest.mark.parametrize("phase", ACTIVE_PHASES)
def test_a_gone_alarm_never_stands_before_an_active_one(priority: Priority, phase: AlarmPhase) -> None:
    gone = altered(CAMERAS_DEAD, priority=Priority.CRITICAL, phase=AlarmPhase.RETURNED_UNACKNOWLEDGED, since_ns=9)
    active = altered(CAMERAS_DEAD, alarm_id="other", priority=priority, phase=phase)
    assert pressing((gone, active)) == (active, gone)


def test_a_gone_alarm_is_muted_and_tells_no_first_check() -> None:
    sign = headline(altered(CAMERAS_DEAD, phase=AlarmPhase.RETURNED_UNACKNOWLEDGED))
    assert sign.text.startswith("gone, not acknowledged · ")
    assert CAMERAS_DEAD.first_check not in sign.text
    assert sign.tone is Tone.MUTED
    assert CAMERAS_DEAD.first_check in headline(CAMERAS_DEAD).text
