"""Torque limits of the joint drives: peak torque, torque rate, and what heat leaves of them."""

from __future__ import annotations

import math

from runtime.messages.joint import Vector
from runtime.messages.robot import RobotDescription


class JointDrives:
    """The torque that the motors really give; it follows the command within peak and rate limits.

    Plain floats: for seven joints a loop costs a quarter of what as many array operations do.
    """

    def __init__(self, robot: RobotDescription, *, step_s: float) -> None:
        self._peak = [joint.torque_nm for joint in robot.joints]
        self._rate = [joint.torque_rate_nm_s * step_s * (1.0 + 1e-9) for joint in robot.joints]
        self._count = len(robot.joints)
        self.torque_nm = [0.0] * self._count
        self.clipped = False
        """Whether the newest command was outside a limit."""

    def usable(self, torque_nm: Vector) -> list[float] | None:
        """A copy of a command that is finite and has one torque a joint; a drive ignores any other: None."""
        if torque_nm.shape != (self._count,):
            return None
        torques: list[float] = torque_nm.tolist()
        return torques if math.isfinite(sum(torques)) else None

    def drive(self, command_nm: list[float] | None, *, share: Vector | None) -> list[float]:
        """The torque of this step in N·m, a new list; None switches the drives off. `share` of the peak is left."""
        self.clipped = False
        if command_nm is None:
            self.torque_nm = [0.0] * self._count
            return self.torque_nm
        peaks = self._peak if share is None else [p * s for p, s in zip(self._peak, share.tolist(), strict=True)]
        torques: list[float] = []
        for wish, was, rate, peak in zip(command_nm, self.torque_nm, self._rate, peaks, strict=True):
            low, high = was - rate, was + rate
            low = -peak if low < -peak else low
            high = peak if high > peak else high
            torque = low if wish < low else high if wish > high else wish
            if torque != wish:
                self.clipped = True
            torques.append(torque)
        self.torque_nm = torques
        return torques
