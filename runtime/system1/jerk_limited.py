"""Jerk-limited motions from any state, by Ruckig: to a state in a given time, and to rest."""

from __future__ import annotations

from typing import Any

import ruckig

from runtime.messages.joint import JointReference, Vector
from runtime.system1.motion_limits import MotionLimits
from runtime.system1.segment import Profile

_ruckig: Any = ruckig
"""Any: compiled code without type information."""


class JerkLimited:
    """Two Ruckig generators with fixed limits; a calculation costs about 4 µs. One thread."""

    def __init__(self, limits: MotionLimits) -> None:
        joints = len(limits.velocity_rad_s)
        self._generator = _ruckig.Ruckig(joints)
        self._to_state = _input(limits, limits.acceleration_rad_s2, limits.steady_jerk_rad_s3)
        self._to_state.synchronization = _ruckig.Synchronization.Time
        self._to_rest = _input(limits, limits.stop_acceleration_rad_s2, limits.jerk_rad_s3)
        self._to_rest.control_interface = _ruckig.ControlInterface.Velocity
        self._to_rest.synchronization = _ruckig.Synchronization.Phase
        self._to_rest.target_velocity = [0.0] * joints
        self._to_rest.target_acceleration = [0.0] * joints
        self._joints = joints
        self._resting = [0.0] * joints

    def to_state(
        self, start: JointReference, q_rad: Vector, dq_rad_s: Vector | None, *, duration_s: float
    ) -> Profile | None:
        """Reach a position with a velocity (None: at rest), in `duration_s` or as soon after as limits allow.

        None when no such motion exists, e.g. from a state outside the limits.
        """
        request = self._to_state
        _begin(request, start)
        request.target_position = q_rad.tolist()
        request.target_velocity = self._resting if dq_rad_s is None else dq_rad_s.tolist()
        request.minimum_duration = duration_s
        return self._calculate(request)

    def to_rest(self, start: JointReference) -> Profile | None:
        """Stop as fast as the stopping limits allow, all joints together; None when that cannot be computed."""
        request = self._to_rest
        _begin(request, start)
        return self._calculate(request)

    def _calculate(self, request: Any) -> Profile | None:
        trajectory = _ruckig.Trajectory(self._joints)
        try:
            result = self._generator.calculate(request, trajectory)
        except _ruckig.RuckigError:
            return None
        return Profile(trajectory) if result == _ruckig.Result.Working else None


def _input(limits: MotionLimits, acceleration_rad_s2: Vector, jerk_rad_s3: Vector) -> Any:
    request = _ruckig.InputParameter(len(acceleration_rad_s2))
    request.max_velocity = limits.velocity_rad_s.tolist()
    request.max_acceleration = acceleration_rad_s2.tolist()
    request.max_jerk = jerk_rad_s3.tolist()
    return request


def _begin(request: Any, start: JointReference) -> None:
    request.current_position = start.q_rad.tolist()
    request.current_velocity = start.dq_rad_s.tolist()
    request.current_acceleration = start.ddq_rad_s2.tolist()
