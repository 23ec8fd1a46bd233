"""The arm's kinematics and dynamics agree with one another and with finite differences."""

from __future__ import annotations

import numpy as np
import pytest

from runtime.kinematics import Arm
from runtime.messages.geometry import Pose
from runtime.messages.joint import Vector
from tests.support.arms import seven_joint_arm


@pytest.fixture(scope="module")
def arm() -> Arm:
    return Arm(seven_joint_arm())


def _configurations(arm: Arm, count: int) -> list[Vector]:
    random = np.random.default_rng(7)
    return list(random.uniform(arm.lower_rad + 0.1, arm.upper_rad - 0.1, (count, arm.joint_count)))


def _distance_m(one: Pose, other: Pose) -> float:
    return float(np.linalg.norm(np.subtract(one.position_m, other.position_m)))


def test_jacobian_is_the_derivative_of_forward_kinematics(arm: Arm) -> None:
    for q_rad in _configurations(arm, 5):
        jacobian = arm.jacobian(q_rad)
        for joint in range(arm.joint_count):
            nudge = np.zeros(arm.joint_count)
            nudge[joint] = 1e-6
            ahead, behind = arm.fk(q_rad + nudge), arm.fk(q_rad - nudge)
            slope = np.subtract(ahead.position_m, behind.position_m) / 2e-6
            assert jacobian[:3, joint] == pytest.approx(slope, abs=1e-6)


def test_inverse_kinematics_reaches_a_hundredth_of_a_millimetre_within_limits(arm: Arm) -> None:
    random = np.random.default_rng(3)
    for q_rad in _configurations(arm, 60):
        target = arm.fk(q_rad)
        seed = np.clip(q_rad + random.normal(0.0, 0.3, arm.joint_count), arm.lower_rad, arm.upper_rad)
        found = arm.inverse(target, seed)
        assert found is not None
        assert _distance_m(arm.fk(found), target) <= 1e-5
        assert np.all(found >= arm.lower_rad)
        assert np.all(found <= arm.upper_rad)


def test_a_pose_out_of_reach_has_no_inverse(arm: Arm) -> None:
    assert arm.inverse(Pose((2.0, 0.0, 0.5)), arm.home_rad) is None


def test_a_solver_advanced_in_portions_finds_what_one_call_finds(arm: Arm) -> None:
    target = Pose((0.45, 0.1, 0.3), arm.fk(arm.home_rad).orientation_xyzw)
    portioned, whole = arm.solver(), arm.solver()
    portioned.start(target, arm.home_rad)
    whole.start(target, arm.home_rad)
    whole.advance(100)
    for _ in range(100):
        portioned.advance(1)
        if portioned.solved:
            break
    assert whole.solved
    assert np.array_equal(portioned.q_rad, whole.q_rad)


def test_joint_frames_and_tool_position_agree_with_forward_kinematics(arm: Arm) -> None:
    for q_rad in _configurations(arm, 5):
        placed = arm.placed(q_rad)
        assert placed.frames.shape == (arm.joint_count, 4, 4)
        assert tuple(placed.tool_m) == pytest.approx(arm.fk(q_rad).position_m, abs=1e-12)


def test_inverse_dynamics_is_mass_times_acceleration_plus_coriolis_plus_gravity(arm: Arm) -> None:
    random = np.random.default_rng(5)
    for q_rad in _configurations(arm, 5):
        dq_rad_s, ddq_rad_s2 = random.normal(size=(2, arm.joint_count))
        expected = (
            arm.mass_matrix(q_rad) @ ddq_rad_s2 + arm.coriolis_matrix(q_rad, dq_rad_s) @ dq_rad_s + arm.gravity(q_rad)
        )
        assert arm.inverse_dynamics(q_rad, dq_rad_s, ddq_rad_s2) == pytest.approx(expected, abs=1e-9)


def test_rotor_inertia_stands_on_the_diagonal_of_the_mass_matrix(arm: Arm) -> None:
    rotors = [joint.rotor_inertia_kg_m2 for joint in arm.robot.joints]
    assert np.all(np.diagonal(arm.mass_matrix(arm.home_rad)) > rotors)


def test_friction_opposes_motion_symmetrically_and_is_zero_at_rest(arm: Arm) -> None:
    speed = np.full(arm.joint_count, 0.3)
    assert np.all(arm.friction(speed) > 0.0)
    assert arm.friction(-speed) == pytest.approx(-arm.friction(speed))
    assert np.all(arm.friction(np.zeros(arm.joint_count)) == 0.0)
