"""A hand in a box is kept off its walls, and nowhere else."""

from __future__ import annotations

import math

import pytest
from msgspec.structs import replace

from runtime.messages.geometry import Pose
from runtime.picking.funnel import HandState, pose_of
from runtime.picking.hand import hand_of
from runtime.picking.walls import Walls
from sim_worlds.robots import load_robot
from tests.support.pick_cell import pick_cell

ROBOT = load_robot("panda")
CELL = pick_cell(ROBOT)
HAND = hand_of(ROBOT)
WALLS = Walls(CELL)
TOTE = CELL.totes[0]
X_M, Y_M, FLOOR_M = TOTE.centre_in_base_m
HALF_X_M, HALF_Y_M = TOTE.inner_half_extents_m


def hand(x_m: float, y_m: float, z_m: float, yaw_rad: float = 0.0) -> Pose:
    return pose_of(HandState(x_m, y_m, z_m, yaw_rad))


@pytest.mark.parametrize("yaw_rad", [0.0, math.pi / 2.0])
def test_fingers_that_open_towards_a_wall_need_more_room_than_their_backs(yaw_rad: float) -> None:
    kept = WALLS.kept_off(hand(X_M + 0.095, Y_M - 0.095, FLOOR_M + 0.03, yaw_rad)).position_m
    along, across = HALF_X_M - HAND.reach_m, HALF_X_M - HAND.half_width_m
    fingers_along_y = yaw_rad == 0.0
    assert kept[0] - X_M == pytest.approx(across if fingers_along_y else along)
    assert Y_M - kept[1] == pytest.approx(along if fingers_along_y else across)
    assert kept[2] == FLOOR_M + 0.03


@pytest.mark.parametrize(
    "pose",
    [
        hand(X_M, Y_M, FLOOR_M + 0.03),
        hand(X_M + 0.095, Y_M, FLOOR_M + TOTE.wall_height_m + 0.01),
        hand(X_M, Y_M - HALF_Y_M - 0.01, FLOOR_M + 0.03),
    ],
    ids=["in the middle", "above the walls", "outside"],
)
def test_what_has_room_stays_as_it_is(pose: Pose) -> None:
    assert WALLS.kept_off(pose).position_m == pytest.approx(pose.position_m)


def test_a_box_that_is_too_small_for_the_hand_has_its_middle() -> None:
    tight = replace(TOTE, inner_half_extents_m=(0.05, 0.1))
    walls = Walls(replace(CELL, totes=(tight, *CELL.totes[1:])))
    kept = walls.kept_off(hand(X_M + 0.04, Y_M, FLOOR_M + 0.03, math.pi / 2.0)).position_m
    assert kept[0] == pytest.approx(X_M)
