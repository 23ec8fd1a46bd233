"""One policy takes over from another in the middle of a pick, in simulated time: under, in and after the grip."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from runtime.messages.requests import AddTask, SwapPolicy
from twin_app.assembly.lockstep import LockStepCell
from twin_app.assembly.setup import CellSetup

SEED = 3
PART, TOTE = "blue cylinder", "left"

pytestmark = pytest.mark.timeout(180)


def low_and_open(cell: LockStepCell) -> bool:
    state = cell.oversight.telemetry.robot
    return state is not None and state.gripper_in_base.position_m[2] < 0.06 and state.gripper_force_n < 1.0


def gripped(cell: LockStepCell) -> bool:
    state = cell.oversight.telemetry.robot
    return state is not None and state.gripper_force_n > 10.0


def over_the_tote(cell: LockStepCell) -> bool:
    state = cell.oversight.telemetry.robot
    return gripped(cell) and state is not None and abs(state.gripper_in_base.position_m[1]) > 0.25


def released(cell: LockStepCell) -> bool:
    state = cell.oversight.telemetry.robot
    return not gripped(cell) and state is not None and abs(state.gripper_in_base.position_m[1]) > 0.25


def until(cell: LockStepCell, moment: Callable[[LockStepCell], bool]) -> None:
    for _ in range(30_000):
        cell.loop.tick()
        if moment(cell):
            return
    raise AssertionError(f"no moment of {moment.__name__} came")


@pytest.mark.parametrize("pair", [("programmed", "flow_vla"), ("flow_vla", "programmed")], ids=" to ".join)
@pytest.mark.parametrize("moment", [low_and_open, gripped, over_the_tote, released])
def test_the_pick_goes_on(pair: tuple[str, str], moment: Callable[[LockStepCell], bool]) -> None:
    first, second = pair
    cell = LockStepCell(CellSetup(seed=SEED, policy=first))
    try:
        cell.start()
        cell.judge.begin(part=PART, tote=TOTE)
        receipt = cell.ask(AddTask(f"put the {PART} in the {TOTE} tote"))
        until(cell, moment)
        cell.ask(SwapPolicy(second))
        task = cell.run_to_end(int(receipt.detail))
        assert cell.judge.outcome().succeeded, task.reason
        assert (task.status.value, task.attempt) == ("succeeded", 1)
        policy = cell.oversight.telemetry.policy
        assert policy is not None
        assert policy.active == second
    finally:
        cell.close()
