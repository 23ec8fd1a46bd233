"""Stops: at once, in time, latched, braked at standstill, and a reset that moves nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest

from runtime.guardrail.limiter_bits import LimiterBit
from runtime.messages.geometry import Pose
from runtime.messages.joint import PlantFlag
from runtime.messages.plan import Severity
from runtime.messages.state import Mode
from runtime.modes import ModeEvent
from tests.support.arm_plant import Mismatch
from tests.support.loop import Loop

UNEQUAL = Mismatch(
    mass_factor=1.05,
    friction_factor=1.3,
    delay_ticks=2,
    position_noise_rad=1e-5,
    velocity_noise_rad_s=1e-3,
    torque_noise_nm=0.04,
)


def _sweep(start: Pose, t_s: float) -> Pose:
    x, y, z = start.position_m
    begun = min(1.0, t_s) ** 2
    return Pose((x + 0.1 * begun, y + 0.12 * begun * math.sin(4.0 * t_s), z - 0.1 * begun), start.orientation_xyzw)


def _moving(*, seed: int = 0, seconds: float = 0.9) -> Loop:
    loop = Loop(mismatch=UNEQUAL, seed=seed)
    loop.start()
    start = loop.home()
    loop.follow_on(lambda t_s: _sweep(start, t_s), seconds)
    assert loop.stage.modes.mode is Mode.AUTO
    assert np.abs(loop.plant.dq_rad_s).max() > 0.2
    return loop


def _standing_after(loop: Loop, ticks: int) -> int:
    for tick in range(ticks):
        loop.tick(work_expected=False)
        if np.abs(loop.plant.dq_rad_s).max() < 0.02:
            return tick + 1
    raise AssertionError(f"still moving after {ticks} ticks")


@pytest.mark.parametrize("seed", range(4))
def test_a_stop_begins_in_its_tick_stands_within_200_ms_and_brakes_at_standstill(seed: int) -> None:
    loop = _moving(seed=seed, seconds=0.7 + 0.07 * seed)
    loop.stop_flag = True
    assert loop.tick().stopping
    assert not loop.commands[-1].brake
    assert _standing_after(loop, 250) <= 200
    loop.run(60)
    assert loop.commands[-1].brake
    assert loop.plant.flags & PlantFlag.BRAKED
    assert loop.stage.modes.mode is Mode.PROTECTIVE_STOP


def test_a_latched_stop_follows_no_chunk_and_no_start() -> None:
    loop = _moving()
    loop.stop_flag = True
    loop.run(400)
    loop.stop_flag = False
    where = loop.plant.q_rad.copy()
    loop.ask(ModeEvent.START)
    loop.run(10)
    loop.send([loop.home()] * 8)
    loop.run(500)
    assert loop.stage.modes.mode is Mode.PROTECTIVE_STOP
    assert "reset first" in loop.stage.modes.refusal
    assert np.array_equal(loop.plant.q_rad, where)


def test_a_reset_clears_the_flag_and_moves_nothing() -> None:
    loop = _moving()
    loop.stop_flag = True
    loop.run(400)
    where = loop.plant.q_rad.copy()
    loop.ask(ModeEvent.RESET)
    loop.run(1)
    assert not loop.stop_flag
    loop.run(1500)
    assert loop.stage.modes.mode is Mode.IDLE
    assert not loop.commands[-1].brake
    assert np.abs(loop.plant.q_rad - where).max() < 5e-4


def test_a_stop_pressed_again_during_the_reset_wins() -> None:
    loop = _moving()
    loop.stop_flag = True
    loop.run(400)
    loop.ask(ModeEvent.RESET)
    loop.run(1)
    loop.stop_flag = True
    loop.run(2)
    assert loop.stage.modes.mode is Mode.PROTECTIVE_STOP
    assert loop.commands[-1].brake


def test_after_stop_and_reset_the_policy_can_drive_on() -> None:
    loop = _moving()
    loop.stop_flag = True
    loop.run(400)
    loop.ask(ModeEvent.RESET)
    loop.run(300)
    loop.ask(ModeEvent.START)
    loop.run(1)
    here = loop.home()
    goal = Pose((here.position_m[0], here.position_m[1], here.position_m[2] + 0.04), here.orientation_xyzw)
    loop.send([goal] * 8)
    loop.run(900)
    assert loop.home().position_m == pytest.approx(goal.position_m, abs=1e-3)


def test_a_planner_that_was_restarted_is_heard_after_the_reset_and_not_before() -> None:
    loop = _moving()
    loop.send([loop.home()] * 8, plan_id=1)
    loop.run(50)
    assert loop.stage.execution.rejected == 1
    loop.stop_flag = True
    loop.run(400)
    loop.ask(ModeEvent.RESET)
    loop.run(300)
    loop.ask(ModeEvent.START)
    loop.run(1)
    loop.send([loop.home()] * 8, plan_id=1)
    loop.run(50)
    assert loop.stage.execution.rejected == 1
    assert loop.stage.modes.mode is Mode.AUTO


def test_the_grip_outlives_a_stop() -> None:
    loop = Loop()
    loop.start()
    loop.send([loop.home()] * 4, widths_m=[0.03, 0.08, 0.08, 0.08])
    loop.run(150)
    loop.stop_flag = True
    loop.run(1000)
    assert loop.commands[-1].gripper_width_m == 0.03


def test_a_pause_stops_and_holds_without_latching() -> None:
    loop = _moving()
    loop.ask(ModeEvent.PAUSE)
    assert _standing_after(loop, 250) <= 200
    loop.run(500)
    assert loop.stage.modes.mode is Mode.IDLE
    assert not loop.commands[-1].brake


def test_an_arm_that_is_held_fast_is_stopped_with_the_joint_named() -> None:
    loop = _moving()
    loop.plant.friction_factor = 200.0
    start = loop.home()
    loop.follow_on(lambda t_s: _sweep(start, t_s), 2.0)
    assert loop.stage.modes.mode is Mode.PROTECTIVE_STOP
    assert "rad away from its reference" in loop.stage.modes.reason


def test_a_tripped_motor_is_a_fault_that_reset_alone_does_not_clear() -> None:
    loop = _moving()
    loop.plant.trip(tripped=True)
    loop.run(20)
    assert loop.stage.modes.mode is Mode.FAULT
    loop.ask(ModeEvent.RESET)
    loop.run(5)
    assert loop.stage.modes.mode is Mode.FAULT
    loop.ask(ModeEvent.CLEAR_FAULT)
    loop.run(5)
    assert loop.stage.modes.mode is Mode.FAULT
    loop.plant.trip(tripped=False)
    loop.run(5)
    loop.ask(ModeEvent.CLEAR_FAULT)
    loop.run(5)
    assert loop.stage.modes.mode is Mode.PROTECTIVE_STOP


def test_a_measurement_that_is_no_number_closes_the_brakes_and_latches() -> None:
    loop = _moving()
    loop.state.q_rad[2] = math.nan
    command = loop.tick()
    assert command.brake
    assert np.all(np.isfinite(command.torque_nm))
    loop.run(5)
    assert loop.stage.modes.mode is Mode.PROTECTIVE_STOP
    assert any(report.verdict.severity is Severity.STOP for report in loop.stage.take_verdicts())


def test_brakes_that_the_plant_closed_before_the_loop_began_are_released_without_motion() -> None:
    loop = Loop()
    where = loop.plant.q_rad.copy()
    loop.miss(30)
    assert loop.plant.flags & PlantFlag.COMMUNICATION_LOSS
    loop.run(300)
    assert loop.stage.modes.mode is Mode.IDLE
    assert not loop.plant.flags & PlantFlag.BRAKED
    assert np.abs(loop.plant.q_rad - where).max() < 2e-3


@pytest.mark.parametrize("begun", [5, 30, 60, 90])
@pytest.mark.parametrize("missed", [2, 7, 15])
def test_ticks_missed_during_a_stop_are_caught_up_within_the_limiters_reach(begun: int, missed: int) -> None:
    loop = _moving()
    loop.stop_flag = True
    loop.run(begun, work_expected=False)
    loop.miss(missed)
    loop.run(3, work_expected=False)
    loop.miss(1)
    loop.run(150, work_expected=False)
    assert not any(command.verdict & LimiterBit.DISCONTINUITY for command in loop.commands)


def test_a_push_that_led_to_a_stop_does_not_move_the_arm_after_the_reset() -> None:
    loop = Loop()
    loop.start()
    loop.plant.external_nm[1] = 20.0
    loop.run(600, work_expected=False)
    loop.stop_flag = True
    loop.run(600, work_expected=False)
    loop.plant.external_nm[1] = 0.0
    loop.run(100, work_expected=False)
    stood_rad = loop.state.q_rad.copy()
    loop.ask(ModeEvent.RESET)
    moved_rad = 0.0
    for _ in range(400):
        loop.tick(work_expected=False)
        moved_rad = max(moved_rad, float(np.abs(loop.state.q_rad - stood_rad).max()))
    assert loop.command is not None
    assert not loop.command.brake
    assert moved_rad < 5e-4
