"""State and messages: what the console knows after what it heard."""

from __future__ import annotations

from typing import Any

from runtime.messages.orders import Heartbeat
from runtime.messages.requests import Receipt, ReceiptPhase
from runtime.messages.state import Mode
from runtime.messages.system import Event, History
from tests.support.arms import seven_joint_arm
from tests.support.fake_cell import SECOND_NS, FakeCell
from tests.support.pick_cell import pick_cell
from twin_app.model import commands
from twin_app.model.arrival import Arrival
from twin_app.model.connection import Contact
from twin_app.model.state import ConsoleState, SourceKind
from twin_app.model.trends import Trends
from twin_app.model.update import EVENTS_KEPT, update, with_command
from twin_app.model.why import why_line

TICK_NS = 10_000_000


def a_cell(**settings: Any) -> FakeCell:
    return FakeCell(pick_cell(seven_joint_arm()), **settings)


def heard(cell: FakeCell, *, begin_ns: int, seconds: float) -> list[Arrival]:
    stamps = range(begin_ns, begin_ns + int(seconds * SECOND_NS), TICK_NS)
    return [Arrival(topic, message, at, pixels) for at in stamps for topic, message, pixels in cell.messages(at)]


def live(cell: FakeCell, *, seconds: float = 1.0) -> ConsoleState:
    arrivals = heard(cell, begin_ns=SECOND_NS, seconds=seconds)
    return update(ConsoleState(kind=SourceKind.LIVE), arrivals, now_ns=SECOND_NS + int(seconds * SECOND_NS))


def test_every_part_of_the_state_is_filled_from_its_topic() -> None:
    state = live(a_cell())
    for name in ("cell", "system", "control", "robot", "policy", "belief", "plan", "tasks", "alarms", "faults"):
        assert getattr(state, name) is not None, name
    assert set(state.pictures) == {"overhead", "wrist"}
    assert state.connection.alive


def test_the_newest_message_of_a_topic_counts() -> None:
    cell = a_cell()
    state = live(cell)
    cell.enter(Mode.PROTECTIVE_STOP, 2 * SECOND_NS)
    state = update(state, heard(cell, begin_ns=2 * SECOND_NS, seconds=0.2), now_ns=2 * SECOND_NS + SECOND_NS // 5)
    assert state.control is not None
    assert state.control.mode is Mode.PROTECTIVE_STOP


def test_silence_of_more_than_a_second_is_a_lost_connection_and_is_told_why_not_moving() -> None:
    state = live(a_cell())
    state = update(state, (), now_ns=state.now_ns + 700_000_000)
    assert state.connection.alive
    state = update(state, (), now_ns=state.now_ns + 600_000_000)
    assert not state.connection.alive
    assert not state.current
    assert "silent for" in why_line(state).text


def test_a_cell_that_comes_back_is_connected_again_and_tells_how_long_it_was_away() -> None:
    cell = a_cell()
    state = update(live(cell), (), now_ns=5 * SECOND_NS)
    assert state.connection.contact["supervisor"] is Contact.LOST
    state = update(state, heard(cell, begin_ns=6 * SECOND_NS, seconds=0.3), now_ns=6 * SECOND_NS + SECOND_NS // 2)
    assert state.connection.alive
    assert 3.5 < state.connection.lost_for_s < 5.0


def test_one_silent_process_is_named_while_the_others_go_on() -> None:
    cell = a_cell()
    state = live(cell)
    arrivals = [a for a in heard(cell, begin_ns=2 * SECOND_NS, seconds=2.0) if not a.topic.startswith("camera")]
    state = update(state, arrivals, now_ns=4 * SECOND_NS)
    assert state.connection.alive
    assert state.connection.lost == ("cameras",)


def test_why_it_does_not_move_is_answered_before_anything_was_heard() -> None:
    assert why_line(ConsoleState(kind=SourceKind.LIVE)).text


def test_events_are_bounded_and_the_newest_comes_first() -> None:
    cell = a_cell()
    arrivals: list[Arrival] = []
    for number in range(EVENTS_KEPT + 50):
        cell.enter(Mode.IDLE if number % 2 else Mode.ASSIST, number)
        arrivals += [Arrival("events", event, number) for event in cell.events]
        cell.events.clear()
    state = update(ConsoleState(kind=SourceKind.LIVE), arrivals, now_ns=SECOND_NS)
    assert len(state.events) == EVENTS_KEPT
    assert state.events[0].stamp_ns == EVENTS_KEPT + 49


def test_a_console_that_joins_is_told_what_happened_before_once_and_in_order() -> None:
    told = tuple(Event(number, "task", "info", f"line {number}") for number in range(1, 6))
    state = update(ConsoleState(kind=SourceKind.LIVE), [Arrival("events", told[4], 5)], now_ns=6)
    for _ in range(3):
        state = update(state, [Arrival("history", History(6, told), 6)], now_ns=6)
    assert [event.stamp_ns for event in state.events] == [5, 4, 3, 2, 1]
    newest = Event(7, "task", "info", "line 7")
    both = [Arrival("history", History(7, (*told, newest)), 7), Arrival("events", newest, 7)]
    for order in (both, both[::-1]):
        assert [event.stamp_ns for event in update(state, order, now_ns=7).events] == [7, 5, 4, 3, 2, 1]


def test_a_heartbeats_warning_is_kept_until_it_is_withdrawn() -> None:
    beat = Heartbeat("control", 1, 1, 1, warning="no real-time scheduling")
    state = update(ConsoleState(kind=SourceKind.LIVE), [Arrival("health/control", beat, 1)], now_ns=2)
    assert state.warnings["control"] == "no real-time scheduling"
    well = Arrival("health/control", Heartbeat("control", 1, 2, 1), 2)
    assert update(state, [well], now_ns=3).warnings["control"] == ""


def receipt(phase: ReceiptPhase, at_ns: int, reason: str = "") -> Arrival:
    return Arrival("receipts", Receipt("r1", phase, at_ns, "swap_policy", reason=reason), at_ns)


def asked() -> ConsoleState:
    row = commands.sent("r1", command="swap_policy", subject="programmed_careful", now_ns=SECOND_NS)
    return with_command(ConsoleState(kind=SourceKind.LIVE, now_ns=SECOND_NS), row)


def test_a_command_is_shown_sent_accepted_effective_confirmed_each_with_its_time() -> None:
    state = asked()
    for step, phase in enumerate((ReceiptPhase.ACCEPTED, ReceiptPhase.EFFECTIVE, ReceiptPhase.CONFIRMED), start=1):
        state = update(state, [receipt(phase, SECOND_NS + step)], now_ns=SECOND_NS + step)
        assert state.commands[0].phase is phase
    assert [at for _, at in state.commands[0].phases] == [SECOND_NS, SECOND_NS + 1, SECOND_NS + 2, SECOND_NS + 3]


def test_the_same_receipt_twice_changes_nothing_and_a_refusal_keeps_its_reason() -> None:
    state = update(asked(), [receipt(ReceiptPhase.REFUSED, SECOND_NS + 1, "its weights are missing")], now_ns=SECOND_NS)
    again = update(state, [receipt(ReceiptPhase.REFUSED, SECOND_NS + 9, "x")], now_ns=SECOND_NS)
    assert again.commands == state.commands
    assert again.commands[0].ended_badly
    assert again.commands[0].reason == "its weights are missing"


def test_a_request_that_nobody_answers_is_shown_as_failed_and_a_late_answer_is_still_taken() -> None:
    state = update(asked(), (), now_ns=4 * SECOND_NS)
    assert state.commands[0].phase is ReceiptPhase.FAILED
    state = update(state, [receipt(ReceiptPhase.ACCEPTED, 5 * SECOND_NS)], now_ns=5 * SECOND_NS)
    assert state.commands[0].phase is ReceiptPhase.ACCEPTED
    assert state.commands[0].reason == ""


def test_trends_keep_every_sample_and_the_modes() -> None:
    cell = a_cell()
    trends = Trends()
    trends.feed(heard(cell, begin_ns=SECOND_NS, seconds=2.0))
    cell.enter(Mode.PROTECTIVE_STOP, 3 * SECOND_NS)
    trends.feed(heard(cell, begin_ns=3 * SECOND_NS, seconds=1.0))
    assert len(trends.blocks["robot"]) == 300
    assert [span.mode for span in trends.spans] == [Mode.AUTO, Mode.PROTECTIVE_STOP]
    assert sum(len(lane.labels) for lane in trends.lanes if not lane.key.startswith("signal ")) == 24


def test_the_past_of_a_recording_fills_the_trends_and_leaves_the_present_alone() -> None:
    cell = a_cell()
    past = [
        Arrival(a.topic, a.message, a.received_ns, None, historic=True) for a in heard(cell, begin_ns=1, seconds=0.5)
    ]
    state = update(ConsoleState(kind=SourceKind.REPLAY), past, now_ns=1)
    assert state.robot is None
    trends = Trends()
    trends.feed(past)
    assert len(trends.blocks["robot"]) == 50
