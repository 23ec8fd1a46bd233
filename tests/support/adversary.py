"""An adversary drives many joints at once against the braking envelope, through delay and weak brakes.

Each joint is a double integrator of 1 ms: it follows any acceleration within its limit, sees its commands only
after a transport delay, and once braked decelerates with the derated brake until it stands. The envelope is
asked before every tick, as the command limiter does; what it says must keep every joint inside its range.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from runtime.guardrail.envelope import MEASURED, REFERENCE, Envelope
from runtime.guardrail.limits import Limits

STEP_S = 0.001


@dataclass(frozen=True)
class Trial:
    """What became of one run."""

    steps: int
    """Joint steps simulated."""

    violations: int
    """Joint steps outside the position range."""

    brakings: int
    """How often the envelope closed a brake."""


def drive(envelope: Envelope, truth: Limits, *, ticks: int, delay_ticks: int, seed: int) -> Trial:
    """Run `ticks` with this envelope; `truth` holds the limits and brakes that the joints really have.

    A joint that stands braked begins anew in any state from which the true envelope is kept, so that every tick
    is a live one. Half of the joints are pushed towards their nearer end all the time, the others change their
    mind at random.
    """
    random = np.random.default_rng(seed)
    joints = truth.joints
    lower, upper = truth.position_lower_rad, truth.position_upper_rad
    push = truth.acceleration_rad_s2
    safe = Envelope(truth)
    q, dq = _start(random, truth, safe)
    pipeline = [np.zeros(joints) for _ in range(delay_ticks)]
    braking = [np.zeros(joints, dtype=bool) for _ in range(delay_ticks)]
    latched = np.zeros(joints, dtype=bool)
    wish = np.zeros(joints)
    stubborn = np.arange(joints) % 2 == 0
    violations = brakings = 0
    for tick in range(ticks):
        braked = latched | ~_keeps(envelope, q, dq)
        brakings += int(np.count_nonzero(braked & ~latched))
        latched = braked
        if tick % 16 == 0:
            wish = random.choice([-1.0, -0.5, 0.0, 0.5, 1.0], joints)
        towards = np.where(q > 0.5 * (lower + upper), 1.0, -1.0)
        pipeline.append(np.where(stubborn, towards, wish) * push)
        braking.append(latched.copy())
        acceleration, closed = pipeline.pop(0), braking.pop(0)
        q, dq = _step(truth, q, dq, acceleration, closed)
        violations += int(np.count_nonzero((q < lower) | (q > upper)))
        ended = closed & (dq == 0.0)
        if ended.any():
            anew = _start(random, truth, safe)
            q, dq = np.where(ended, anew[0], q), np.where(ended, anew[1], dq)
            latched &= ~ended
            for waiting, closing in zip(pipeline, braking, strict=True):
                waiting[ended] = 0.0
                closing[ended] = False
    return Trial(ticks * joints, violations, brakings)


def _step(
    truth: Limits,
    q: NDArray[np.float64],
    dq: NDArray[np.float64],
    acceleration: NDArray[np.float64],
    closed: NDArray[np.bool_],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """One millisecond, exact for constant acceleration; a brake ends at standstill, also within the step."""
    brake = truth.braking_rad_s2
    used_s = np.where(closed, np.minimum(STEP_S, np.abs(dq) / brake), STEP_S)
    acceleration = np.where(closed, -np.sign(dq) * brake, acceleration)
    # the joint itself is not faster than its data sheet: the velocity rule is not on trial here
    following = np.clip(dq + acceleration * used_s, -truth.velocity_rad_s, truth.velocity_rad_s)
    following[closed & (used_s < STEP_S)] = 0.0
    return q + 0.5 * (dq + following) * used_s, following


def _keeps(envelope: Envelope, q: NDArray[np.float64], dq: NDArray[np.float64]) -> NDArray[np.bool_]:
    envelope.q_rad[MEASURED] = q
    envelope.dq_rad_s[MEASURED] = dq
    envelope.q_rad[REFERENCE] = 0.0
    envelope.dq_rad_s[REFERENCE] = 0.0
    envelope.judge()
    return np.asarray(envelope.position_room_rad[:, MEASURED].min(axis=0) >= 0.0)


def _start(
    random: np.random.Generator, truth: Limits, safe: Envelope
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A position near an end and any speed from which the true envelope is kept."""
    lower, upper = truth.position_lower_rad, truth.position_upper_rad
    inset = random.uniform(0.0, 0.4, truth.joints)
    q = np.where(random.random(truth.joints) < 0.5, lower + inset, upper - inset)
    dq = random.uniform(-truth.velocity_rad_s, truth.velocity_rad_s)
    kept = _keeps(safe, q, dq)
    return np.where(kept, q, 0.5 * (lower + upper)), np.where(kept, dq, 0.0)


def widened(limits: Limits, *, copies: int) -> Limits:
    """The same joints `copies` times over, so that one array operation is many trials."""
    arrays = {
        name: np.tile(value, copies)
        for name in Limits.__slots__
        if isinstance(value := getattr(limits, name), np.ndarray)
    }
    return replace(limits, **arrays, joint_names=limits.joint_names * copies)
