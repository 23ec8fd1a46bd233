"""The command limiter, rule by rule: what it changes, when it brakes, when it asks for a stop, and its evidence."""

from __future__ import annotations

import math

import numpy as np
import pytest

from runtime.guardrail.command_limiter import CommandLimiter
from runtime.guardrail.limiter_bits import (
    LimiterBit,
    demands_stop,
)
from runtime.guardrail.limits import Limits, limits_of
from runtime.messages.joint import JointCommand, JointReference, PlantState
from runtime.messages.plan import Reason, Severity
from tests.support.guarded import NOW_NS, cell_with_walls, command_of, reference_at, state_at

TICK_NS = 1_000_000


class Bench:
    """A limiter with an arm at rest in the middle of its range, and ordinary commands tick by tick."""

    def __init__(self) -> None:
        self.limits: Limits = limits_of(cell_with_walls())
        self.limiter = CommandLimiter(self.limits)
        self.middle = 0.5 * (self.limits.reference_lower_rad + self.limits.reference_upper_rad)
        self.tick = 0

    def next(
        self,
        *,
        torque_nm: np.ndarray | None = None,
        q_rad: np.ndarray | None = None,
        dq_rad_s: np.ndarray | None = None,
        reference: JointReference | None = None,
        brake: bool = False,
        sequence: int | None = None,
        age_ns: int = 0,
    ) -> tuple[JointCommand, int]:
        """Apply the next command; everything not named is in order."""
        self.tick += 1
        stamp_ns = NOW_NS + self.tick * TICK_NS
        torque = np.zeros(7) if torque_nm is None else torque_nm
        state = state_at(self.middle if q_rad is None else q_rad, dq_rad_s=dq_rad_s, stamp_ns=stamp_ns - age_ns)
        command = command_of(
            torque, sequence=self.tick if sequence is None else sequence, stamp_ns=stamp_ns, brake=brake
        )
        return self.limiter.apply(command, state, reference_at(self.middle) if reference is None else reference)

    def moved(self, joint: int, *, q: float = math.nan, dq: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
        """Position and velocity with one joint changed."""
        position, velocity = self.middle.copy(), np.zeros(7)
        if not math.isnan(q):
            position[joint] = q
        velocity[joint] = dq
        return position, velocity


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_an_ordinary_command_passes_untouched(bench: Bench) -> None:
    torque = np.linspace(-0.5, 0.5, 7)
    command, bits = bench.next(torque_nm=torque)
    assert bits == 0
    np.testing.assert_array_equal(command.torque_nm, torque)
    assert (command.gripper_width_m, command.gripper_force_n, command.brake, command.stopping) == (
        0.05,
        30.0,
        False,
        False,
    )
    assert (command.sequence, command.verdict) == (1, 0)
    assert bench.limiter.explain().severity is Severity.PASS


def test_torque_is_brought_to_its_limit_at_its_rate(bench: Bench) -> None:
    asked = bench.limits.torque_nm * 1.5
    for tick in range(200):
        command, bits = bench.next(torque_nm=asked)
        expected = np.minimum(bench.limits.torque_nm, (tick + 1) * bench.limits.torque_rate_nm_s * 0.001)
        np.testing.assert_allclose(command.torque_nm, expected)
        assert bits & LimiterBit.TORQUE
        assert not demands_stop(bits)
    verdict = bench.limiter.explain()
    assert (verdict.severity, verdict.reason, verdict.unit) == (Severity.LIMIT, Reason.TORQUE, "N·m")
    assert verdict.measured > verdict.limit


@pytest.mark.parametrize("joint", range(7))
def test_a_torque_beyond_the_limit_of_one_joint_is_limited_there_only_and_says_so(bench: Bench, joint: int) -> None:
    limit = bench.limits.torque_nm
    asked = np.zeros(7)
    while asked[joint] < limit[joint]:
        asked[joint] = min(limit[joint], asked[joint] + 0.9)
        _, bits = bench.next(torque_nm=asked)
        assert bits == 0
    beyond = asked.copy()
    beyond[joint] += 0.5  # within the rate, so this is a matter of the limit alone
    command, bits = bench.next(torque_nm=beyond)
    assert bits == LimiterBit.TORQUE
    np.testing.assert_array_equal(command.torque_nm, asked)
    verdict = bench.limiter.explain()
    assert (verdict.measured, verdict.limit) == (pytest.approx(limit[joint] + 0.5), pytest.approx(limit[joint]))
    assert verdict.detail == bench.limits.joint_names[joint]


@pytest.mark.parametrize("joint", range(7))
def test_a_torque_step_of_one_joint_is_limited_there_only_and_says_so(bench: Bench, joint: int) -> None:
    asked = np.full(7, 0.5)
    asked[joint] = -1.5
    command, bits = bench.next(torque_nm=asked)
    assert bits == LimiterBit.TORQUE_RATE
    np.testing.assert_array_equal(np.flatnonzero(command.torque_nm != asked), [joint])
    verdict = bench.limiter.explain()
    assert (verdict.measured, verdict.limit) == (pytest.approx(1.5), pytest.approx(0.95))
    assert verdict.detail == bench.limits.joint_names[joint]


def test_a_torque_step_is_spread_over_ticks(bench: Bench) -> None:
    step = bench.limits.torque_rate_nm_s * 0.001
    command, bits = bench.next(torque_nm=step * 2.5)
    assert bits == LimiterBit.TORQUE_RATE
    np.testing.assert_allclose(command.torque_nm, step)
    verdict = bench.limiter.explain()
    assert (verdict.reason, verdict.measured) == (Reason.TORQUE_RATE, pytest.approx(2.5 * step[0]))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e200])
@pytest.mark.parametrize("place", ["torque", "q", "dq", "reference q", "reference dq"])
def test_one_number_that_is_none_closes_the_brakes(bench: Bench, value: float, place: str) -> None:
    bench.next(torque_nm=np.full(7, 0.9))
    spoilt = np.zeros(7)
    spoilt[3] = value
    reference = reference_at(bench.middle)
    if place == "torque":
        command, bits = bench.next(torque_nm=spoilt)
    elif place == "q":
        command, bits = bench.next(q_rad=spoilt)
    elif place == "dq":
        command, bits = bench.next(dq_rad_s=spoilt)
    else:
        setattr(reference, "q_rad" if place == "reference q" else "dq_rad_s", spoilt)
        command, bits = bench.next(reference=reference)
    assert bits == LimiterBit.NOT_FINITE
    assert command.brake
    assert command.stopping
    np.testing.assert_allclose(command.torque_nm, 0.0, atol=1e-12)
    assert bench.limiter.explain().reason is Reason.NOT_FINITE


def test_after_a_spoilt_command_torque_fades_at_its_rate(bench: Bench) -> None:
    for _ in range(10):
        bench.next(torque_nm=np.full(7, 9.5))
    command, _ = bench.next(torque_nm=np.full(7, np.nan))
    np.testing.assert_allclose(command.torque_nm, 9.5 - 0.95)


@pytest.mark.parametrize(
    "wrong", [np.zeros(6), np.zeros(8), np.zeros((7, 1)), np.zeros(1), np.zeros(()), [0.0] * 7, None]
)
@pytest.mark.parametrize(
    "place", ["torque_nm", "state.q_rad", "state.dq_rad_s", "reference.q_rad", "reference.dq_rad_s"]
)
def test_an_array_of_the_wrong_shape_closes_the_brakes(bench: Bench, wrong: object, place: str) -> None:
    command = command_of(np.zeros(7), sequence=1)
    state, reference = state_at(bench.middle), reference_at(bench.middle)
    holder: JointCommand | PlantState | JointReference = command
    if place.startswith("state"):
        holder = state
    elif place.startswith("reference"):
        holder = reference
    setattr(holder, place.rpartition(".")[2], wrong)
    limited, bits = bench.limiter.apply(command, state, reference)
    assert bits == LimiterBit.SHAPE
    assert limited.brake
    assert limited.torque_nm.shape == (7,)


@pytest.mark.parametrize("sequence", [1, 0, -5])
def test_a_repeated_or_older_command_closes_the_brakes(bench: Bench, sequence: int) -> None:
    bench.next()
    command, bits = bench.next(sequence=sequence)
    assert bits == LimiterBit.SEQUENCE
    assert command.brake
    verdict = bench.limiter.explain()
    assert (verdict.reason, verdict.measured, verdict.limit) == (Reason.SEQUENCE, sequence, 1.0)


def test_the_first_command_may_have_sequence_zero(bench: Bench) -> None:
    assert bench.next(sequence=0)[1] == 0


def test_a_replayed_sequence_does_not_let_the_next_replay_pass(bench: Bench) -> None:
    bench.next(sequence=10)
    bench.next(sequence=5)
    _, bits = bench.next(sequence=9)
    assert bits & LimiterBit.SEQUENCE


@pytest.mark.parametrize(("age_ms", "stale"), [(0, False), (30, False), (31, True), (-31, True)])
def test_an_old_measured_state_asks_for_a_stop(bench: Bench, age_ms: int, stale: bool) -> None:  # noqa: FBT001
    command, bits = bench.next(age_ns=age_ms * TICK_NS)
    assert bits == (LimiterBit.STALE if stale else 0)
    assert demands_stop(bits) is stale
    assert not command.brake
    verdict = bench.limiter.explain()
    if stale:
        assert (verdict.severity, verdict.reason, verdict.unit) == (Severity.STOP, Reason.STALE, "s")
        assert (verdict.measured, verdict.limit) == (pytest.approx(age_ms * 1e-3), pytest.approx(0.03))
    else:
        assert verdict.passed


@pytest.mark.parametrize(
    ("width_m", "force_n", "passed_width_m", "passed_force_n"),
    [(-0.01, 30.0, 0.0, 30.0), (0.5, 30.0, 0.08, 30.0), (0.05, 500.0, 0.05, 70.0), (0.05, -1.0, 0.05, 0.0)],
)
def test_the_gripper_is_kept_within_its_range(
    bench: Bench, width_m: float, force_n: float, passed_width_m: float, passed_force_n: float
) -> None:
    command = command_of(np.zeros(7), sequence=1)
    command.gripper_width_m, command.gripper_force_n = width_m, force_n
    limited, bits = bench.limiter.apply(command, state_at(bench.middle), reference_at(bench.middle))
    assert bits == LimiterBit.GRIPPER
    assert (limited.gripper_width_m, limited.gripper_force_n) == (passed_width_m, passed_force_n)
    assert not limited.brake
    verdict = bench.limiter.explain()
    assert (verdict.severity, verdict.reason) == (Severity.LIMIT, Reason.GRIPPER)
    assert (verdict.measured, verdict.limit, verdict.unit) == (width_m, 0.08, "m")


def test_a_gripper_wish_that_is_no_number_keeps_the_last_one(bench: Bench) -> None:
    bench.next()
    command = command_of(np.zeros(7), sequence=2)
    command.gripper_width_m = command.gripper_force_n = math.nan
    limited, bits = bench.limiter.apply(command, state_at(bench.middle), reference_at(bench.middle))
    assert bits == LimiterBit.GRIPPER
    assert (limited.gripper_width_m, limited.gripper_force_n) == (0.05, 30.0)
    assert math.isfinite(bench.limiter.explain().measured)


@pytest.mark.parametrize("joint", range(7))
@pytest.mark.parametrize("side", [-1, 1])
def test_a_joint_that_can_no_longer_brake_before_its_limit_is_braked(bench: Bench, joint: int, side: int) -> None:
    limits = bench.limits
    end = limits.position_upper_rad[joint] if side > 0 else limits.position_lower_rad[joint]
    speed, window = 1.0, limits.margins.reaction_s
    fastest = speed + limits.acceleration_rad_s2[joint] * window
    way = speed * window + 0.5 * limits.acceleration_rad_s2[joint] * window**2
    way += fastest**2 / (2.0 * limits.braking_rad_s2[joint])
    for beyond, expected in ((-1e-4, 0), (1e-4, LimiterBit.POSITION)):
        q_rad, dq_rad_s = bench.moved(joint, q=end - side * (way - beyond), dq=side * speed)
        reference = reference_at(bench.middle)
        if not bench.tick:  # brakes open in the middle, where reference and arm are together
            bench.next()
        command, bits = bench.next(q_rad=q_rad, dq_rad_s=dq_rad_s, reference=reference)
        assert bits == expected
        assert command.brake is bool(expected)
    verdict = bench.limiter.explain()
    assert (verdict.severity, verdict.reason) == (Severity.STOP, Reason.POSITION)
    assert verdict.measured == pytest.approx(-1e-4, abs=2e-6)
    assert verdict.detail.startswith(limits.joint_names[joint])


@pytest.mark.parametrize("joint", range(7))
@pytest.mark.parametrize("side", [-1, 1])
def test_a_joint_faster_than_its_data_sheet_is_braked(bench: Bench, joint: int, side: int) -> None:
    bench.next()
    fast = bench.limits.velocity_rad_s[joint]
    for share, expected in ((0.999, 0), (1.001, LimiterBit.VELOCITY)):
        q_rad, dq_rad_s = bench.moved(joint, dq=side * fast * share)
        command, bits = bench.next(q_rad=q_rad, dq_rad_s=dq_rad_s)
        assert bits == expected
        assert command.brake is bool(expected)
    assert bench.limiter.explain().measured == pytest.approx(side * fast * 1.001)


@pytest.mark.parametrize("joint", range(7))
@pytest.mark.parametrize("side", [-1, 1])
def test_a_reference_that_leaves_its_margin_asks_for_a_stop_without_brakes(bench: Bench, joint: int, side: int) -> None:
    limits = bench.limits
    end = limits.reference_upper_rad[joint] if side > 0 else limits.reference_lower_rad[joint]
    inside, _ = bench.moved(joint, q=end - side * 1e-4)
    outside, _ = bench.moved(joint, q=end + side * 1e-4)
    _, bits = bench.next(q_rad=inside, reference=reference_at(inside))
    assert bits == 0
    command, bits = bench.next(q_rad=inside, reference=reference_at(outside))
    assert bits == LimiterBit.REFERENCE_POSITION
    assert demands_stop(bits)
    assert not command.brake
    assert bench.limiter.explain().reason is Reason.POSITION


@pytest.mark.parametrize("joint", range(7))
def test_a_reference_too_fast_asks_for_a_stop(bench: Bench, joint: int) -> None:
    fast = bench.limits.reference_velocity_rad_s[joint] * 1.001
    bench.next()
    ramp = np.zeros(7)
    bits = 0
    while ramp[joint] < fast and not bits:
        ramp[joint] = min(fast, ramp[joint] + bench.limits.acceleration_rad_s2[joint] * 0.001)
        _, bits = bench.next(reference=reference_at(bench.middle, dq_rad_s=ramp.copy()))
    assert bits == LimiterBit.REFERENCE_VELOCITY
    assert demands_stop(bits)
    assert bench.limiter.explain().measured == pytest.approx(fast)


def test_a_reference_that_starts_outside_its_margin_may_come_back_but_not_go_on(bench: Bench) -> None:
    start, _ = bench.moved(2, q=bench.limits.reference_upper_rad[2] + 0.01)
    bench.next(q_rad=start, reference=reference_at(start), brake=True)
    assert bench.next(q_rad=start, reference=reference_at(start))[1] == 0
    farther, _ = bench.moved(2, q=start[2] + 1e-4)
    assert bench.next(q_rad=start, reference=reference_at(farther))[1] == LimiterBit.REFERENCE_POSITION
    nearer, _ = bench.moved(2, q=start[2] - 1e-4)
    assert bench.next(q_rad=start, reference=reference_at(nearer))[1] == 0


@pytest.mark.parametrize("joint", range(7))
@pytest.mark.parametrize("kind", ["angle", "speed"])
def test_a_reference_that_jumps_asks_for_a_stop(bench: Bench, joint: int, kind: str) -> None:
    limits = bench.limits
    bench.next()
    factor = limits.margins.reference_step_factor
    for share, expected in ((0.99, 0), (1.01 + 0.99, LimiterBit.DISCONTINUITY)):
        q_rad, dq_rad_s = bench.middle.copy(), np.zeros(7)
        if kind == "angle":
            q_rad[joint] += limits.velocity_rad_s[joint] * 0.001 * factor * share
        else:
            dq_rad_s[joint] += limits.acceleration_rad_s2[joint] * 0.001 * factor * share
        _, bits = bench.next(reference=reference_at(q_rad, dq_rad_s=dq_rad_s))
        assert bits == expected
    verdict = bench.limiter.explain()
    assert (verdict.reason, verdict.severity) == (Reason.DISCONTINUITY, Severity.STOP)
    assert verdict.detail == f"{limits.joint_names[joint]}: {kind}"


def test_after_missed_ticks_the_reference_may_have_moved_on_but_only_by_five(bench: Bench) -> None:
    step = bench.limits.velocity_rad_s * 0.001 * bench.limits.margins.reference_step_factor
    for missed, expected in ((4, 0), (30, LimiterBit.DISCONTINUITY)):
        bench.next()
        bench.tick += missed
        reference = reference_at(bench.middle + step * (missed + 1) * 0.99)
        assert bench.next(reference=reference)[1] == expected
        bench.next(brake=True)


def test_behind_closed_brakes_the_reference_may_jump_to_the_arm(bench: Bench) -> None:
    bench.next()
    elsewhere = bench.middle + 0.3
    command, bits = bench.next(q_rad=elsewhere, reference=reference_at(elsewhere), brake=True)
    assert bits == 0
    assert command.brake
    assert bench.next(q_rad=elsewhere, reference=reference_at(elsewhere))[1] == 0


def test_brakes_do_not_open_while_the_reference_is_far_from_the_arm(bench: Bench) -> None:
    bench.next(brake=True)
    far = reference_at(bench.middle + 0.2)
    for _ in range(3):
        command, bits = bench.next(reference=far)
        assert bits == LimiterBit.RELEASE
        assert command.brake
    assert bench.limiter.explain().measured == pytest.approx(0.2)
    assert bench.next()[1] == 0


def test_behind_closed_brakes_torque_is_limited_all_the_same(bench: Bench) -> None:
    command, bits = bench.next(torque_nm=np.full(7, 500.0), brake=True)
    assert bits == LimiterBit.TORQUE | LimiterBit.TORQUE_RATE
    np.testing.assert_allclose(command.torque_nm, 0.95)
