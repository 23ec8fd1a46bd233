"""The whole loop in simulated time, from pixels to torque."""

import pytest
from msgspec.structs import replace

from runtime.messages.faults import FaultSeverity
from runtime.messages.requests import AddTask, ReceiptPhase, Reset, Start, Stop
from runtime.messages.state import Mode
from runtime.mistakes import UserMistake
from twin_app.assembly.fault_spec import FaultWish
from twin_app.assembly.lockstep import LockStepCell, run_picks
from twin_app.assembly.setup import CellSetup, read_scene

pytestmark = pytest.mark.timeout(120)


def test_the_same_seed_gives_the_same_trace_and_another_seed_another() -> None:
    first, again, other = (run_picks(CellSetup(seed=seed), picks=1)["trace_sha256"] for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_a_varied_cell_repeats_with_its_seed_and_the_runtime_is_told_nothing() -> None:
    plain, varied = CellSetup(seed=7), CellSetup(seed=7, variations=("light:weak", "size:weak", "clutter:weak"))
    first, again = (run_picks(varied, picks=1) for _ in range(2))
    assert first["trace_sha256"] == again["trace_sha256"]
    assert first["succeeded"] == 1
    assert read_scene(varied).cell == read_scene(plain).cell
    assert read_scene(varied).scene.description.parts != read_scene(plain).cell.parts


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


def test_a_stop_with_a_part_in_the_hand_costs_neither_task_nor_place() -> None:
    cell = LockStepCell(CellSetup(seed=6))
    try:
        cell.start()
        first = cell.ask(AddTask("put the green cube in the left tote", retries=0))
        second = cell.ask(AddTask("put the red cube in the right tote", retries=0))
        for _ in range(2):
            _carry(cell)
            cell.ask(Stop())
            _ticks(cell, 500)
            assert cell.ask(Reset()).phase is ReceiptPhase.ACCEPTED
            _ticks(cell, 500)
            cell.ask(Start())
        done = [cell.run_to_end(int(receipt.detail)) for receipt in (first, second)]
        assert [task.status.value for task in done] == ["succeeded", "succeeded"]
        places = cell.judge.places()
        assert (places["green cube"], places["red cube"]) == ("left", "right")
    finally:
        cell.close()


def test_a_cell_that_waits_for_a_person_ends_the_run_with_its_reason() -> None:
    with pytest.raises(UserMistake, match="the cell is in protective_stop: stop pressed"):
        _stopped_pick()


def test_a_reset_without_a_measurement_of_the_arm_is_refused_with_what_to_do() -> None:
    cell = LockStepCell(CellSetup(seed=4))
    try:
        cell.start()
        cell.ask(Stop())
        _ticks(cell, 500)
        cell.oversight.telemetry = replace(cell.oversight.telemetry, robot=None)
        with pytest.raises(UserMistake, match="restart the plant first"):
            cell.ask(Reset())
    finally:
        cell.close()


def test_a_fault_of_temperature_cannot_be_cleared_before_the_motor_has_cooled() -> None:
    cell = LockStepCell(CellSetup(seed=4), faults=(FaultWish("F31", FaultSeverity.SEVERE, 0.0, 0.0),))
    try:
        cell.start()
        for _ in range(400):
            _ticks(cell, 100)
            if cell.mode is Mode.FAULT:
                break
        assert cell.control.modes.reason.startswith("motor of joint")
        since_ns = cell.control.modes.since_ns
        _ticks(cell, 500)
        with pytest.raises(UserMistake, match=r"motor of joint\d is still at \d+ °C: it has to cool below \d+"):
            cell.ask(Reset())
        _ticks(cell, 500)
        assert cell.mode is Mode.FAULT
        assert cell.control.modes.since_ns == since_ns
    finally:
        cell.close()


def _stopped_pick() -> None:
    cell = LockStepCell(CellSetup(seed=4))
    try:
        cell.start()
        cell.ask(Stop())
        cell.pick()
    finally:
        cell.close()


def _carry(cell: LockStepCell) -> None:
    """Until a part is in the hand, and off the ground."""
    for _ in range(20_000):
        cell.loop.tick()
        robot = cell.control.robot_state()
        if robot.gripper_force_n > 10.0 and robot.gripper_in_base.position_m[2] > 0.1:
            return
    raise AssertionError("nothing was grasped")


def _ticks(cell: LockStepCell, ticks: int) -> None:
    for _ in range(ticks):
        cell.loop.tick()
