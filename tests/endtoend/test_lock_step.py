"""The whole loop in simulated time, from pixels to torque."""

import pytest

from runtime.messages.requests import AddTask, ReceiptPhase, Reset, Start, Stop
from runtime.messages.state import Mode
from runtime.mistakes import UserMistake
from twin_app.assembly.lockstep import LockStepCell, run_picks
from twin_app.assembly.setup import CellSetup

pytestmark = pytest.mark.timeout(120)


def test_the_same_seed_gives_the_same_trace_and_another_seed_another() -> None:
    first, again, other = (run_picks(CellSetup(seed=seed), picks=1)["trace_sha256"] for seed in (7, 7, 8))
    assert first == again
    assert first != other


@pytest.mark.parametrize("scene", ["tray", "conveyor", "tray_iiwa"])
def test_every_scene_picks_from_camera_pictures(scene: str) -> None:
    figures = run_picks(CellSetup(scene=scene, seed=3), picks=2)
    assert figures["succeeded"] == 2
    assert figures["verified_wrongly"] == 0


def test_a_part_that_is_not_there_is_declined_with_a_reason() -> None:
    cell = LockStepCell(CellSetup(seed=2))
    try:
        cell.start()
        receipt = cell.ask(AddTask("put the pink pyramid in the left tote"))
        task = cell.run_to_end(int(receipt.detail))
        assert task.status.value == "declined"
        assert "pink" in task.reason or "pyramid" in task.reason
    finally:
        cell.close()


def test_a_stop_latches_until_a_reset_and_a_reset_moves_nothing() -> None:
    cell = LockStepCell(CellSetup(seed=4))
    try:
        cell.start()
        cell.ask(AddTask("put the red cube in the left tote"))
        _ticks(cell, 1500)
        cell.ask(Stop())
        _ticks(cell, 500)
        assert cell.mode is Mode.PROTECTIVE_STOP
        with pytest.raises(UserMistake, match="reset"):
            cell.ask(Start())
        stood = cell.control.robot_state().q_rad
        assert cell.ask(Reset()).phase is ReceiptPhase.ACCEPTED
        _ticks(cell, 1000)
        assert cell.mode is Mode.IDLE
        moved = max(abs(a - b) for a, b in zip(stood, cell.control.robot_state().q_rad, strict=True))
        assert moved < 2e-3
    finally:
        cell.close()


def _ticks(cell: LockStepCell, ticks: int) -> None:
    for _ in range(ticks):
        cell.loop.tick()
