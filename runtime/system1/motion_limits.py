"""What the trajectory may ask of the joints: the data sheet, narrowed by torque rate and by the time to stop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from runtime.kinematics import Arm
from runtime.messages.joint import Vector

STOP_WITHIN_S = 0.2
"""Longest stop; the trajectory never goes faster than it can be stopped in this time."""

_CYCLE_S = 0.01
"""Reserve of the stop: tick grid and rounding."""

_VELOCITY_SHARE = 0.9
_ACCELERATION_SHARE = 0.75
_STOP_SHARE = 0.94
"""Shares of the data sheet, all inside what the guard's limiter lets pass."""

_TORQUE_RATE_SHARE = 0.7
"""Of the torque rate for a joint's own inertia; the rest is for coupling, friction and feedback."""

_STEADY_SHARE = 0.6

_INERTIA_RESERVE = 1.5
"""Over the inertia in the home pose; farther stretched, the guard's limiter spreads a step over more ticks."""


@dataclass(frozen=True, slots=True)
class MotionLimits:
    """Limits of the reference, one entry a joint."""

    velocity_rad_s: Vector
    acceleration_rad_s2: Vector
    stop_acceleration_rad_s2: Vector
    jerk_rad_s3: Vector
    """At peaks, and of stops."""

    steady_jerk_rad_s3: Vector
    """Of motions that hold their jerk for long; coupled joints then share the torque rate."""


def motion_limits(arm: Arm) -> MotionLimits:
    """Limits for this arm.

    Jerk is bounded by torque rate over inertia.
    Velocity v keeps a/j + (v + a²/2j)/s + s/j within the stop time (a: acceleration at the worst moment,
    s: stopping acceleration, j: jerk), so that every stop ends in time by construction.
    """
    joints = arm.robot.joints
    jerk = np.array([joint.jerk_rad_s3 for joint in joints])
    torque_rate = np.array([joint.torque_rate_nm_s for joint in joints])
    inertia = _INERTIA_RESERVE * np.diagonal(arm.mass_matrix(arm.home_rad))
    jerk = np.minimum(jerk, _TORQUE_RATE_SHARE * torque_rate / inertia)
    sheet = np.array([joint.acceleration_rad_s2 for joint in joints])
    acceleration = _ACCELERATION_SHARE * sheet
    # half of the stop may go into building up and taking down the deceleration
    stop = np.minimum(_STOP_SHARE * sheet, 0.25 * STOP_WITHIN_S * jerk)
    acceleration = np.minimum(acceleration, 0.2 * STOP_WITHIN_S * jerk)
    available_s = STOP_WITHIN_S - _CYCLE_S - acceleration / jerk - stop / jerk
    stoppable = stop * available_s - acceleration**2 / (2.0 * jerk)
    velocity = _VELOCITY_SHARE * np.array([joint.velocity_rad_s for joint in joints])
    return MotionLimits(np.minimum(velocity, stoppable), acceleration, stop, jerk, _STEADY_SHARE * jerk)
