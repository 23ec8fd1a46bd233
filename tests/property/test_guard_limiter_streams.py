"""Whatever stream of commands, states and references comes: what leaves the limiter is always within the limits."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from runtime.guardrail.command_limiter import CommandLimiter
from runtime.guardrail.limiter_bits import BRAKING_BITS, LimiterBit
from runtime.guardrail.limits import limits_of
from runtime.messages.joint import JointCommand, JointReference, PlantState
from tests.support.guarded import cell_with_walls, state_at

LIMITS = limits_of(cell_with_walls())
_WILD = st.one_of(
    st.floats(-3.0, 3.0),
    st.floats(-200.0, 200.0),
    st.floats(),
    st.sampled_from([math.nan, math.inf, -math.inf, 1e308, -1e308, 5e-324, -0.0]),
)
_CALM = st.floats(-1.0, 1.0)
_VECTOR = st.one_of(
    arrays(np.float64, 7, elements=_CALM),
    arrays(np.float64, 7, elements=_WILD),
    arrays(np.float64, st.integers(0, 9), elements=_CALM),
)


@dataclass
class Tick:
    """One call of the limiter."""

    command: JointCommand
    state: PlantState
    reference: JointReference


@st.composite
def _ticks(draw: st.DrawFn) -> Tick:
    sequence, stamp = draw(st.integers(-5, 50)), draw(st.integers(0, 50)) * 1_000_000
    command = JointCommand(
        sequence,
        stamp,
        draw(_VECTOR),
        draw(_WILD),
        draw(_WILD),
        brake=draw(st.booleans()),
        stopping=draw(st.booleans()),
        verdict=0,
    )
    state = state_at(draw(_VECTOR), dq_rad_s=draw(_VECTOR), stamp_ns=draw(st.integers(0, 50)) * 1_000_000)
    return Tick(command, state, JointReference(draw(_VECTOR), draw(_VECTOR), np.zeros(7)))


@settings(max_examples=60)
@given(st.lists(_ticks(), min_size=1, max_size=12))
def test_what_leaves_the_limiter_is_within_the_limits_whatever_enters(ticks: list[Tick]) -> None:
    limiter = CommandLimiter(LIMITS)
    last = np.zeros(7)
    step = LIMITS.torque_rate_nm_s * 0.001
    for tick in ticks:
        asked = tick.command.torque_nm.copy()
        limited, bits = limiter.apply(tick.command, tick.state, tick.reference)
        torque = limited.torque_nm
        assert torque.shape == (7,)
        assert np.all(np.isfinite(torque))
        assert np.all(np.abs(torque) <= LIMITS.torque_nm)
        assert np.all(np.abs(torque - last) <= step * (1.0 + 1e-9))
        assert 0.0 <= limited.gripper_width_m <= LIMITS.gripper_width_m
        assert 0.0 <= limited.gripper_force_n <= LIMITS.gripper_force_n
        assert limited.brake or not (tick.command.brake or bits & BRAKING_BITS)
        assert limited.stopping or not (tick.command.stopping or bits & BRAKING_BITS)
        assert limited.verdict == bits
        changed = not np.array_equal(torque, asked) or limited.gripper_width_m != tick.command.gripper_width_m
        assert bits or not changed
        verdict = limiter.explain()
        assert math.isfinite(verdict.measured)
        assert math.isfinite(verdict.limit)
        last = torque


@settings(max_examples=60)
@given(st.lists(st.integers(0, 20), min_size=1, max_size=40))
def test_applied_sequences_strictly_increase_in_every_order_of_arrival(sequences: list[int]) -> None:
    limiter = CommandLimiter(LIMITS)
    middle = 0.5 * (LIMITS.reference_lower_rad + LIMITS.reference_upper_rad)
    applied = []
    for sequence in sequences:
        command = JointCommand(sequence, 0, np.zeros(7), 0.05, 1.0, brake=False, stopping=False, verdict=0)
        reference = JointReference(middle, np.zeros(7), np.zeros(7))
        _, bits = limiter.apply(command, state_at(middle, stamp_ns=0), reference)
        if not bits & LimiterBit.SEQUENCE:
            applied.append(sequence)
    assert applied == sorted(set(applied))
    assert applied[0] == sequences[0]


@settings(max_examples=60)
@given(torques=arrays(np.float64, (20, 7), elements=st.floats(-300.0, 300.0)), seed=st.integers(0, 100))
def test_a_command_within_reach_is_never_changed(torques: np.ndarray, seed: int) -> None:
    limiter = CommandLimiter(LIMITS)
    random = np.random.default_rng(seed)
    middle = 0.5 * (LIMITS.reference_lower_rad + LIMITS.reference_upper_rad)
    last = np.zeros(7)
    for sequence, wish in enumerate(torques):
        share = random.uniform(-0.999, 0.999, 7) * LIMITS.torque_rate_nm_s * 0.001
        asked = np.clip(last + np.clip(wish, -1.0, 1.0) * share, -LIMITS.torque_nm, LIMITS.torque_nm)
        command = JointCommand(sequence, 0, asked, 0.05, 1.0, brake=False, stopping=False, verdict=0)
        reference = JointReference(middle, np.zeros(7), np.zeros(7))
        limited, bits = limiter.apply(command, state_at(middle, stamp_ns=0), reference)
        assert bits == 0
        np.testing.assert_array_equal(limited.torque_nm, asked)
        last = asked
