"""Torque limits of the joint drives: peak torque, torque rate, and what heat leaves of them."""

from __future__ import annotations

import math

import numpy as np

from runtime.compiled import compiled
from runtime.messages.joint import Vector
from runtime.messages.robot import RobotDescription


@compiled("boolean(float64[::1], float64[::1], float64[::1], float64[::1], float64[::1])")
def _follow(wish_nm: Vector, was_nm: Vector, rate_nm: Vector, peak_nm: Vector, torque_nm: Vector) -> bool:
    """Fill `torque_nm` with what is possible of the wish; whether that is less than wished anywhere."""
    clipped = False
    for joint in range(wish_nm.size):
        was, rate, peak = was_nm[joint], rate_nm[joint], peak_nm[joint]
        torque_nm[joint] = min(max(wish_nm[joint], max(was - rate, -peak)), min(was + rate, peak))
        clipped |= torque_nm[joint] != wish_nm[joint]
    return clipped


class JointDrives:
    """The torque that the motors really give; it follows the command within peak and rate limits."""

    def __init__(self, robot: RobotDescription, *, step_s: float) -> None:
        self._peak = np.array([joint.torque_nm for joint in robot.joints])
        self._rate = np.array([joint.torque_rate_nm_s * step_s * (1.0 + 1e-9) for joint in robot.joints])
        self.torque_nm: Vector = np.zeros(len(robot.joints))
        self.clipped = False
        """Whether the newest command was outside a limit."""

    def usable(self, torque_nm: Vector) -> Vector | None:
        """A copy of a command that is finite and has one torque a joint; a drive ignores any other: None."""
        if torque_nm.shape != self._peak.shape:
            return None
        usable = np.array(torque_nm, dtype=np.float64)
        return usable if math.isfinite(np.vdot(usable, usable)) else None

    def drive(self, command_nm: Vector | None, *, share: Vector | None) -> Vector:
        """The torque of this step in N·m, a new array; None switches the drives off. `share` of the peak is left."""
        was_nm, self.torque_nm = self.torque_nm, np.empty(len(self._peak))
        if command_nm is None:
            self.torque_nm.fill(0.0)
            self.clipped = False
        else:
            peak_nm = self._peak if share is None else self._peak * share
            self.clipped = _follow(command_nm, was_nm, self._rate, peak_nm, self.torque_nm)
        return self.torque_nm
