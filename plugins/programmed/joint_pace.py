"""Whether the arm's joints can follow a path at its pace.

A hand's speed costs more joint speed near the robot, and System 1 moves no joint faster than it can stop it in time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from plugins.programmed.funnel import HandState, Path, pose_of
from runtime.kinematics import Arm
from runtime.messages.joint import Vector
from runtime.system1.motion_limits import motion_limits

VELOCITY_SHARE = 0.82
ACCELERATION_SHARE = 0.34
"""Of what System 1 lets its reference do: between the steps it goes a little faster than from step to step."""

ITERATIONS = 30


JOINT_ROOM_RAD = 0.15
"""Kept to both ends of every joint's range."""

COLUMNS = [0, 1, 2, 5]
"""Of the Jacobian: hand speed along x, y and z of the base, and turning about z."""

DAMPING = 1e-4


@dataclass(frozen=True, slots=True)
class JointReach:
    """What hand speeds and accelerations the joints allow about one pose."""

    speed_rows: tuple[tuple[float, float, float, float], ...]
    """One a joint: joint speed over its limit, a unit of vx, vy, vz and turn each."""

    acceleration_over_speed: tuple[float, ...]
    """One a joint: velocity limit over acceleration limit, s."""

    def speed_share(self, vx: float, vy: float, vz: float, turn: float) -> float:
        """The part of this hand speed that the joints can follow, at most 1."""
        worst = 1.0
        for a, b, c, d in self.speed_rows:
            ratio = a * vx + b * vy + c * vz + d * turn
            if ratio > worst:
                worst = ratio
            elif -ratio > worst:
                worst = -ratio
        return 1.0 / worst

    def change_share(self, vx: float, vy: float, vz: float, turn: float, *, within_s: float) -> float:
        """The part of this change of hand speed that the joints can make in so much time, at most 1."""
        worst = within_s
        for (a, b, c, d), span_s in zip(self.speed_rows, self.acceleration_over_speed, strict=True):
            needed_s = (a * vx + b * vy + c * vz + d * turn) * span_s
            if needed_s > worst:
                worst = needed_s
            elif -needed_s > worst:
                worst = -needed_s
        return within_s / worst

    def acceleration(self, vx: float, vy: float, vz: float) -> float:
        """Largest acceleration along this direction of unit length, m/s²."""
        return self.change_share(vx, vy, vz, 0.0, within_s=1e-9) * 1e9

    def narrowed(self, excess: float) -> JointReach:
        """As if every joint were so many times slower, and take as much longer to get there."""
        rows = tuple((excess * a, excess * b, excess * c, excess * d) for a, b, c, d in self.speed_rows)
        return JointReach(rows, self.acceleration_over_speed)


class JointPace:
    """Solves a path's joint angles and compares their differences with the limits of the arm."""

    def __init__(self, arm: Arm, *, step_period_s: float, factor: float = 1.0) -> None:
        """`arm` lends its working memory for the call; the solver is an own one. `factor`: of the full speed."""
        self._arm = arm
        self._solver = arm.solver()
        self._period_s = step_period_s
        limits = motion_limits(arm)
        self._velocity = factor * VELOCITY_SHARE * limits.velocity_rad_s
        self._acceleration = factor * factor * ACCELERATION_SHARE * limits.acceleration_rad_s2

    def reach(self, q_rad: Vector) -> JointReach:
        """Hand speeds that are possible about these joint angles."""
        jacobian = self._arm.jacobian(q_rad)
        inverse = jacobian.T @ np.linalg.inv(jacobian @ jacobian.T + DAMPING * np.eye(6))
        rows = inverse[:, COLUMNS] / self._velocity[:, None]
        spans = self._velocity / self._acceleration
        return JointReach(tuple((a, b, c, d) for a, b, c, d in rows.tolist()), tuple(spans.tolist()))

    def excess(self, path: Path, *, steps: int, q_rad: Vector) -> float:
        """How many times too fast the path is for some joint; 1 or less is within limits.

        Acceleration counts by its root, because at s times the speed it is s² times as large. A pose that
        cannot be solved ends the comparison there.
        """
        joints = [q_rad]
        seed = q_rad
        for index in range(steps):
            self._solver.start(pose_of(path.at((index + 1) * self._period_s)), seed)
            self._solver.advance(ITERATIONS)
            if not self._solver.solved:
                break
            joints.append(self._solver.q_rad)
            seed = joints[-1] if len(joints) < 3 else 2.0 * joints[-1] - joints[-2]
        if len(joints) < 3:
            return 0.0
        velocity = np.diff(np.array(joints), axis=0) / self._period_s
        acceleration = np.diff(velocity[1:], axis=0) / self._period_s
        fastest = float((np.abs(velocity) / self._velocity).max())
        hardest = float((np.abs(acceleration) / self._acceleration).max()) if len(acceleration) else 0.0
        return max(fastest, hardest**0.5)


def at_ease(arm: Arm, x_m: float, y_m: float, z_m: float, yaw_rad: float) -> Vector | None:
    """Joint angles for this pose of the hand with room to both sides of every joint; None when there are none."""
    q_rad = arm.inverse(pose_of(HandState(x_m, y_m, z_m, yaw_rad)), arm.home_rad)
    if q_rad is None:
        return None
    inside = (q_rad > arm.lower_rad + JOINT_ROOM_RAD) & (q_rad < arm.upper_rad - JOINT_ROOM_RAD)
    return q_rad if bool(inside.all()) else None
