"""The fallback in a whole cell, in simulated time: for every way in which a policy fails, and for F12 and F13."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from runtime.messages.faults import FaultSeverity
from runtime.messages.requests import (
    AddTask,
    Body,
    ClearFaults,
    PromoteShadow,
    Receipt,
    ReturnFromFallback,
    SetFallback,
    SetShadow,
    Start,
    SwapPolicy,
    TryPolicy,
)
from runtime.messages.state import Mode
from runtime.messages.tasks import Task, TaskStatus
from runtime.mistakes import UserMistake
from twin_app.assembly.examination.examination import examine
from twin_app.assembly.fault_spec import FaultWish
from twin_app.assembly.lockstep import LockStepCell, run_picks
from twin_app.assembly.setup import CellSetup, read_plugins, read_scene

PLUGINS = str(Path(__file__).resolve().parents[1] / "support" / "plugins")
SEED = 7
ASKED_PLAINLY = 200_000
"""A seed whose instruction the programmed policy understands."""

pytestmark = pytest.mark.timeout(180)


def setup(policy: str, **more: Any) -> CellSetup:  # fields of the setup
    return CellSetup(**{"policy": policy, "seed": SEED, "plugins": PLUGINS, "fallback": "programmed", **more})


@contextmanager
def running(policy: str, *, faults: tuple[FaultWish, ...] = (), **more: Any) -> Iterator[LockStepCell]:
    cell = LockStepCell(setup(policy, **more), faults=faults)
    try:
        cell.start()
        yield cell
    finally:
        cell.close()


def ticks(cell: LockStepCell, count: int) -> None:
    for _ in range(count):
        cell.loop.tick()


def story(cell: LockStepCell) -> list[str]:
    return [event.text for event in cell.loop.events if event.lane == "policy"]


def done(cell: LockStepCell, receipt: Receipt) -> Task:
    return cell.run_to_end(int(receipt.detail))


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("unsure", "unsure: confidence 0.10, limit 0.30, for 1.0 s"),
        ("below", "refused by the guard: 5 chunks in a row"),
        ("nan", "policy nan raised ValueError: gripper_in_base[0] holds nan, must be finite"),
        ("rubbish", "ill-formed: 2 answers in a row, limit 2; policy rubbish raised TypeError: infer returned a str"),
        ("declining", "declined: nothing here is called that"),
        ("giving_up", "failed: missed it"),
    ],
)
def test_the_pick_is_finished_by_the_fallback_and_the_timeline_says_why(policy: str, said: str) -> None:
    with running(policy) as cell:
        result = cell.pick()
        assert result.succeeded
        assert result.verified
        assert result.attempts == 1
        told = next(line for line in story(cell) if "stands in" in line and "ready" not in line)
        assert told.startswith(f"programmed stands in for {policy} 0.1: ")
        assert said in told
        assert any(event.lane == "mode" and event.text.startswith("fallback: ") for event in cell.loop.events)
        assert cell.oversight.fallback.used == 1


def test_the_fallback_does_what_the_policy_has_read_where_it_cannot_read_the_words_itself() -> None:
    with running("puzzled") as cell:
        cell.judge.begin(part="yellow cylinder", tote="left")
        task = done(cell, cell.ask(AddTask("golden please, over there where my left hand is")))
        assert cell.judge.outcome().succeeded, task.reason
        assert any("it is told: put the yellow cylinder in the left tote" in line for line in story(cell))


def test_words_that_neither_can_read_are_declined_and_a_person_is_asked() -> None:
    with running("declining") as cell:
        task = done(cell, cell.ask(AddTask("sing a song")))
        ticks(cell, 300)
        assert task.status is TaskStatus.DECLINED
        assert cell.oversight.fallback.used == 1
        assert cell.mode is Mode.ASSIST
        assert "declining and programmed declined the instruction: " in cell.control.modes.reason


@pytest.mark.parametrize("fallback", ["programmed", ""])
def test_what_waits_behind_a_declined_task_is_not_begun_before_a_person_starts_the_cell(fallback: str) -> None:
    with running("declining", fallback=fallback) as cell:
        first, second = cell.ask(AddTask("sing a song")), cell.ask(AddTask("put the cyan flat box in the right tote"))
        assert done(cell, first).status is TaskStatus.DECLINED
        ticks(cell, 8000)
        assert cell.mode is Mode.ASSIST
        waiting = cell.oversight.desk.queue.get(int(second.detail))
        assert waiting is not None
        assert (waiting.status, waiting.attempt, waiting.started_ns) == (TaskStatus.QUEUED, 0, 0)
        cell.ask(SwapPolicy("programmed"))
        cell.ask(Start())
        finished = done(cell, second)
        assert (finished.status, finished.attempt) == (TaskStatus.SUCCEEDED, 1), finished.reason


def test_what_the_policy_declines_for_the_words_sake_the_fallback_does_not_try() -> None:
    with running("refusing") as cell:
        before = cell.judge.places()
        task = done(cell, cell.ask(AddTask("put everything but the red cube in the left tote")))
        ticks(cell, 300)
        assert task.status is TaskStatus.DECLINED
        assert cell.judge.places() == before
        assert cell.oversight.fallback.used == 0
        assert cell.mode is Mode.ASSIST


@pytest.mark.parametrize(("policy", "used"), [("declining", True), ("steady", False)])
def test_an_examination_with_a_fallback_tells_whether_it_was_used(policy: str, *, used: bool) -> None:
    chosen = setup(policy, seed=ASKED_PLAINLY)
    registry = read_plugins(chosen)
    examined = registry.load_policy(policy, read_scene(chosen).cell)
    result = examine(chosen, suite="nominal", policy=examined, registry=registry)
    assert (result.verdict, result.fallback_used) == ("succeeded", used)
    assert any("stands in for declining" in line for line in result.story) is used


def test_the_policy_has_its_chance_again_with_the_next_task() -> None:
    with running("unsure") as cell:
        first, second = cell.pick(), cell.pick()
        assert first.succeeded
        assert second.succeeded
        assert "unsure drives again: next task, it answers in time and well-formed" in story(cell)
        assert cell.oversight.fallback.used == 2


def test_a_quarantined_policy_stays_out_until_it_is_tried_again() -> None:
    with running("rubbish") as cell:
        assert cell.pick().succeeded
        assert cell.pick().succeeded
        assert cell.oversight.fallback.used == 1
        assert cell.mode is Mode.FALLBACK
        with pytest.raises(UserMistake, match="rubbish is in quarantine: raised 3 times in a row"):
            cell.ask(ReturnFromFallback())
        cell.ask(TryPolicy("rubbish"))
        ticks(cell, 400)
        cell.ask(ReturnFromFallback())
        ticks(cell, 400)
        assert cell.mode is Mode.AUTO
        assert "rubbish was released from quarantine" in story(cell)
        assert cell.pick().succeeded  # and it fails again, and is relieved again
        assert cell.oversight.fallback.used == 2


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("unsure", "policy unsure: unsure: confidence 0.10, limit 0.30"),
        ("declining", "declining declined the instruction: nothing here is called that"),
    ],
)
def test_without_a_fallback_the_arm_holds_and_a_person_is_asked(policy: str, said: str) -> None:
    with running(policy, fallback="") as cell:
        cell.ask(AddTask("put the cyan flat box in the right tote"))
        ticks(cell, 4000)
        assert cell.mode is Mode.ASSIST
        assert said in cell.control.modes.reason
        before = cell.control.robot_state().q_rad
        ticks(cell, 1000)
        after = cell.control.robot_state().q_rad
        assert max(abs(a - b) for a, b in zip(before, after, strict=True)) < 2e-3


def test_a_person_who_starts_the_cell_again_lets_the_policy_go_on() -> None:
    with running("unsure", fallback="") as cell:
        receipt = cell.ask(AddTask("put the cyan flat box in the right tote"))
        ticks(cell, 4000)
        cell.ask(SetFallback("programmed"))
        ticks(cell, 400)
        cell.ask(Start())
        assert done(cell, receipt).status.value == "succeeded"
        assert cell.oversight.fallback.used == 1


@pytest.mark.parametrize(("fault", "rule"), [("F12", "refused by the guard"), ("F13", "late")])
def test_a_severe_fault_of_the_policy_leads_to_the_fallback_where_one_is_configured(fault: str, rule: str) -> None:
    wish = FaultWish(fault, FaultSeverity.SEVERE, 1.5, 0.0)
    with running("programmed_careful", faults=(wish,)) as cell:
        assert cell.pick().succeeded
        assert any(f"stands in for programmed_careful 1.0.0: {rule}" in line for line in story(cell))
        assert cell.mode is Mode.FALLBACK
        assert cell.pick().succeeded
        used = cell.oversight.fallback.used
        cell.ask(ClearFaults(fault))
        for _ in range(3):
            assert cell.pick().succeeded
        assert cell.mode is Mode.AUTO
        assert cell.oversight.fallback.used <= used + 1


def test_programmed_alone_has_no_fallback() -> None:
    with running("programmed", faults=(FaultWish("F12", FaultSeverity.SEVERE, 1.5, 0.0),)) as cell:
        cell.ask(AddTask("put the cyan flat box in the right tote"))
        ticks(cell, 6000)
        assert cell.mode is Mode.ASSIST
        assert cell.oversight.fallback.used == 0


def test_the_same_seed_gives_the_same_trace_with_shadow_and_fallback_at_work() -> None:
    first, again = (run_picks(setup("unsure", shadow="programmed_careful"), picks=1) for _ in range(2))
    assert first["trace_sha256"] == again["trace_sha256"]
    assert first["fallback_used"] == again["fallback_used"] == 1


def test_a_shadow_has_no_effect_on_what_the_arm_does() -> None:
    alone, beside = (run_picks(setup("steady", shadow=shadow), picks=1) for shadow in ("", "programmed_careful"))
    assert alone["trace_sha256"] == beside["trace_sha256"]
    assert beside["succeeded"] == 1


def shadow_asked(cell: LockStepCell, body: Body) -> None:
    cell.ask(body)
    ticks(cell, 500)


def test_a_shadow_is_set_compared_promoted_and_swapped_back() -> None:
    with running("steady") as cell:
        receipt = cell.ask(AddTask("put the cyan flat box in the right tote"))
        shadow_asked(cell, SetShadow("programmed_careful"))
        policy = cell.oversight.telemetry.policy
        assert policy is not None
        assert policy.shadow is not None
        assert policy.shadow.disagreement is not None
        assert policy.shadow.gripper_in_base
        assert policy.shadow.tally.compared >= 2
        shadow_asked(cell, PromoteShadow())
        policy = cell.oversight.telemetry.policy
        assert policy is not None
        assert (policy.active, policy.previous, policy.shadow) == ("programmed_careful", "steady", None)
        assert done(cell, receipt).status.value == "succeeded"


def test_a_shadow_that_fails_is_quarantined_while_the_active_one_picks_on() -> None:
    with running("programmed", shadow="rubbish") as cell:
        assert cell.pick().succeeded
        assert any("rubbish is in quarantine" in line for line in story(cell))
        assert cell.oversight.fallback.used == 0
        assert cell.mode is Mode.AUTO
