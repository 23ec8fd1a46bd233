"""The funnel: never low beside the goal, never faster than allowed, always there in the end."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.picking.funnel import SUBSTEP_S, Goal, HandState, Pace, coast, descend, pose_of, wall_z_m, yaw_of
from runtime.picking.joint_pace import JointReach

PACE = Pace(speed_m_s=0.8, acceleration_m_s2=2.0, height_m_s=0.4, turn_rad_s=2.0, turn_rad_s2=6.0, braking_m_s2=1.2)
RIM_M = 0.12


class FreeArm:
    """Joints that can follow anything."""

    def speed_shares(
        self, out: tuple[float, float, float], across: tuple[float, float, float]
    ) -> tuple[float, float, float]:
        return 1.0, 1.0, 1.0

    def change_shares(self, vx: float, vy: float, vz: float, turn: float, *, within_s: float) -> tuple[float, float]:
        return 1.0, 1.0

    def acceleration(self, vx: float, vy: float, vz: float) -> float:
        return 100.0


class WeakArm(FreeArm):
    """Joints that can only change the hand's speed slowly."""

    def change_shares(self, vx: float, vy: float, vz: float, turn: float, *, within_s: float) -> tuple[float, float]:
        return min(1.0, 0.6 * within_s / max(math.sqrt(vx * vx + vy * vy + vz * vz), 1e-9)), 1.0

    def acceleration(self, vx: float, vy: float, vz: float) -> float:
        return 0.6


def drive(start: HandState, goal: Goal, *, seconds: float = 6.0) -> list[HandState]:
    return list(descend([start], goal, PACE, FreeArm(), duration_s=seconds).states)


places = st.tuples(st.floats(0.3, 0.65), st.floats(-0.3, 0.3), st.floats(0.02, 0.4), st.floats(-1.5, 1.5))


@settings(max_examples=40)
@given(start=places, end=places)
def test_every_goal_is_met_without_overshoot_into_the_floor(
    start: tuple[float, float, float, float], end: tuple[float, float, float, float]
) -> None:
    goal = Goal(end[0], end[1], 0.02, end[3], travel_z_m=RIM_M)
    path = descend([HandState(*start)], goal, PACE, FreeArm(), duration_s=6.0)
    assert path.arrival_s < 6.0
    last = path.states[-1]
    assert math.dist((last.x_m, last.y_m, last.z_m), (goal.x_m, goal.y_m, goal.z_m)) < 0.002
    assert min(state.z_m for state in path.states) > 0.017


@settings(max_examples=40)
@given(start=places, end=places)
def test_speed_and_acceleration_stay_within_the_pace(
    start: tuple[float, float, float, float], end: tuple[float, float, float, float]
) -> None:
    states = drive(HandState(*start), Goal(end[0], end[1], end[2], end[3], travel_z_m=RIM_M))
    for before, after in zip(states, states[1:], strict=False):
        change = math.dist((before.vx_m_s, before.vy_m_s, before.vz_m_s), (after.vx_m_s, after.vy_m_s, after.vz_m_s))
        assert change <= PACE.acceleration_m_s2 * SUBSTEP_S + 1e-9
        assert math.hypot(after.vx_m_s, after.vy_m_s) <= PACE.speed_m_s + 1e-6
        assert abs(after.turn_rad_s) <= PACE.turn_rad_s + 1e-6


@settings(max_examples=40)
@given(start=places, end=places)
def test_weak_joints_do_not_overshoot_into_the_floor(
    start: tuple[float, float, float, float], end: tuple[float, float, float, float]
) -> None:
    goal = Goal(end[0], end[1], 0.02, end[3], travel_z_m=RIM_M)
    path = descend([HandState(*start)], goal, PACE, WeakArm(), duration_s=9.0)
    assert path.arrival_s < 9.0
    assert min(state.z_m for state in path.states) > 0.016


def test_a_low_hand_rises_before_it_travels() -> None:
    goal = Goal(0.5, 0.3, 0.05, 0.0, travel_z_m=RIM_M)
    for state in drive(HandState(0.5, -0.1, 0.02, 0.0), goal):
        if state.z_m < 0.05:
            assert math.hypot(state.x_m - 0.5, state.y_m + 0.1) < 0.01


def test_a_hand_that_comes_from_above_keeps_over_the_wall() -> None:
    goal = Goal(0.55, 0.1, 0.02, 0.8, travel_z_m=RIM_M)
    for state in drive(HandState(0.4, -0.2, 0.3, 0.0), goal):
        off_m = math.hypot(goal.x_m - state.x_m, goal.y_m - state.y_m)
        assert state.z_m > wall_z_m(goal, PACE, off_m=off_m) - 0.02


def test_a_moving_goal_is_met_and_followed() -> None:
    goal = Goal(0.4, -0.1, 0.02, 0.0, travel_z_m=RIM_M, velocity_m_s=(0.0, 0.05))
    last = drive(HandState(0.45, 0.1, 0.2, 0.0), goal, seconds=4.0)[-1]
    assert abs(last.vy_m_s - 0.05) < 0.01
    assert math.hypot(last.x_m - 0.4, last.y_m - (-0.1 + 0.05 * 4.0)) < 0.01


def test_committed_substeps_are_kept() -> None:
    moving = HandState(0.45, 0.0, 0.2, 0.0, vx_m_s=0.3)
    committed = coast(moving, steps=4)
    path = descend(committed, Goal(0.5, 0.2, 0.02, 0.0, travel_z_m=RIM_M), PACE, FreeArm(), duration_s=0.8)
    assert path.states[:4] == committed
    assert len(path.states) == 32


def test_a_lagging_hand_is_found_again_on_its_path() -> None:
    path = descend(
        [HandState(0.4, 0.0, 0.2, 0.0)], Goal(0.6, 0.0, 0.2, 0.0, travel_z_m=RIM_M), PACE, FreeArm(), duration_s=0.8
    )
    there = path.states[20]
    index, off_m = path.passed(there.x_m, there.y_m, there.z_m, about_s=0.6, lag_s=0.3)
    assert abs(index - 20) <= 1
    assert off_m < 0.003


@given(st.floats(-3.1, 3.1))
def test_yaw_survives_the_way_through_a_pose(yaw: float) -> None:
    assert math.isclose(yaw_of(pose_of(HandState(0.0, 0.0, 0.0, yaw))), yaw, abs_tol=1e-9)


def test_what_the_joints_leave_of_two_speeds_they_can_follow_together() -> None:
    reach = JointReach(speed_rows=((2.0, 0.0, 0.0, 0.0), (0.0, 0.5, 1.0, 0.5)), change_rows=((0.1, 0.0, 0.0, 0.2),))
    out, across, both = reach.speed_shares((1.0, 0.0, 0.5), (0.0, 2.0, 2.0))
    assert (out, across) == pytest.approx((0.5, 0.5))
    assert both == pytest.approx(1.0 / 1.25)
    assert reach.narrowed(2.0).speed_shares((1.0, 0.0, 0.5), (0.0, 0.0, 0.0))[0] == pytest.approx(0.25)
    assert reach.change_shares(1.0, 0.0, 0.0, -1.0, within_s=0.05) == pytest.approx((0.5, 0.25))
