"""A cell without dynamics for tests of policies: the arm is where the newest chunk wants it, grasps are geometry."""

from __future__ import annotations

import math

import numpy as np

from runtime.kinematics import Arm
from runtime.messages.cell import CellDescription
from runtime.messages.geometry import Pose
from runtime.messages.tasks import Assignment
from runtime.perception.poses import compose, inverse
from runtime.picking.funnel import yaw_of
from runtime.ports import CameraView, Observation, Policy, Proposal
from tests.support.drawn_pictures import Placed, draw_view

PERIOD_NS = 100_000_000
FINGER_M_S = 0.1
BELT_END_M = 0.03
"""A part is still there so far beyond the reach of the belt."""


class KinematicCell:
    """Steps of 0.1 s: look, infer, move. Parts stay where they are, or on the belt, until they are carried."""

    def __init__(self, cell: CellDescription, parts: dict[str, Placed]) -> None:
        self.cell = cell
        self.parts = dict(parts)
        self.arm = Arm(cell.robot)
        self.q_rad = self.arm.home_rad.copy()
        self.width_m = cell.robot.gripper.width_max_m
        self.held = ""
        self.slips = 0
        """So many grasps close beside the part."""

        self.stamp_ns = PERIOD_NS
        self.proposals: list[Proposal] = []

    def run(self, policy: Policy, assignment: Assignment, *, seconds: float = 20.0, begin: bool = True) -> Proposal:
        """Until the policy is done with the task, or time is up; returns its last answer."""
        if begin:
            policy.begin(assignment)
        for _ in range(round(seconds * 10)):
            proposal = self.step(policy, assignment)
            if proposal.status.value not in ("working", "waiting"):
                return proposal
        return self.proposals[-1]

    def step(self, policy: Policy, assignment: Assignment | None) -> Proposal:
        """One inference, and the tenth of a second after it."""
        proposal = policy.infer(self.observation(assignment))
        self.proposals.append(proposal)
        if proposal.gripper_in_base:
            self._move(proposal.gripper_in_base[0], proposal.gripper_width_m[0])
        self.stamp_ns += PERIOD_NS
        self._run_belt()
        return proposal

    def observation(self, assignment: Assignment | None) -> Observation:
        """What is seen and measured now."""
        return Observation(
            observation_id=self.stamp_ns // PERIOD_NS,
            stamp_ns=self.stamp_ns,
            views={camera.name: self._view(camera.name) for camera in self.cell.cameras},
            q_rad=self.q_rad.copy(),
            dq_rad_s=np.zeros_like(self.q_rad),
            gripper_in_base=self.arm.fk(self.q_rad),
            gripper_width_m=self.width_m,
            gripper_force_n=30.0 if self.held else 0.0,
            assignment=assignment,
        )

    def _view(self, name: str) -> CameraView:
        camera = next(camera for camera in self.cell.cameras if camera.name == name)
        pose = None
        if camera.on_flange:
            flange = compose(self.arm.fk(self.q_rad), inverse(self.cell.robot.gripper.gripper_in_flange))
            pose = compose(flange, camera.camera_in_parent)
        seen = {part: place for part, place in self.parts.items() if part != self.held}
        return draw_view(self.cell, camera, placed=seen, camera_in_base=pose, stamp_ns=self.stamp_ns)

    def _move(self, target: Pose, width_m: float) -> None:
        q_rad = self.arm.inverse(target, self.q_rad)
        assert q_rad is not None, f"the policy wants the hand at {target.position_m}"
        self.q_rad = q_rad
        reach_m = FINGER_M_S * PERIOD_NS * 1e-9
        wanted_m = min(self.width_m + reach_m, max(self.width_m - reach_m, width_m))
        if self.held:
            self._carry(target, wanted_m, width_m)
        elif wanted_m < self.width_m:
            self._close(target, wanted_m)
        else:
            self.width_m = wanted_m

    def _run_belt(self) -> None:
        """Along y; what passes the end of the reach is put on again a reach before its beginning."""
        tray = self.cell.tray
        step_m = tray.belt_velocity_m_s[1] * PERIOD_NS * 1e-9
        end_m = tray.inner_half_extents_m[1]
        for name, (x, y, z, yaw) in self.parts.items():
            if name == self.held or abs(x - tray.centre_in_base_m[0]) > tray.inner_half_extents_m[0] or step_m == 0.0:
                continue
            self.parts[name] = (x, y + step_m if y < end_m + BELT_END_M else -2.0 * end_m, z, yaw)

    def _close(self, target: Pose, wanted_m: float) -> None:
        part = self._between_fingers(target)
        grips = bool(part) and wanted_m <= self._grip_width_m(part, target) <= self.width_m
        if grips and self.slips == 0:
            self.held = part
            self.width_m = self._grip_width_m(part, target)
            return
        self.slips -= grips
        self.width_m = wanted_m

    def _carry(self, target: Pose, wanted_m: float, width_m: float) -> None:
        x, y, z, yaw = self.parts[self.held]
        if width_m > self.width_m:
            height_m = next(part.size_m[2] for part in self.cell.parts if part.name == self.held)
            self.parts[self.held] = (x, y, self.cell.tray.centre_in_base_m[2] + 0.5 * height_m, yaw)
            self.held, self.width_m = "", wanted_m
        else:
            self.parts[self.held] = (target.position_m[0], target.position_m[1], z, yaw)

    def _between_fingers(self, target: Pose) -> str:
        for name, (x, y, z, _) in self.parts.items():
            beside_m = math.hypot(x - target.position_m[0], y - target.position_m[1])
            if beside_m < 0.008 and abs(z - target.position_m[2]) < 0.02:
                return name
        return ""

    def _grip_width_m(self, name: str, hand: Pose) -> float:
        """Extent of the part along the fingers' motion, for hands that grip across its faces."""
        x_m, y_m, _ = next(part.size_m for part in self.cell.parts if part.name == name)
        across_rad = yaw_of(hand) + 0.5 * math.pi - self.parts[name][3]
        return x_m if abs(math.cos(across_rad)) > math.sqrt(0.5) else y_m
