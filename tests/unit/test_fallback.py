"""When the fallback stands in, when the policy comes back, and when a person is asked: in words and in events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from msgspec.structs import replace

from runtime.messages.policy import PolicyEntry, PolicyState, PolicyStatus, Readiness, ShadowState
from runtime.messages.state import Mode, PlanExecution
from runtime.messages.tasks import Task, TaskStatus
from runtime.modes import ModeEvent
from runtime.supervision.fallback import FallbackKeeper, FallbackOutput
from tests.support.supervised import STEP_NS, MadeUpCell


@dataclass
class Shift:
    """A keeper and the cell that it looks at: `learned` drives, `stock` could stand in."""

    cell: MadeUpCell = field(default_factory=lambda: MadeUpCell(active="learned", task_id=1, attempt=1))
    keeper: FallbackKeeper = field(default_factory=FallbackKeeper)
    changes: dict[str, Any] = field(default_factory=dict)
    """Of the policy's state."""

    obstacle: str = ""
    """Of `learned`."""

    task: Task | None = None
    refused: int = 0
    driven_s: float = 0.0
    missed: str = ""

    def __post_init__(self) -> None:
        self.task = Task(1, "put the red cube in the left tote", 0, 60.0, 1, 1, TaskStatus.RUNNING, "", 0, 0, 0)
        self.changes = {"fallback": "stock", "fallback_ready": True, "confidence_limit": 0.5, "confidence": 0.9}

    def policy(self) -> PolicyState:
        readiness = Readiness.REFUSED if self.obstacle else Readiness.ACTIVE
        entries = (
            PolicyEntry("learned", "1.2", "learned", readiness, self.obstacle),
            PolicyEntry("stock", "1.0", "stock", Readiness.READY),
        )
        return replace(self.cell.policy(), entries=entries, **self.changes)

    def look(self, times: int = 1) -> FallbackOutput:
        for _ in range(times - 1):
            self.one()
        return self.one()

    def one(self) -> FallbackOutput:
        self.cell.now_ns += STEP_NS
        return self.keeper.tick(
            self.cell.now_ns,
            control=self.cell.control(),
            policy=self.policy(),
            running=self.task,
            refused_in_row=self.refused,
            driven_s=self.driven_s,
            missed=self.missed,
        )

    def stand_in(self) -> None:
        """From the first sign to the fallback's driving."""
        self.cell.status = PolicyStatus.DECLINED
        assert self.look().stand_in_for == "learned"
        self.cell.status = PolicyStatus.WORKING
        self.cell.mode, self.cell.active = Mode.FALLBACK, "stock"
        self.changes |= {"stands_in_for": "learned", "fallback_ready": False}
        self.shadow()
        self.look()

    def shadow(self, **changes: Any) -> None:  # fields of its state
        told = {"status": PolicyStatus.WORKING, "inferences": 1, "inference_s": 0.05, **changes}
        self.changes["shadow"] = ShadowState("learned", "1.2", Readiness.READY, **told)

    def next_task(self, *, looks: int = 20, **shadow: Any) -> FallbackOutput:
        """Another task, after so many inferences in shadow."""
        self.shadow(inferences=1 + looks, **shadow)
        assert self.task is not None
        self.task = replace(self.task, task_id=self.task.task_id + 1)
        return self.look()


def alone() -> Shift:
    shift = Shift()
    shift.changes |= {"fallback": "", "fallback_ready": False}
    return shift


def words(output: FallbackOutput) -> str:
    assert len(output.events) == 1
    assert output.events[0].lane == "policy"
    return output.events[0].text


def test_a_policy_that_does_its_work_is_left_alone() -> None:
    shift = Shift()
    for _ in range(60):
        output = shift.one()
        assert (output.stand_in_for, output.ask, output.events) == ("", None, ())
        assert output.ready


Trouble = Callable[[Shift], None]


def declines(shift: Shift) -> None:
    shift.cell.status, shift.cell.reason = PolicyStatus.DECLINED, "nothing is called that"


def fails(shift: Shift) -> None:
    shift.cell.status, shift.cell.reason = PolicyStatus.FAILED, "missed it"


def is_late(shift: Shift) -> None:
    shift.cell.execution, shift.cell.inference_s = PlanExecution.HOLDING, 0.84


def is_silent(shift: Shift) -> None:
    shift.cell.execution = PlanExecution.SILENT


def is_ill_formed(shift: Shift) -> None:
    shift.cell.status, shift.cell.reason = PolicyStatus.FAILED, "returned None, must be a Proposal"
    shift.changes["failures"] = 2


def is_refused(shift: Shift) -> None:
    shift.refused = 5


def is_slow(shift: Shift) -> None:
    shift.driven_s = 30.0


def has_missed(shift: Shift) -> None:
    shift.missed = "red cube is still in the tray"


def is_quarantined(shift: Shift) -> None:
    shift.obstacle = "hung: no answer within 2 s"


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (declines, "declined: nothing is called that"),
        (fails, "failed: missed it"),
        (is_late, "late: its last chunk has run out; inference 0.84 s, deadline 0.20 s"),
        (is_silent, "silent: no usable chunk for 1 s; inference 0.05 s, deadline 0.20 s"),
        (is_ill_formed, "ill-formed: 2 answers in a row, limit 2; returned None"),
        (is_refused, "refused by the guard: 5 chunks in a row, limit 5"),
        (is_slow, "slow: not done after 30 s, limit 30 s"),
        (has_missed, "missed: the attempt before failed: red cube is still in the tray"),
        (is_quarantined, "quarantined: hung: no answer within 2 s"),
    ],
)
def test_the_fallback_stands_in_at_once_and_says_by_which_rule(trouble: Trouble, said: str) -> None:
    shift = Shift()
    shift.look()
    trouble(shift)
    output = shift.look()
    assert output.stand_in_for == "learned"
    assert output.ask is not None
    assert output.ask[0] is ModeEvent.FALLBACK_READY
    assert said in output.ask[1]
    assert words(output).startswith("stock stands in for learned 1.0: ")
    assert said in words(output)
    assert output.policy is not None
    assert output.policy.status is PolicyStatus.WORKING  # the task goes on
    assert shift.keeper.used == 1


@pytest.mark.parametrize("confidence", [0.0, 0.49])
def test_confidence_below_its_own_limit_counts_after_a_second(confidence: float) -> None:
    shift = Shift()
    shift.changes["confidence"] = confidence
    assert all(shift.one().stand_in_for == "" for _ in range(20))
    output = shift.look()
    assert output.stand_in_for == "learned"
    assert f"unsure: confidence {confidence:.2f}, limit 0.50, for 1.0 s" in words(output)


def test_a_server_that_is_out_of_reach_for_two_seconds_calls_the_fallback_also_between_tasks() -> None:
    shift = Shift()
    shift.task = None
    shift.changes["obstacle"] = "ws://host:1: no connection"
    assert all(shift.one().stand_in_for == "" for _ in range(40))
    assert "out of reach: ws://host:1: no connection, for 2.0 s" in words(shift.look())
    alone_shift = alone()
    alone_shift.changes["obstacle"] = "ws://host:1: no connection"
    assert alone_shift.look(100).ask is None


def test_a_moment_of_doubt_is_none() -> None:
    shift = Shift()
    for step in range(100):
        shift.changes["confidence"] = 0.9 if step % 15 == 0 else 0.1
        assert shift.one().stand_in_for == ""


def test_a_policy_without_a_limit_is_never_unsure() -> None:
    shift = Shift()
    shift.changes |= {"confidence": 0.0, "confidence_limit": 0.0}
    assert all(shift.one().stand_in_for == "" for _ in range(60))


def test_one_bad_answer_neither_ends_the_task_nor_calls_the_fallback() -> None:
    shift = Shift()
    is_ill_formed(shift)
    shift.changes["failures"] = 1
    output = shift.look()
    assert output.stand_in_for == ""
    assert output.policy is not None
    assert output.policy.status is PolicyStatus.WORKING


def test_the_mode_is_asked_for_again_until_it_follows() -> None:
    shift = Shift()
    declines(shift)
    asked = [shift.one().ask is not None for _ in range(25)]
    assert asked.count(True) == 3
    assert asked[0]


def test_what_the_fast_loop_does_by_itself_is_followed() -> None:
    shift = Shift()
    shift.look()
    shift.cell.mode, shift.cell.mode_reason = Mode.FALLBACK, "the policy sent nothing usable for a second"
    output = shift.look()
    assert (output.stand_in_for, output.ask) == ("learned", None)
    assert "silent: the policy sent nothing usable for a second" in words(output)


def test_the_policy_comes_back_with_the_next_task_when_it_is_healthy_in_shadow() -> None:
    shift = Shift()
    shift.stand_in()
    shift.shadow(inferences=50)
    assert shift.look(40).stand_in_for == "learned"  # not within the task in which it failed
    output = shift.next_task(looks=60)
    assert output.stand_in_for == ""
    assert output.ask is not None
    assert output.ask[0] is ModeEvent.POLICY_BACK
    assert "learned drives again: next task" in words(output)
    shift.cell.mode, shift.cell.active = Mode.AUTO, "learned"
    shift.changes |= {"stands_in_for": "", "fallback_ready": True}
    output = shift.look(5)
    assert (output.stand_in_for, output.ask, output.ready) == ("", None, True)


@pytest.mark.parametrize(
    "shadow",
    [{"looks": 3}, {"failures": 1}, {"inference_s": 0.9}],
    ids=["too few looks", "ill-formed", "late"],
)
def test_a_policy_that_is_not_healthy_in_shadow_does_not_come_back(shadow: dict[str, Any]) -> None:
    shift = Shift()
    shift.stand_in()
    assert shift.next_task(**shadow).stand_in_for == "learned"
    assert shift.look(3).stand_in_for == "learned"


def test_a_policy_that_becomes_healthy_in_the_middle_of_a_task_waits_for_the_next_one() -> None:
    shift = Shift()
    shift.stand_in()
    shift.next_task(looks=60, inference_s=0.9)
    shift.look(30)
    shift.shadow(inferences=90)
    assert shift.look(5).stand_in_for == "learned"
    assert shift.next_task(looks=100).stand_in_for == ""


def test_a_quarantined_policy_comes_back_neither_by_rule_nor_by_hand() -> None:
    shift = Shift()
    shift.stand_in()
    is_quarantined(shift)
    shift.keeper.return_by_hand()
    assert shift.look(3).stand_in_for == "learned"
    assert shift.next_task().stand_in_for == "learned"
    shift.obstacle = ""
    assert shift.look(3).stand_in_for == ""


def test_a_person_brings_it_back_at_once() -> None:
    shift = Shift()
    shift.stand_in()
    shift.keeper.return_by_hand()
    output = shift.look()
    assert (output.stand_in_for, output.ask) == (
        "",
        (ModeEvent.POLICY_BACK, "policy learned drives again: a person asked for it"),
    )


def test_a_stop_in_between_and_a_persons_start_give_it_back_unless_it_is_quarantined() -> None:
    for obstacle, stands_in_for in (("", ""), ("hung", "learned")):
        shift = Shift()
        shift.stand_in()
        shift.cell.mode = Mode.PROTECTIVE_STOP
        assert shift.look(3).stand_in_for == "learned"
        shift.obstacle = obstacle
        shift.cell.mode = Mode.AUTO
        asked = [shift.one().ask for _ in range(12)]
        assert shift.keeper.stands_in_for == stands_in_for
        assert [ask[0] for ask in asked if ask is not None] == [ModeEvent.FALLBACK_READY] * bool(obstacle)


def test_another_policy_that_was_chosen_ends_the_standing_in() -> None:
    shift = Shift()
    shift.stand_in()
    shift.cell.active = "third"
    shift.changes["stands_in_for"] = ""
    output = shift.look()
    assert output.stand_in_for == ""
    assert "third drives again: third was chosen" in words(output)


def test_the_fallback_tries_once_and_what_it_says_then_counts() -> None:
    shift = Shift()
    shift.stand_in()
    shift.cell.status = PolicyStatus.DECLINED
    output = shift.look()
    assert output.stand_in_for == "learned"
    assert output.policy is not None
    assert output.policy.status is PolicyStatus.DECLINED
    assert shift.keeper.used == 1


def test_words_that_ask_for_nothing_to_be_done_are_not_given_to_the_fallback() -> None:
    shift = Shift()
    declines(shift)
    shift.changes["unanswerable"] = True
    output = shift.look()
    assert (output.stand_in_for, shift.keeper.used) == ("", 0)
    assert output.ask is not None
    assert output.ask[0] is ModeEvent.ASSIST_ASKED
    assert "no other policy is to try" in words(output)
    assert output.policy is not None
    assert output.policy.status is PolicyStatus.DECLINED


def test_the_timeline_says_what_the_fallback_is_told_to_do() -> None:
    shift = Shift()
    declines(shift)
    shift.changes["reading"] = "put the red cube in the left tote"
    assert words(shift.look()).endswith("nothing is called that; it is told: put the red cube in the left tote")


@pytest.mark.parametrize("trouble", [is_slow, has_missed])
def test_a_person_who_brings_a_slow_policy_back_is_not_contradicted_within_that_task(trouble: Trouble) -> None:
    shift = Shift()
    trouble(shift)
    assert shift.look().stand_in_for == "learned"
    shift.cell.mode, shift.cell.active = Mode.FALLBACK, "stock"
    shift.changes |= {"stands_in_for": "learned", "fallback_ready": False}
    shift.keeper.return_by_hand()
    shift.look()
    shift.cell.mode, shift.cell.active = Mode.AUTO, "learned"
    shift.changes |= {"stands_in_for": "", "fallback_ready": True}
    assert shift.look(40).stand_in_for == ""
    assert shift.task is not None
    shift.task = replace(shift.task, task_id=2)
    assert shift.look().stand_in_for == "learned"


def test_what_was_read_for_the_task_before_is_not_told_as_read_for_this_one() -> None:
    for task_id, told in ((1, True), (0, False)):
        shift = Shift()
        shift.changes["reading"] = "put the cyan flat box in the right tote"
        shift.cell.task_id = task_id
        shift.look()
        is_quarantined(shift)
        (event,) = shift.look().events
        assert ("it is told: put the cyan" in event.text) is told
