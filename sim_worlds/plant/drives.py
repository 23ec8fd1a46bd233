"""Torque limits of the joint drives: peak torque, torque rate, and what heat leaves of them."""

from __future__ import annotations

import math

import numpy as np

from runtime.messages.joint import Vector
from runtime.messages.robot import RobotDescription


class JointDrives:
    """The torque that the motors really give; it follows the command within peak and rate limits."""

    def __init__(self, robot: RobotDescription, *, step_s: float) -> None:
        self._peak = np.array([joint.torque_nm for joint in robot.joints])
        self._floor = -self._peak
        self._rate = np.array([joint.torque_rate_nm_s for joint in robot.joints]) * step_s * (1.0 + 1e-9)
        self._fall = -self._rate
        self._torque = np.zeros(len(robot.joints))
        self.clipped = False
        """Whether the newest command was outside a limit."""

    def usable(self, torque_nm: Vector) -> bool:
        """Whether a command is finite and has one torque a joint; a drive ignores any other."""
        return torque_nm.shape == self._torque.shape and math.isfinite(float(torque_nm.dot(torque_nm)))

    def torque(self, command_nm: Vector | None, *, share: Vector | None) -> Vector:
        """The torque of this step in N·m, a new array; None switches the drives off. `share` of the peak is left."""
        if command_nm is None:
            self._torque = np.zeros_like(self._torque)
            self.clipped = False
            return self._torque
        change = command_nm - self._torque
        np.minimum(change, self._rate, out=change)
        np.maximum(change, self._fall, out=change)
        change += self._torque
        np.minimum(change, self._peak if share is None else self._peak * share, out=change)
        np.maximum(change, self._floor if share is None else self._floor * share, out=change)
        self._torque = change
        self.clipped = float(np.abs(change - command_nm).max()) > 1e-9
        return change
