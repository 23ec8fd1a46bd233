"""Whether the arm's joints can follow a path at its pace: a hand's speed costs more joint speed near the robot."""

from __future__ import annotations

import numpy as np

from plugins.programmed.funnel import Path, pose_of
from runtime.kinematics import Arm
from runtime.messages.joint import Vector

VELOCITY_SHARE = 0.85
ACCELERATION_SHARE = 0.8
"""Of the data sheet: System 1 needs room to blend, the guard refuses from 0.95 on."""

ITERATIONS = 30


class JointPace:
    """Solves a path's joint angles and compares their differences with the limits of the arm."""

    def __init__(self, arm: Arm, *, step_period_s: float) -> None:
        """`arm` is only read; the solver is an own one."""
        self._solver = arm.solver()
        self._period_s = step_period_s
        self._velocity = VELOCITY_SHARE * np.array([joint.velocity_rad_s for joint in arm.robot.joints])
        self._acceleration = ACCELERATION_SHARE * np.array([joint.acceleration_rad_s2 for joint in arm.robot.joints])

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
