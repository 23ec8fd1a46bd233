"""The gripper's widths over time, chunk after chunk."""

from __future__ import annotations

from runtime.messages.geometry import Pose
from runtime.system1.gripper_steps import GripperSteps
from tests.support.loop import DOWN, chunk

_STEPS_MS = (100, 200, 300)


def _gripper(width_m: float) -> GripperSteps:
    gripper = GripperSteps(force_n=30.0, width_max_m=0.08)
    gripper.hold(width_m)
    return gripper


def _ask(gripper: GripperSteps, widths_m: tuple[float, float, float], due_ms: tuple[int, ...]) -> None:
    poses = [Pose((0.5, 0.0, 0.3), DOWN)] * len(widths_m)
    plan = chunk(plan_id=1, observed_ns=0, poses=poses, widths_m=list(widths_m))
    gripper.follow(plan, tuple(at * 1_000_000 for at in due_ms))


def _width_m(gripper: GripperSteps, at_ms: int) -> float:
    return gripper.sample(at_ms * 1_000_000)


def test_what_two_chunks_ask_for_happens_when_the_first_said() -> None:
    gripper = _gripper(0.08)
    _ask(gripper, (0.08, 0.02, 0.02), _STEPS_MS)
    _ask(gripper, (0.08, 0.0204, 0.02), (180, 280, 380))
    assert _width_m(gripper, 199) == 0.08
    assert _width_m(gripper, 200) == 0.0204
    assert _width_m(gripper, 380) == 0.02


def test_what_the_next_chunk_does_not_ask_for_any_more_does_not_happen() -> None:
    gripper = _gripper(0.08)
    _ask(gripper, (0.02, 0.02, 0.02), _STEPS_MS)
    _ask(gripper, (0.08, 0.08, 0.08), (150, 250, 350))
    assert _width_m(gripper, 500) == 0.08


def test_another_change_waits_for_its_own_moment() -> None:
    gripper = _gripper(0.08)
    _ask(gripper, (0.02, 0.02, 0.02), _STEPS_MS)
    _ask(gripper, (0.05, 0.02, 0.02), (150, 250, 350))
    assert _width_m(gripper, 149) == 0.08
    assert _width_m(gripper, 150) == 0.05
    assert _width_m(gripper, 250) == 0.02


def test_a_change_that_comes_sooner_than_before_comes_sooner() -> None:
    gripper = _gripper(0.08)
    _ask(gripper, (0.08, 0.08, 0.02), _STEPS_MS)
    _ask(gripper, (0.02, 0.02, 0.02), (150, 250, 350))
    assert _width_m(gripper, 150) == 0.02


def test_nothing_is_kept_of_a_chunk_that_was_stopped() -> None:
    gripper = _gripper(0.08)
    _ask(gripper, (0.02, 0.02, 0.02), _STEPS_MS)
    gripper.forget()
    _ask(gripper, (0.02, 0.02, 0.02), (400, 500, 600))
    assert _width_m(gripper, 399) == 0.08
    assert _width_m(gripper, 400) == 0.02
