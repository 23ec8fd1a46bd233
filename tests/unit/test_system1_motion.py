"""What the arm does with action chunks: follows them by time, blends seams, moves the gripper, refuses nonsense."""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec
import numpy as np
import pytest

from runtime.messages.geometry import Pose
from runtime.messages.plan import Reason, Severity, Verdict
from runtime.messages.state import Mode
from runtime.system1 import JointImpedance
from tests.support.arm_plant import Mismatch
from tests.support.loop import TICK_NS, Loop, chunk

UNEQUAL = Mismatch(
    mass_factor=1.05,
    friction_factor=1.3,
    delay_ticks=2,
    position_noise_rad=1e-5,
    velocity_noise_rad_s=1e-3,
    torque_noise_nm=0.04,
)


def _figure_of_eight(start: Pose) -> Callable[[float], Pose]:
    x, y, z = start.position_m

    def way(t_s: float) -> Pose:
        begun = min(1.0, t_s / 1.5)
        begun = begun * begun * (3.0 - 2.0 * begun)
        angle = 2.0 * math.pi * 0.3 * t_s
        across, along = 0.08 * math.sin(2.0 * angle), 0.08 * math.sin(angle)
        return Pose((x + begun * (0.08 + along), y + begun * across, z - 0.1 * begun), start.orientation_xyzw)

    return way


def _shifted(pose: Pose, dx: float = 0.0, dy: float = 0.0, dz: float = 0.0) -> Pose:
    x, y, z = pose.position_m
    return Pose((x + dx, y + dy, z + dz), pose.orientation_xyzw)


def _distance_m(one: Pose, other: Pose) -> float:
    return math.dist(one.position_m, other.position_m)


def _refusals(loop: Loop) -> list[Verdict]:
    return [report.verdict for report in loop.stage.take_verdicts() if report.verdict.severity is Severity.REJECT]


@pytest.mark.parametrize("impedance", [False, True], ids=["computed torque", "impedance"])
def test_chunks_of_poses_are_followed_on_time(impedance: bool) -> None:  # noqa: FBT001
    loop = Loop(mismatch=UNEQUAL)
    if impedance:
        loop = Loop(mismatch=UNEQUAL, controller=JointImpedance(loop.stage.arm))
    loop.start()
    way = _figure_of_eight(loop.home())
    errors_m = []
    for _ in range(20):  # slices, to look in between
        loop.follow_on(way, 0.2)
        errors_m.append(_distance_m(loop.home(), way(loop.way_time_s)))
    assert loop.stage.modes.mode is Mode.AUTO
    assert not _refusals(loop)
    assert np.mean(errors_m[5:]) < (0.02 if impedance else 0.002)


def test_joint_chunks_are_followed_too() -> None:
    loop = Loop(mismatch=UNEQUAL)
    loop.start()
    goal = loop.plant.q_rad + np.array([0.1, -0.05, 0.0, 0.08, 0.0, 0.1, -0.2])
    steps = [tuple((loop.plant.q_rad + share * (goal - loop.plant.q_rad)).tolist()) for share in np.linspace(0.2, 1, 8)]
    plan = chunk(plan_id=1, observed_ns=loop.now_ns, poses=[loop.home()] * 8)
    loop.tick(plan=msgspec.structs.replace(plan, gripper_in_base=(), joints_rad=tuple(steps)))
    loop.run(1200, work_expected=False)
    assert loop.plant.q_rad == pytest.approx(goal, abs=1e-3)


def test_a_swap_of_policies_at_a_chunk_border_keeps_torque_steps_within_the_limit() -> None:
    loop = Loop(mismatch=UNEQUAL)
    loop.start()
    way = _figure_of_eight(loop.home())
    loop.follow_on(way, 1.0)
    loop.policy = "careful"
    loop.follow_on(way, 1.0)
    state = loop.stage.control_state(loop.now_ns, timing=loop.timing)
    assert len(state.swap_ticks) == 1
    assert state.policy == "careful 1"
    assert state.torque_step_over_limit == 0


def test_idle_holds_still_and_executes_no_chunk() -> None:
    loop = Loop(mismatch=UNEQUAL)
    loop.run(1000)
    before = loop.plant.q_rad.copy()
    loop.send([_shifted(loop.home(), dx=0.02 * step) for step in range(8)])
    loop.run(1000)
    assert np.abs(loop.plant.q_rad - before).max() < 1e-3
    assert [verdict.reason for verdict in _refusals(loop)] == [Reason.MODE]


def test_an_unreachable_pose_is_refused_with_its_distance() -> None:
    loop = Loop()
    loop.start()
    loop.stage.take_verdicts()
    upside_down = Pose((0.8, 0.0, 0.85), (0.0, 0.0, 0.0, 1.0))
    loop.send([upside_down] * 8)
    loop.run(40)
    (verdict,) = _refusals(loop)
    assert verdict.reason is Reason.UNREACHABLE
    assert verdict.measured > verdict.limit


def test_gripper_steps_take_effect_when_they_are_due_and_outlive_the_chunk() -> None:
    loop = Loop()
    loop.start()
    here = loop.home()
    began_ns = loop.now_ns
    loop.send([here] * 4, widths_m=[0.08, 0.05, 0.05, 0.02])
    loop.run(1500, work_expected=False)
    changes = {}
    for command in loop.commands:
        if command.stamp_ns >= began_ns:
            changes.setdefault(command.gripper_width_m, (command.stamp_ns - began_ns) // TICK_NS)
    assert changes == {0.08: 0, 0.05: 200, 0.02: 400}
    assert loop.plant.gripper_width_m == pytest.approx(0.02, abs=1e-6)


def test_fingers_do_not_run_ahead_of_an_arm_that_catches_up_after_missed_ticks() -> None:
    loop = Loop()
    loop.start()
    due_ns = loop.now_ns + 400 * TICK_NS
    loop.send([loop.home()] * 8, widths_m=[0.08] * 3 + [0.02] * 5)
    loop.run(390)
    loop.miss(15)
    times_ns = []
    while not times_ns or times_ns[-1] < due_ns:
        loop.run(1)
        times_ns.append(loop.stage.execution.motion.time_ns)
        assert loop.commands[-1].gripper_width_m == (0.08 if times_ns[-1] < due_ns else 0.02)
    assert len(times_ns) > 1, "the reference was late, and the fingers with it"
    assert loop.now_ns > due_ns + 5 * TICK_NS


def test_steps_that_have_passed_on_the_way_are_dropped() -> None:
    loop = Loop()
    loop.start()
    here = loop.home()
    poses = [_shifted(here, dx=-0.1)] * 3 + [_shifted(here, dx=0.005 * step) for step in range(5)]
    loop.send(poses, observed_ns=loop.now_ns - 350 * TICK_NS)
    furthest_m = 0.0
    for _ in range(600):
        loop.tick(work_expected=False)
        furthest_m = min(furthest_m, loop.home().position_m[0] - here.position_m[0])
    assert loop.stage.execution.rejected == 0
    assert furthest_m > -0.002
    assert _distance_m(loop.home(), poses[-1]) < 0.002


def test_a_chunk_too_fast_to_be_stopped_in_time_is_executed_more_slowly_and_says_so() -> None:
    loop = Loop()
    loop.start()
    loop.stage.take_verdicts()
    here = loop.home()
    loop.send([_shifted(here, dy=0.01 + 0.055 * step) for step in range(6)])
    loop.run(1500, work_expected=False)
    limiting = [
        report.verdict for report in loop.stage.take_verdicts() if report.plan_id == 1 and report.place == "plan gate"
    ]
    assert [verdict.severity for verdict in limiting] == [Severity.LIMIT]
    assert limiting[0].reason is Reason.VELOCITY
    assert _distance_m(loop.home(), _shifted(here, dy=0.285)) < 0.003


def test_the_same_seed_gives_the_same_torques_to_the_last_bit() -> None:
    def torques() -> bytes:
        loop = Loop(mismatch=UNEQUAL, seed=4)
        loop.start()
        loop.follow_on(_figure_of_eight(loop.home()), 0.6)
        return b"".join(command.torque_nm.tobytes() for command in loop.commands)

    assert torques() == torques()


@pytest.mark.parametrize("bad_step", [5, 6, 9])
def test_a_refusal_names_the_step_of_the_chunk_however_it_was_judged_in_portions(bad_step: int) -> None:
    loop = Loop()
    loop.start()
    loop.run(100, work_expected=False)
    arm, home = loop.stage.arm, loop.home()
    x, y, z = home.position_m
    floor_m = max(loop.guard.limits.floor_z_m, loop.guard.limits.workspace_lower_m[2])
    joints, seed = [], loop.state.q_rad.copy()
    for step in range(12):
        height_m = z - (z - floor_m - 0.01) * (step + 1) / bad_step if step < bad_step else floor_m - 0.005
        seed = arm.inverse(Pose((x, y, height_m), home.orientation_xyzw), seed)
        assert seed is not None
        joints.append(tuple(seed.tolist()))
    plan = chunk(plan_id=loop.plan_id + 1, observed_ns=loop.now_ns, poses=[], step_s=0.3)
    whole = {"horizon": 12, "joints_rad": tuple(joints), "gripper_width_m": (0.08,) * 12}
    loop.tick(plan=msgspec.structs.replace(plan, expires_ns=loop.now_ns + 4_000_000_000, **whole))
    loop.run(30)
    details = [report.verdict.detail for report in loop.stage.take_verdicts() if not report.verdict.passed]
    assert len(details) == 1
    assert details[0].endswith(f"step {bad_step}")


STRETCHED_RAD = np.array([0.3, 0.9, 0.0, -1.1, 0.0, 2.0, 0.8])


@pytest.mark.parametrize("joint", range(4))
@pytest.mark.parametrize("stretched", [False, True], ids=["home", "stretched"])
def test_a_knock_does_not_make_the_arm_swing_up(joint: int, stretched: bool) -> None:  # noqa: FBT001
    knock_rad = 0.05
    loop = Loop(mismatch=UNEQUAL, q_rad=STRETCHED_RAD if stretched else None)
    loop.start()
    loop.run(400, work_expected=False)
    loop.plant.q_rad[joint] += knock_rad
    off_rad, speed_rad_s = [], []
    for _ in range(1500):
        loop.tick(work_expected=False)
        off_rad.append(float(loop.plant.q_rad[joint] - loop.references[-1][0][joint]))
        speed_rad_s.append(abs(float(loop.plant.dq_rad_s[joint])))
    assert loop.stage.modes.mode is Mode.AUTO, loop.stage.modes.reason
    assert min(off_rad) > -0.35 * knock_rad
    assert max(speed_rad_s) < 0.5
    assert max(map(abs, off_rad[-300:])) < 1e-3
