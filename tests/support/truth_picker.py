"""Picks parts by plant truth with a textbook controller: shows that grasps hold, without any policy or System 1."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from runtime.kinematics import Arm
from runtime.messages.geometry import Pose
from runtime.messages.joint import JointCommand, PlantState, Vector
from sim_worlds.plant.pybullet_plant import PyBulletPlant
from sim_worlds.poses import quaternion_of
from sim_worlds.scenes import Scene

TICK_NS = 1_000_000


class TruthPicker:
    """Computed torque along quintic joint paths; `width_m` and `force_n` go to the gripper with every command."""

    def __init__(self, scene: Scene, plant: PyBulletPlant) -> None:
        self._scene = scene
        self._plant = plant
        self.arm = Arm(scene.description.robot)
        self.width_m = scene.description.robot.gripper.width_max_m
        self.force_n = 30.0
        self.worst_error_rad = 0.0
        self.reference = self.arm.home_rad.copy()
        self.state: PlantState = plant.measure()
        self.sequence = 0
        self._stiffness = np.array([400.0] * 4 + [900.0] * 3)
        self._damping = np.array([40.0] * 4 + [60.0] * 3)

    def hold(self, duration_s: float) -> None:
        """Stay at the reference."""
        rest = np.zeros(self.arm.joint_count)
        for _ in range(round(duration_s * 1000)):
            self._tick(self.reference, rest, rest)

    def move(self, goal: Vector, duration_s: float) -> None:
        """A quintic from the reference to the goal, at rest at both ends."""
        start, span = self.reference, goal - self.reference
        ticks = round(duration_s * 1000)
        for tick in range(1, ticks + 1):
            u = tick / ticks
            place = 10 * u**3 - 15 * u**4 + 6 * u**5
            speed = (30 * u**2 - 60 * u**3 + 30 * u**4) / duration_s
            acceleration = (60 * u - 180 * u**2 + 120 * u**3) / duration_s**2
            self._tick(start + span * place, span * speed, span * acceleration)
        self.reference = goal.copy()

    def above(self, x: float, y: float, z: float, *, yaw: float) -> NDArray[np.float64]:
        """Joint angles for the gripper pointing down at this place, fingers along the turned y axis."""
        c, s = math.cos(yaw), math.sin(yaw)
        rotation = np.array([[c, s, 0.0], [s, -c, 0.0], [0.0, 0.0, -1.0]])
        q = self.arm.inverse(Pose((x, y, z), quaternion_of(rotation)), self.arm.home_rad)
        assert q is not None, (x, y, z, yaw)
        return q

    def pick(self, part: int) -> float:
        """Grasp a part where it is and lift it 20 cm; returns the measured grip width."""
        kind = self._scene.description.parts[part]
        x, y, z, _, _, turn_z, turn_w = (float(value) for value in self._plant.truth().parts[part])
        turn = math.pi if kind.shape == "flat box" else 0.5 * math.pi
        yaw = math.remainder(2.0 * math.atan2(turn_z, turn_w), turn)
        self.width_m = self._scene.description.robot.gripper.width_max_m
        self.move(self.above(x, y, z + 0.12, yaw=yaw), 0.9)
        self.move(self.above(x, y, max(z - 0.002, 0.010), yaw=yaw), 0.5)
        self.width_m = 0.0
        self.hold(0.6)
        width = self.state.gripper_width_m
        self.move(self.above(x, y, z + 0.20, yaw=yaw), 0.6)
        return width

    def place(self, tote: int) -> None:
        """Carry what is held to a tote, lower it and let go."""
        x, y, _ = self._scene.description.totes[tote].centre_in_base_m
        self.move(self.above(x, y, 0.22, yaw=0.0), 1.1)
        self.move(self.above(x, y, 0.10, yaw=0.0), 0.5)
        self.width_m = self._scene.description.robot.gripper.width_max_m
        self.hold(0.3)
        self.move(self.above(x, y, 0.22, yaw=0.0), 0.4)

    def command(self, torque_nm: Vector) -> JointCommand:
        """The next command with this torque."""
        self.sequence += 1
        stamp_ns = self.sequence * TICK_NS
        return JointCommand(self.sequence, stamp_ns, torque_nm, self.width_m, self.force_n, False, False, 0)

    def _tick(self, q: Vector, dq: Vector, ddq: Vector) -> None:
        state = self.state
        wish = ddq + self._stiffness * (q - state.q_rad) + self._damping * (dq - state.dq_rad_s)
        torque = self.arm.inverse_dynamics(state.q_rad, state.dq_rad_s, wish) + self.arm.friction(dq)
        self.state = self._plant.step(self.command(torque), stamp_ns=(self.sequence + 1) * TICK_NS)
        self.worst_error_rad = max(self.worst_error_rad, float(np.abs(q - self.state.q_rad).max()))
