"""The twin's own forward kinematics against the runtime's."""

from __future__ import annotations

import numpy as np
import pytest

from runtime.kinematics import Arm
from sim_worlds.poses import matrix_of
from sim_worlds.robots import load_robot, robot_names
from twin_app.scene.kinematics import LinkFrames


@pytest.mark.parametrize("name", robot_names())
def test_the_drawn_gripper_is_where_the_runtime_computes_it(name: str) -> None:
    robot = load_robot(name)
    links, arm = LinkFrames(robot), Arm(robot)
    generator = np.random.default_rng(1)
    for _ in range(20):
        q_rad = np.array([generator.uniform(j.position_lower_rad, j.position_upper_rad) for j in robot.joints])
        frames = links.frames(q_rad.tolist(), width_m=0.05)
        assert np.allclose(links.gripper(frames), matrix_of(arm.fk(q_rad)), atol=1e-9)


def test_the_fingers_stand_half_the_opening_to_each_side_of_the_tool_centre() -> None:
    robot = load_robot("panda")
    links = LinkFrames(robot)
    frames = links.frames([joint.home_rad for joint in robot.joints], width_m=0.06)
    gripper = links.gripper(frames)
    left, right = (np.linalg.inv(gripper) @ frames[row] for row in (-2, -1))
    assert np.allclose(left[:3, 3], (0.0, 0.03, 0.0))
    assert np.allclose(right[:3, 3], (0.0, -0.03, 0.0))


def test_a_ghost_hand_stands_where_the_arm_would_bring_the_hand() -> None:
    robot = load_robot("panda")
    links = LinkFrames(robot)
    frames = links.frames([0.3, -0.5, 0.1, -2.0, 0.2, 1.7, 0.4], width_m=0.03)
    hand = links.hand_frames(links.gripper(frames), width_m=0.03)
    assert np.allclose(hand, frames[[links.joints, -2, -1]], atol=1e-12)
