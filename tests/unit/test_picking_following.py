"""Waypoints are followed as closely as pace and joints allow, from what is under way already."""

from __future__ import annotations

import math

import numpy as np
import pytest

from runtime.kinematics import Arm
from runtime.messages.cell import CellDescription
from runtime.picking.following import Waypoint
from runtime.picking.funnel import SUBSTEP_S, Goal, HandState
from runtime.picking.mover import FULL_PACE, HORIZON, STEP_PERIOD_S, Mover
from sim_worlds.robots import load_robot
from tests.support.pick_cell import pick_cell


@pytest.fixture(scope="module")
def cell() -> CellDescription:
    return pick_cell(load_robot("panda"))


@pytest.fixture
def arm(cell: CellDescription) -> Arm:
    return Arm(cell.robot)


def resting(arm: Arm) -> tuple[HandState, ...]:
    x_m, y_m, z_m = arm.fk(arm.home_rad).position_m
    return (HandState(x_m, y_m, z_m, 0.0),) * 4


def test_a_path_that_the_pace_allows_is_followed_within_millimetres(cell: CellDescription, arm: Arm) -> None:
    mover, start = Mover(arm, cell), resting(arm)
    path = mover.towards(start, Goal(0.5, 0.1, 0.3, 0.4, travel_z_m=0.3), q_rad=arm.home_rad)
    states = [path.at((step + 1) * STEP_PERIOD_S) for step in range(HORIZON)]
    waypoints = [Waypoint(state.x_m, state.y_m, state.z_m, state.yaw_rad) for state in states]
    followed = mover.along(start, waypoints, q_rad=arm.home_rad)
    for wanted, found in zip(path.states, followed.states, strict=True):
        assert math.dist((wanted.x_m, wanted.y_m, wanted.z_m), (found.x_m, found.y_m, found.z_m)) < 0.012


@pytest.mark.parametrize("seed", range(6))
def test_wild_waypoints_never_make_the_hand_faster_than_its_pace(cell: CellDescription, arm: Arm, seed: int) -> None:
    random = np.random.default_rng(seed)
    wild = [Waypoint(*random.uniform((0.2, -0.5, 0.0, -3.0), (0.8, 0.5, 0.6, 3.0)).tolist()) for _ in range(HORIZON)]
    path = Mover(arm, cell).along(resting(arm), wild, q_rad=arm.home_rad)
    previous = path.states[3]
    for state in path.states[4:]:
        assert math.hypot(state.x_m - previous.x_m, state.y_m - previous.y_m) <= FULL_PACE.speed_m_s * SUBSTEP_S + 1e-9
        assert abs(state.z_m - previous.z_m) <= FULL_PACE.height_m_s * SUBSTEP_S + 1e-9
        previous = state


def test_what_is_under_way_is_not_changed(cell: CellDescription, arm: Arm) -> None:
    start = resting(arm)
    path = Mover(arm, cell).along(start, [Waypoint(0.5, 0.0, 0.2, 0.0)] * HORIZON, q_rad=arm.home_rad)
    assert path.states[:4] == start
