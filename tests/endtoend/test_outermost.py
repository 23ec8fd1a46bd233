"""Parts that are named by where they lie, with the programmed policy: alone, instead of another, and after it."""

from __future__ import annotations

import pytest

from plugins.flow_vla.mind import Mind
from runtime.messages.requests import AddTask, SwapPolicy
from twin_app.assembly.lockstep import LockStepCell
from twin_app.assembly.setup import CellSetup, read_scene

SEED = 3
AXES = {"leftmost": (1, 1.0), "rightmost": (1, -1.0), "nearest": (0, -1.0), "farthest": (0, 1.0)}

pytestmark = pytest.mark.timeout(180)


def outermost(place: str, shape: str) -> str:
    """By where the scene puts things; the policies see none of that."""
    axis, sign = AXES[place]
    lying = [one for one in read_scene(CellSetup(seed=SEED)).scene.place(SEED, 0) if one.name.endswith(shape)]
    return max(lying, key=lambda one: sign * one.part_in_base.position_m[axis]).name


@pytest.mark.parametrize(("place", "shape"), [("leftmost", ""), ("rightmost", "cylinder"), ("nearest", "cube")])
def test_the_outermost_part_is_fetched(place: str, shape: str) -> None:
    cell = LockStepCell(CellSetup(seed=SEED, policy="programmed"))
    try:
        cell.start()
        cell.judge.begin(part=outermost(place, shape), tote="right")
        receipt = cell.ask(AddTask(f"put the {place} {shape or 'one'} in the right tote"))
        task = cell.run_to_end(int(receipt.detail))
        assert cell.judge.outcome().succeeded, task.reason
    finally:
        cell.close()


def test_the_fallback_finds_what_the_learned_policy_asks_about(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Mind, "_resolve", lambda mind, looks, free: "no part is seen")
    cell = LockStepCell(CellSetup(seed=SEED, policy="flow_vla", fallback="programmed"))
    try:
        cell.start()
        cell.judge.begin(part=outermost("leftmost", ""), tote="right")
        receipt = cell.ask(AddTask("put the leftmost one in the right tote"))
        cell.run_to_end(int(receipt.detail))
        assert cell.judge.outcome().succeeded
        assert cell.oversight.fallback.used == 1
    finally:
        cell.close()


@pytest.mark.parametrize("pair", [("programmed", "flow_vla"), ("flow_vla", "programmed")], ids=" to ".join)
def test_who_takes_over_after_the_release_fetches_no_second_one(pair: tuple[str, str]) -> None:
    first, second = pair
    cell = LockStepCell(CellSetup(seed=SEED, policy=first))
    try:
        cell.start()
        cell.judge.begin(part=outermost("leftmost", ""), tote="right")
        receipt = cell.ask(AddTask("put the leftmost one in the right tote"))
        grips = 0
        for _ in range(30_000):
            cell.loop.tick()
            state = cell.oversight.telemetry.robot
            assert state is not None
            held = state.gripper_force_n > 10.0
            grips += held
            if grips and not held:
                break
        cell.ask(SwapPolicy(second))
        task = cell.run_to_end(int(receipt.detail))
        outcome = cell.judge.outcome()
        assert outcome.succeeded, task.reason
        assert not outcome.wrong_part
    finally:
        cell.close()
