"""Whether the arm's joints can follow a path at its pace.

A hand's speed costs more joint speed near the robot, and System 1 moves no joint faster than it can stop it in time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runtime.kinematics import Arm
from runtime.messages.joint import Vector
from runtime.picking.funnel import HandState, Path, pose_of
from runtime.system1.motion_limits import motion_limits

VELOCITY_SHARE = 0.82
ACCELERATION_SHARE = 0.34
"""Of what System 1 lets its reference do: between the steps it goes a little faster than from step to step."""

ITERATIONS = 30
ALMOST_M, ALMOST_RAD = 1e-3, 3e-3
"""Error before an iteration from which the method's square convergence leaves micrometres and microradians."""

JOINT_ROOM_RAD = 0.15
"""Kept to both ends of every joint's range."""

COLUMNS = [0, 1, 2, 5]
"""Of the Jacobian: hand speed along x, y and z of the base, and turning about z."""

DAMPING = 1e-4


Rows = tuple[tuple[float, float, float, float], ...]


@dataclass(frozen=True, slots=True)
class JointReach:
    """What hand speeds and accelerations the joints allow about one pose."""

    speed_rows: Rows
    """One a joint: joint speed over its limit, a unit of vx, vy, vz and turn each."""

    change_rows: Rows
    """One a joint: seconds that it needs for a change by a unit of vx, vy, vz and turn each."""

    def speed_shares(
        self, out: tuple[float, float, float], across: tuple[float, float, float]
    ) -> tuple[float, float, float]:
        """The parts that the joints can follow of the speeds out (x, y, z) and across (x, y, turn), and of both.

        The third is of what the first two leave; each is at most 1.
        """
        ox, oy, oz = out
        ax, ay, turn = across
        ratios = [(a * ox + b * oy + c * oz, a * ax + b * ay + d * turn) for a, b, c, d in self.speed_rows]
        worst = worst_across = 1.0
        for ratio, ratio_across in ratios:
            if ratio > worst or -ratio > worst:
                worst = abs(ratio)
            if ratio_across > worst_across or -ratio_across > worst_across:
                worst_across = abs(ratio_across)
        share, share_across = 1.0 / worst, 1.0 / worst_across
        worst = 1.0
        for ratio, ratio_across in ratios:
            both = share * ratio + share_across * ratio_across
            if both > worst or -both > worst:
                worst = abs(both)
        return share, share_across, 1.0 / worst

    def change_shares(self, vx: float, vy: float, vz: float, turn: float, *, within_s: float) -> tuple[float, float]:
        """The parts of a change of hand speed and of turning that the joints can make in so much time.

        Each is for itself and at most 1.
        """
        worst = worst_turn = within_s
        for a, b, c, d in self.change_rows:
            needed_s, turn_s = a * vx + b * vy + c * vz, d * turn
            if needed_s > worst or -needed_s > worst:
                worst = abs(needed_s)
            if turn_s > worst_turn or -turn_s > worst_turn:
                worst_turn = abs(turn_s)
        return within_s / worst, within_s / worst_turn

    def acceleration(self, vx: float, vy: float, vz: float) -> float:
        """Largest acceleration along this direction of unit length, m/s²."""
        return self.change_shares(vx, vy, vz, 0.0, within_s=1e-9)[0] * 1e9

    def narrowed(self, excess: float) -> JointReach:
        """As if every joint were so many times slower, and take as much longer to get there."""
        return JointReach(_scaled(self.speed_rows, excess), _scaled(self.change_rows, excess))


def _scaled(rows: Rows, factor: float) -> Rows:
    return tuple((factor * a, factor * b, factor * c, factor * d) for a, b, c, d in rows)


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
        columns = inverse[:, COLUMNS]
        return JointReach(_rows(columns / self._velocity[:, None]), _rows(columns / self._acceleration[:, None]))

    def excess(self, path: Path, *, steps: int, q_rad: Vector) -> float:
        """How many times too fast the path is for some joint; 1 or less is within limits.

        Acceleration counts by its root, because at s times the speed it is s² times as large. A pose that
        cannot be solved ends the comparison there.
        """
        joints = [q_rad]
        seed = q_rad
        for index in range(steps):
            self._solver.start(pose_of(path.at((index + 1) * self._period_s)), seed)
            if not self._solve():
                break
            joints.append(self._solver.q_rad)
            seed = joints[-1] if len(joints) < 3 else 2.0 * joints[-1] - joints[-2]
        if len(joints) < 3:
            return 0.0
        positions = np.array(joints)
        velocity = (positions[1:] - positions[:-1]) / self._period_s
        acceleration = (velocity[2:] - velocity[1:-1]) / self._period_s
        fastest = float((np.abs(velocity) / self._velocity).max())
        hardest = float((np.abs(acceleration) / self._acceleration).max()) if len(acceleration) else 0.0
        return max(fastest, hardest**0.5)

    def _solve(self) -> bool:
        """Usually two iterations will do, and what is left after them is not measured."""
        solver = self._solver
        solver.advance(2)
        if solver.solved or (solver.error_m < ALMOST_M and solver.error_rad < ALMOST_RAD):
            return True
        solver.advance(ITERATIONS)
        return solver.solved


def _rows(array: NDArray[np.float64]) -> Rows:
    return tuple((a, b, c, d) for a, b, c, d in array.tolist())


def at_ease(arm: Arm, x_m: float, y_m: float, z_m: float, yaw_rad: float) -> Vector | None:
    """Joint angles for this pose of the hand with room to both sides of every joint; None when there are none."""
    q_rad = arm.inverse(pose_of(HandState(x_m, y_m, z_m, yaw_rad)), arm.home_rad)
    if q_rad is None:
        return None
    inside = (q_rad > arm.lower_rad + JOINT_ROOM_RAD) & (q_rad < arm.upper_rad - JOINT_ROOM_RAD)
    return q_rad if bool(inside.all()) else None
