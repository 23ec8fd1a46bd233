"""Answers, measured effects and counts in words."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.messages.faults import FaultPhase, FaultReport, FaultSeverity
from runtime.messages.requests import Receipt, ReceiptPhase
from runtime.messages.tasks import Task, TaskCounts, TaskList, TaskStatus
from twin_app.model import commands
from twin_app.model.arrival import Arrival
from twin_app.model.axis import value_ticks
from twin_app.model.fault_effects import measured_words
from twin_app.model.state import ConsoleState, SourceKind
from twin_app.model.task_answers import Answer, answers, counts_words, task_story
from twin_app.model.update import update, with_command
from twin_app.model.wording import clock, moment_words, outcome, wrapped

SECOND_NS = 1_000_000_000
REASON = "no tote is called bin; known totes: left, right"


def task(number: int, status: TaskStatus, *, took_s: float = 6.0, reason: str = "") -> Task:
    return Task(number, f"task {number}", 0, 60.0, 1, 1, status, reason, 1, 2, 2 + int(took_s * SECOND_NS))


def queue(
    *finished: Task, succeeded: int = 0, failed: int = 0, in_row: int = 0, declined: int = 0, stamp_ns: int = 0
) -> TaskList:
    return TaskList(stamp_ns, (), finished, TaskCounts(succeeded, failed, in_row, failed, 99.0, declined))


def asked_and_ended(phase: ReceiptPhase, *, after_s: float, reason: str = REASON) -> ConsoleState:
    row = commands.sent("r1", command="add_task", subject="put the pink pyramid in the bin", now_ns=SECOND_NS)
    state = with_command(ConsoleState(kind=SourceKind.LIVE, now_ns=SECOND_NS), row)
    ended_ns = SECOND_NS + int(after_s * SECOND_NS)
    accepted = Arrival("receipts", Receipt("r1", ReceiptPhase.ACCEPTED, SECOND_NS, "add_task", detail="7"), 0)
    ended = Arrival("receipts", Receipt("r1", phase, ended_ns, "add_task", reason=reason, detail="7"), 0)
    return update(state, [accepted, ended], now_ns=ended_ns)


def answer(state: ConsoleState) -> Answer | None:
    return next(iter(answers(state)), None)


def with_tasks(state: ConsoleState, tasks: TaskList) -> ConsoleState:
    return update(state, [Arrival("tasks", tasks, state.now_ns)], now_ns=state.now_ns)


def test_a_declined_instruction_is_told_with_its_reason_and_given_back_when_it_was_at_once() -> None:
    state = with_tasks(
        asked_and_ended(ReceiptPhase.FAILED, after_s=0.2), queue(task(7, TaskStatus.DECLINED, reason=REASON))
    )
    told = answer(state)
    assert told is not None
    assert told.text == f"declined: {REASON}"
    assert told.at_once
    assert told.instruction == "put the pink pyramid in the bin"


def test_a_task_that_fails_after_a_while_is_told_and_not_given_back() -> None:
    state = with_tasks(asked_and_ended(ReceiptPhase.FAILED, after_s=40), queue(task(7, TaskStatus.FAILED)))
    told = answer(state)
    assert told is not None
    assert told.text.startswith("failed: ")
    assert not told.at_once


@pytest.mark.parametrize("status", [TaskStatus.CANCELLED, TaskStatus.SUCCEEDED])
def test_what_a_person_ended_or_what_went_well_needs_no_answer(status: TaskStatus) -> None:
    assert answer(with_tasks(asked_and_ended(ReceiptPhase.FAILED, after_s=0.2), queue(task(7, status)))) is None


def test_the_answer_waits_for_the_list_that_holds_the_task() -> None:
    state = asked_and_ended(ReceiptPhase.FAILED, after_s=0.2)
    assert answer(with_tasks(state, queue(stamp_ns=SECOND_NS))) is None


def test_a_refused_instruction_is_told_without_a_task() -> None:
    told = answer(asked_and_ended(ReceiptPhase.REFUSED, after_s=0.1))
    assert told is not None
    assert told.text == f"refused: {REASON}"


def test_the_bad_ends_of_instructions_are_told_in_the_order_in_which_they_came() -> None:
    state = asked_and_ended(ReceiptPhase.FAILED, after_s=40)
    later = commands.sent("r2", command="add_task", subject="put it back", now_ns=2 * SECOND_NS)
    state = with_command(state, later)
    refused = Receipt("r2", ReceiptPhase.REFUSED, 3 * SECOND_NS, "add_task", reason="too long")
    state = update(state, [Arrival("receipts", refused, 0)], now_ns=state.now_ns)
    state = with_tasks(state, queue(task(7, TaskStatus.FAILED)))
    assert [end.request_id for end in answers(state)] == ["r1", "r2"]


def test_a_tasks_story_begins_with_its_reason() -> None:
    assert task_story(task(7, TaskStatus.DECLINED, reason=REASON)).startswith(f"7 declined: {REASON}")


def test_counts_are_of_this_start_and_one_long_task_does_not_spoil_the_duration() -> None:
    done = [task(number, TaskStatus.SUCCEEDED, took_s=took_s) for number, took_s in ((5, 6.0), (4, 300.0), (3, 6.4))]
    old = task(1, TaskStatus.SUCCEEDED, took_s=900.0)
    words = counts_words(queue(*done, task(2, TaskStatus.FAILED), old, succeeded=3))
    assert words == "since start: 3 done (median 6.4 s), 0 failed"
    assert counts_words(queue(failed=3, in_row=3)) == "since start: 0 done, 3 failed, 3 in a row"
    assert counts_words(queue(declined=2)) == "since start: 0 done, 0 failed, 2 declined"


def report(phase: FaultPhase, **changes: Any) -> FaultReport:
    values: dict[str, Any] = {"effect_name": "residual torque over nominal friction", "unit": "1", **changes}
    return FaultReport(
        1, "F26", FaultSeverity.SEVERE, phase, effect_before=0.1, effect_measured=2.67, effect_expected=0.8,
        injected_ns=1, effective_ns=2, cleared_ns=0, **values,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("phase", "words"),
    [
        (FaultPhase.EFFECTIVE, "2.67 × (counts from 0.8 ×)"),
        (FaultPhase.CLEARING, "was 2.67 ×, fading"),
        (FaultPhase.CLEARED, "gone, was 2.67 ×"),
        (FaultPhase.NOT_CLEARED, "still there, was 2.67 ×"),
    ],
)
def test_a_measured_effect_never_reads_as_a_fraction_and_says_when_it_is_gone(phase: FaultPhase, words: str) -> None:
    assert measured_words(report(phase)) == words


def test_an_effect_that_cannot_be_measured_says_why_instead_of_a_number() -> None:
    told = report(FaultPhase.INJECTED, obstacle="flow_vla does not drive, programmed stands in for it")
    assert measured_words(told) == "cannot be measured now: flow_vla does not drive, programmed stands in for it"


def test_a_measured_effect_has_the_unit_that_its_name_asks_for() -> None:
    assert measured_words(report(FaultPhase.EFFECTIVE, unit="s")) == "2.67 s (counts from 0.8 s)"
    share = measured_words(report(FaultPhase.EFFECTIVE, effect_name="share of missed ticks"))
    assert share == "267 % (counts from 80 %)"


def test_the_command_line_says_when_an_effect_is_gone() -> None:
    row = commands.sent("r1", command="clear_faults", subject="F26", now_ns=0)
    row = commands.with_receipt([row], Receipt("r1", ReceiptPhase.CONFIRMED, 12 * SECOND_NS, "clear_faults"))[0]
    assert outcome(row) == "confirmed after 12 s, the effect is gone"


def test_a_tooltip_has_no_line_of_more_than_80_characters() -> None:
    text = wrapped("put the red cube in the left tote " * 9 + "\nlimit 60 s")
    assert max(len(line) for line in text.splitlines()) <= 80
    assert text.splitlines()[-1] == "limit 60 s"


@pytest.mark.parametrize("high", [0.9, 1.06, 3.0, 17.0, 19.93, 26.0, 171.0])
def test_an_axis_has_two_ticks_at_least_so_that_its_scale_can_be_read(high: float) -> None:
    assert len(value_ticks(-0.06 * high, high, most=2)) >= 2


def test_a_moment_is_told_by_the_clock_and_by_its_distance() -> None:
    now_ns = 200 * SECOND_NS
    for moment_ns, start_ns, words in (
        (now_ns - 12_400_000_000, None, "12.4 s ago"),
        (now_ns - 187 * SECOND_NS, None, "3:07 ago"),
        (now_ns + 5, None, "0.0 s ago"),
        (now_ns, 196 * SECOND_NS, "at 4.0 s"),
    ):
        assert moment_words(moment_ns, now_ns=now_ns, start_ns=start_ns, wall_offset_ns=0) == words
    noon_ns = 1_800_000_000_300_000_000
    told = moment_words(now_ns, now_ns=now_ns, start_ns=None, wall_offset_ns=noon_ns - now_ns)
    assert told == f"{clock(noon_ns)}.3 · 0.0 s ago"
