"""The reference: continuous and inside its limits whatever it is asked to follow, and stopped in time from anywhere."""

from __future__ import annotations

import numpy as np
import pytest

from runtime.kinematics import Arm
from runtime.messages.joint import JointReference
from runtime.system1.motion_limits import STOP_WITHIN_S, MotionLimits, motion_limits
from runtime.system1.reference import JointPath, ReferenceMotion
from tests.support.arms import seven_joint_arm

MS = 1_000_000


@pytest.fixture(scope="module")
def arm() -> Arm:
    return Arm(seven_joint_arm())


@pytest.fixture(scope="module")
def limits(arm: Arm) -> MotionLimits:
    return motion_limits(arm)


def _path(now_ms: int, steps_rad: np.ndarray, *, first_ms: int = 60) -> JointPath:
    due = tuple((now_ms + first_ms + 100 * step) * MS for step in range(len(steps_rad)))
    return JointPath(due, steps_rad)


def _wander(arm: Arm, limits: MotionLimits, *, seed: int, ticks: int, gain: float) -> list[JointReference]:
    """A path every 100 ms from random targets; some of them faster than the arm can go."""
    random = np.random.default_rng(seed)
    motion = ReferenceMotion(limits, q_rad=arm.home_rad)
    states: list[JointReference] = []
    for tick in range(ticks):
        if tick % 100 == 0:
            moves = random.normal(0.0, gain, (8, arm.joint_count)).cumsum(axis=0)
            motion.follow(_path(tick, motion.state.q_rad + moves), now_ns=tick * MS)
        states.append(motion.sample(tick * MS))
    return states


@pytest.mark.parametrize("gain", [0.001, 0.03, 0.3])
def test_limits_hold_over_any_sequence_of_paths(arm: Arm, limits: MotionLimits, gain: float) -> None:
    states = _wander(arm, limits, seed=round(1e4 * gain), ticks=3000, gain=gain)
    q_rad = np.array([state.q_rad for state in states])
    dq_rad_s = np.array([state.dq_rad_s for state in states])
    ddq_rad_s2 = np.array([state.ddq_rad_s2 for state in states])
    assert np.all(np.abs(dq_rad_s) <= limits.velocity_rad_s * 1.02)
    assert np.all(np.abs(ddq_rad_s2) <= limits.acceleration_rad_s2 * 1.05)
    assert np.all(np.abs(np.diff(ddq_rad_s2, axis=0)) <= limits.jerk_rad_s3 * 1e-3 * 1.2)
    drawn = 0.5 * (dq_rad_s[1:] + dq_rad_s[:-1]) * 1e-3
    assert np.diff(q_rad, axis=0) == pytest.approx(drawn, abs=1e-6)


def test_a_straight_path_is_passed_on_time_without_stopping(arm: Arm, limits: MotionLimits) -> None:
    motion = ReferenceMotion(limits, q_rad=arm.home_rad)
    steps = arm.home_rad + np.outer(np.arange(1, 9), np.full(arm.joint_count, 0.02))
    path = _path(0, steps, first_ms=100)
    motion.follow(path, now_ns=0)
    states = [motion.sample(tick * MS) for tick in range(1000)]
    between = slice(1, -1)  # the first is for speeding up, the last for coming to rest
    for due_ns, waypoint in zip(path.due_ns[between], path.q_rad[between], strict=True):
        assert states[due_ns // MS].q_rad == pytest.approx(waypoint, abs=1e-4)
    assert states[950].q_rad == pytest.approx(path.q_rad[-1], abs=1e-9)
    speeds = np.array([state.dq_rad_s[0] for state in states])
    assert np.all(speeds[100:700] > 0.15)
    assert speeds[950] == pytest.approx(0.0, abs=1e-9)


def test_no_joint_overshoots_where_it_comes_to_rest(arm: Arm, limits: MotionLimits) -> None:
    motion = ReferenceMotion(limits, q_rad=arm.home_rad)
    down = np.array([0.02, 0.04, 0.06, 0.06, 0.06, 0.06, 0.06, 0.06])
    motion.follow(_path(0, arm.home_rad + np.outer(down, np.ones(arm.joint_count))), now_ns=0)
    q_rad = np.array([motion.sample(tick * MS).q_rad for tick in range(1000)]) - arm.home_rad
    assert q_rad.max() <= 0.0605


def test_every_stop_ends_in_time_and_energy_goes_away(arm: Arm, limits: MotionLimits) -> None:
    longest_s = 0.0
    for seed in range(60):
        random = np.random.default_rng(seed)
        motion = ReferenceMotion(limits, q_rad=arm.home_rad)
        at = int(random.integers(20, 900))
        for tick in range(at):
            if tick % 100 == 0:
                moves = random.normal(0.0, 0.1, (8, arm.joint_count)).cumsum(axis=0)
                motion.follow(_path(tick, motion.state.q_rad + moves), now_ns=tick * MS)
            motion.sample(tick * MS)
        motion.stop(now_ns=at * MS)
        longest_s = max(longest_s, motion.rest_in_s(at * MS))
        end = [motion.sample(tick * MS) for tick in range(at, at + 210)][-1]
        assert np.all(np.abs(end.dq_rad_s) < 1e-9)
    assert longest_s <= STOP_WITHIN_S


def test_a_path_is_blended_from_the_state_now_not_from_where_it_was_observed(arm: Arm, limits: MotionLimits) -> None:
    motion = ReferenceMotion(limits, q_rad=arm.home_rad)
    ahead = arm.home_rad + np.outer(np.arange(1, 9), np.full(arm.joint_count, 0.03))
    motion.follow(_path(0, ahead), now_ns=0)
    before = [motion.sample(tick * MS) for tick in range(151)][-1]
    motion.follow(_path(150, ahead - 0.05), now_ns=150 * MS)
    after = motion.sample(150 * MS)
    assert after.q_rad == pytest.approx(before.q_rad, abs=1e-12)
    assert after.dq_rad_s == pytest.approx(before.dq_rad_s, abs=1e-12)
    assert after.ddq_rad_s2 == pytest.approx(before.ddq_rad_s2, abs=1e-9)


def test_after_missed_ticks_the_reference_catches_up_without_a_jump(arm: Arm, limits: MotionLimits) -> None:
    steps = arm.home_rad + np.outer(np.arange(1, 9), np.full(arm.joint_count, 0.02))
    punctual, stalled = (ReferenceMotion(limits, q_rad=arm.home_rad) for _ in range(2))
    for motion in (punctual, stalled):
        motion.follow(_path(0, steps), now_ns=0)
    expected = [punctual.sample(tick * MS) for tick in range(1000)]
    seen = [stalled.sample(tick * MS) for tick in range(1000) if not 300 <= tick < 318]
    moves = np.diff([state.q_rad[0] for state in seen])
    speeds = np.array([state.dq_rad_s[0] for state in seen[1:]])
    assert moves.max() <= 5.0 * 0.21e-3
    assert np.count_nonzero(moves > 1.06e-3 * speeds + 1e-5) == 1, "the arm itself must not be driven much faster"
    assert seen[-1].q_rad[0] == pytest.approx(expected[-1].q_rad[0], abs=1e-12)


def test_the_reference_does_not_jump_ahead_of_an_arm_that_stood_still_as_well(arm: Arm, limits: MotionLimits) -> None:
    steps = arm.home_rad + np.outer(np.arange(1, 9), np.full(arm.joint_count, 0.02))
    motion = ReferenceMotion(limits, q_rad=arm.home_rad)
    motion.follow(_path(0, steps), now_ns=0)
    seen = []
    for tick in range(700):
        if tick % 20 < 4:
            continue
        motion.begin_tick(tick * MS, lived_ticks=1)
        seen.append(motion.sample(tick * MS))
    moves = np.diff([state.q_rad[0] for state in seen])
    speeds = np.array([state.dq_rad_s[0] for state in seen[1:]])
    assert np.all(moves <= 1.06e-3 * speeds + 1e-5)


def test_what_begins_while_the_reference_is_late_begins_on_time_and_without_a_jump(
    arm: Arm, limits: MotionLimits
) -> None:
    steps = arm.home_rad + np.outer(np.arange(1, 9), np.full(arm.joint_count, 0.02))
    motion = ReferenceMotion(limits, q_rad=arm.home_rad)
    motion.follow(_path(0, steps), now_ns=0)
    for tick in range(300):
        motion.sample(tick * MS)
    before = motion.sample(360 * MS)
    motion.follow(_path(361, steps[4:], first_ms=100), now_ns=361 * MS)
    seen = [motion.sample(tick * MS) for tick in range(361, 861)]
    assert seen[0].q_rad - before.q_rad == pytest.approx(before.dq_rad_s * 1e-3, abs=5e-5)
    assert seen[0].dq_rad_s == pytest.approx(before.dq_rad_s, abs=0.01)
    assert seen[200].q_rad == pytest.approx(steps[5], abs=1e-3), "due at 561 ms, and reached then"
