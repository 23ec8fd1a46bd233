"""Joint paths: inside the limits they pass, beyond any one of them they are refused with joint and step."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.guardrail.joint_path import check_joint_path, check_tool_path
from runtime.guardrail.limits import Margins, limits_of
from runtime.messages.plan import Reason, Verdict
from tests.support.guarded import cell_with_walls

LIMITS = limits_of(cell_with_walls())
MIDDLE = 0.5 * (LIMITS.reference_lower_rad + LIMITS.reference_upper_rad)
_JOINT = st.integers(0, 6)
_SIDE = st.sampled_from([-1.0, 1.0])
_PERIOD = st.floats(0.02, 0.3)


def _judge(
    path: np.ndarray, *, period_s: float = 0.1, delay_s: float = 0.05, last: np.ndarray | None = None
) -> Verdict:
    return check_joint_path(
        path,
        step_period_s=period_s,
        delay_s=delay_s,
        last_applied_rad=path[0] if last is None else last,
        limits=LIMITS,
    )


@st.composite
def _smooth(draw: st.DrawFn) -> tuple[np.ndarray, float]:
    """A sine within every limit: amplitude and frequency bounded by range, velocity, acceleration and jerk."""
    period_s, steps = draw(_PERIOD), draw(st.integers(1, 12))
    omega = draw(st.floats(0.1, 3.0))
    amplitude = np.minimum.reduce(
        [
            0.5 * (LIMITS.reference_upper_rad - LIMITS.reference_lower_rad),
            LIMITS.reference_velocity_rad_s / omega,
            LIMITS.reference_acceleration_rad_s2 / omega**2,
            LIMITS.reference_jerk_rad_s3 / omega**3,
        ]
    )
    phase = draw(st.floats(0.0, 6.0))
    times = np.arange(steps)[:, None] * period_s
    return MIDDLE + amplitude * 0.999 * np.sin(omega * times + phase), period_s


@settings(max_examples=100)
@given(smooth=_smooth())
def test_a_smooth_path_within_all_limits_passes(smooth: tuple[np.ndarray, float]) -> None:
    path, period_s = smooth
    assert _judge(path, period_s=period_s).passed


@settings(max_examples=60)
@given(joint=_JOINT, side=_SIDE, step=st.integers(0, 4), beyond=st.floats(1e-9, 1e200))
def test_a_step_beyond_a_joints_range_is_refused(joint: int, side: float, step: int, beyond: float) -> None:
    path = np.tile(MIDDLE, (5, 1))
    end = LIMITS.reference_upper_rad[joint] if side > 0 else LIMITS.reference_lower_rad[joint]
    path[step, joint] = end + side * beyond
    verdict = _judge(path)
    if path[step, joint] != end:
        assert verdict.reason is Reason.POSITION
        assert (verdict.limit, verdict.detail) == (pytest.approx(end), f"joint{joint + 1}, step {step}")


@settings(max_examples=60)
@given(joint=_JOINT, side=_SIDE, excess=st.floats(1.001, 3.0), period_s=st.floats(0.02, 0.2))
def test_a_path_too_fast_is_refused(joint: int, side: float, excess: float, period_s: float) -> None:
    path = np.tile(MIDDLE, (2, 1))
    path[1, joint] += side * LIMITS.reference_velocity_rad_s[joint] * period_s * excess
    verdict = _judge(path, period_s=period_s)
    assert verdict.reason is Reason.VELOCITY
    assert abs(verdict.measured) > verdict.limit
    assert verdict.detail == f"joint{joint + 1}, step 1"


@settings(max_examples=60)
@given(joint=_JOINT, side=_SIDE, excess=st.floats(1.001, 1.5), period_s=st.floats(0.02, 0.05))
def test_a_path_that_turns_too_sharply_is_refused(joint: int, side: float, excess: float, period_s: float) -> None:
    path = np.tile(MIDDLE, (3, 1))
    path[1, joint] += side * LIMITS.reference_acceleration_rad_s2[joint] * period_s**2 * excess / 2.0
    verdict = _judge(path, period_s=period_s)
    assert verdict.reason is Reason.ACCELERATION
    assert verdict.detail == f"joint{joint + 1}, step 1"


@settings(max_examples=60)
@given(joint=_JOINT, side=_SIDE, excess=st.floats(1.001, 1.2))
def test_a_path_that_jerks_is_refused(joint: int, side: float, excess: float) -> None:
    period_s = 0.001
    path = np.tile(MIDDLE, (4, 1))
    kick = side * LIMITS.reference_jerk_rad_s3[joint] * period_s**3 * excess
    path[2:, joint] += np.array([1.0, 2.0]) * kick  # second differences 0, kick, 0: third ones beyond the limit
    verdict = _judge(path, period_s=period_s)
    assert verdict.reason is Reason.JERK


@settings(max_examples=60)
@given(joint=_JOINT, side=_SIDE, share=st.floats(0.0, 2.0), delay_s=st.floats(-0.05, 0.2))
def test_the_first_step_may_lie_only_as_far_as_the_joint_can_travel(
    joint: int, side: float, share: float, delay_s: float
) -> None:
    reach = LIMITS.reference_velocity_rad_s[joint] * max(delay_s, 0.0) + LIMITS.margins.seam_rad
    last = MIDDLE.copy()
    last[joint] -= side * reach * share
    verdict = _judge(np.tile(MIDDLE, (3, 1)), delay_s=delay_s, last=last)
    if share > 1.0001:
        assert verdict.reason is Reason.DISCONTINUITY
        assert verdict.detail == f"joint{joint + 1}, step 0"
    elif share < 0.9999:
        assert verdict.passed


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_path_or_last_reference_that_is_no_number_is_refused(value: float) -> None:
    path = np.tile(MIDDLE, (3, 1))
    spoilt = path.copy()
    spoilt[1, 4] = value
    assert _judge(spoilt).reason is Reason.NOT_FINITE
    last = MIDDLE.copy()
    last[3] = value
    assert _judge(path, last=last).reason is Reason.DISCONTINUITY


@pytest.mark.parametrize("shape", [(0, 7), (3, 6), (3, 8), (7,), (1, 3, 7)])
def test_a_path_of_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    verdict = check_joint_path(np.zeros(shape), step_period_s=0.1, delay_s=0.0, last_applied_rad=MIDDLE, limits=LIMITS)
    assert verdict.reason is Reason.SHAPE


@pytest.mark.parametrize("period_s", [0.0, -0.1, math.nan])
def test_a_path_without_duration_is_refused(period_s: float) -> None:
    assert _judge(np.tile(MIDDLE, (3, 1)), period_s=period_s).reason is Reason.SCHEMA


@settings(max_examples=60)
@given(
    steps=st.integers(1, 6),
    bad=st.integers(0, 5),
    axis=st.integers(0, 2),
    side=_SIDE,
    beyond=st.one_of(st.floats(1e-6, 10.0), st.just(math.nan)),
)
def test_a_tool_path_leaves_neither_the_workspace_nor_the_floor(
    steps: int, bad: int, axis: int, side: float, beyond: float
) -> None:
    lower, upper = np.array(LIMITS.workspace_lower_m), np.array(LIMITS.workspace_upper_m)
    positions = np.tile(0.5 * (lower + upper), (steps, 1))
    assert check_tool_path(positions, limits=LIMITS).passed
    step = bad % steps
    positions[step, axis] = (upper[axis] if side > 0 else lower[axis]) + side * beyond
    verdict = check_tool_path(positions, limits=LIMITS)
    below = axis == 2 and not side * beyond > 0
    assert verdict.reason is (Reason.FLOOR if below else Reason.WORKSPACE)
    assert f"step {step}" in verdict.detail


def test_a_margin_that_leaves_no_range_is_refused() -> None:
    with pytest.raises(ValueError, match="position_rad = 2"):
        limits_of(cell_with_walls(), Margins(position_rad=2.0))


def test_margins_lie_inside_the_data_sheet() -> None:
    assert np.all(LIMITS.reference_lower_rad > LIMITS.position_lower_rad)
    assert np.all(LIMITS.reference_upper_rad < LIMITS.position_upper_rad)
    assert np.all(LIMITS.reference_velocity_rad_s < LIMITS.velocity_rad_s)
    assert np.all(LIMITS.reference_acceleration_rad_s2 < LIMITS.acceleration_rad_s2)
    assert np.all(LIMITS.braking_rad_s2 < LIMITS.acceleration_rad_s2)
