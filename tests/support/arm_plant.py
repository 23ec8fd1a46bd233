"""A small deterministic plant behind the Plant port: rigid bodies by pinocchio, friction, noise, delay, brakes."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from runtime.kinematics import Arm
from runtime.messages.joint import JointCommand, PlantFlag, PlantState, Vector
from runtime.messages.robot import RobotDescription

SUBSTEPS = 4
"""Friction with inertia of a few hundredths kg·m² needs finer steps than the loop's."""


@dataclass(frozen=True)
class Mismatch:
    """How the plant differs from what the runtime knows of it."""

    mass_factor: float = 1.0
    friction_factor: float = 1.0
    delay_ticks: int = 0
    position_noise_rad: float = 0.0
    velocity_noise_rad_s: float = 0.0
    torque_noise_nm: float = 0.0


class ArmPlant:
    """Integrates M(q)·q̈ + h(q, q̇) + friction = τ at 1 ms; brakes hold; 20 missed commands brake by themselves."""

    def __init__(
        self, robot: RobotDescription, *, mismatch: Mismatch | None = None, seed: int = 0, q_rad: Vector | None = None
    ) -> None:
        self.arm = Arm(robot)
        self._robot = robot
        self._mismatch = Mismatch() if mismatch is None else mismatch
        self._random = np.random.default_rng(seed)
        joints = self.arm.joint_count
        self.q_rad = self.arm.home_rad.copy() if q_rad is None else q_rad.copy()
        self.dq_rad_s: Vector = np.zeros(joints)
        self.external_nm: Vector = np.zeros(joints)
        self.friction_factor = self._mismatch.friction_factor
        self.gripper_width_m = robot.gripper.width_max_m
        self.flags = 0
        self.applied_nm = self.arm.gravity(self.q_rad) * self._mismatch.mass_factor
        self._line: deque[JointCommand | None] = deque([None] * self._mismatch.delay_ticks)
        self._command: JointCommand | None = None
        self._missed = 0
        self._missed_total = 0
        self._tick = 0
        self._stamp_ns = 0
        self._stop_seen_ns = 0
        self._braked_by_itself = False
        self._release_armed = False

    def step(self, command: JointCommand | None, *, stamp_ns: int) -> PlantState:
        """One millisecond; a missed command keeps the last torque, 20 in a row close the brakes."""
        self._line.append(command)
        arrived = self._line.popleft()
        if arrived is None:
            self._missed += 1
            self._missed_total += 1
        else:
            self._missed = 0
            self._command = arrived
        self._protect(arrived)
        if self._braked():
            self.dq_rad_s = np.zeros_like(self.dq_rad_s)
        else:
            self._move()
        self._move_gripper()
        self._tick += 1
        self._stamp_ns = stamp_ns
        return self.measure()

    def measure(self) -> PlantState:
        """The newest measurement with fresh noise."""
        mismatch = self._mismatch
        joints = len(self.q_rad)
        return PlantState(
            tick=self._tick,
            stamp_ns=self._stamp_ns,
            q_rad=self.q_rad + mismatch.position_noise_rad * self._random.standard_normal(joints),
            dq_rad_s=self.dq_rad_s + mismatch.velocity_noise_rad_s * self._random.standard_normal(joints),
            torque_nm=self.applied_nm + mismatch.torque_noise_nm * self._random.standard_normal(joints),
            gripper_width_m=self.gripper_width_m,
            gripper_force_n=0.0,
            winding_celsius=np.full(joints, 30.0),
            housing_celsius=np.full(joints, 28.0),
            flags=self.flags,
            missed_commands=self._missed,
            missed_commands_total=self._missed_total,
            command_sequence=0 if self._command is None else self._command.sequence,
            stop_seen_ns=self._stop_seen_ns,
        )

    def trip(self, *, tripped: bool) -> None:
        """Set or clear the over-temperature trip."""
        self.flags = self.flags | PlantFlag.TRIPPED if tripped else self.flags & ~PlantFlag.TRIPPED

    def _protect(self, arrived: JointCommand | None) -> None:
        if self._missed >= 20:
            self._braked_by_itself = True
            self._release_armed = False
        if arrived is not None and self._braked_by_itself:
            if arrived.brake:
                self._release_armed = True
            elif self._release_armed:
                self._braked_by_itself = False
        loss = PlantFlag.COMMUNICATION_LOSS if self._braked_by_itself else 0
        braked = PlantFlag.BRAKED if self._braked() else 0
        self.flags = (self.flags & PlantFlag.TRIPPED) | int(loss) | int(braked)
        stopping = self._command is not None and self._command.stopping
        if not stopping:
            self._stop_seen_ns = 0
        elif self._stop_seen_ns == 0:
            self._stop_seen_ns = self._stamp_ns + 1_000_000

    def _braked(self) -> bool:
        commanded = self._command is not None and self._command.brake
        return commanded or self._braked_by_itself or bool(self.flags & PlantFlag.TRIPPED)

    def _move(self) -> None:
        if self._command is not None:
            self.applied_nm = self._command.torque_nm.copy()
        zero = np.zeros_like(self.q_rad)
        scale = self._mismatch.mass_factor
        for _ in range(SUBSTEPS):
            drift = self.arm.inverse_dynamics(self.q_rad, self.dq_rad_s, zero) * scale
            mass = self.arm.mass_matrix(self.q_rad) * scale
            force = self.applied_nm + self.external_nm - drift - self.friction_factor * self.arm.friction(self.dq_rad_s)
            self.dq_rad_s = self.dq_rad_s + np.linalg.solve(mass, force) * (1e-3 / SUBSTEPS)
            self.q_rad = self.q_rad + self.dq_rad_s * (1e-3 / SUBSTEPS)

    def _move_gripper(self) -> None:
        if self._command is None:
            return
        step_m = self._robot.gripper.speed_m_s * 1e-3
        error_m = self._command.gripper_width_m - self.gripper_width_m
        self.gripper_width_m += min(max(error_m, -step_m), step_m)
