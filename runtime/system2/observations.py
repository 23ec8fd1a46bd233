"""Pairs the newest pictures with the arm's state at the moment they were taken."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from runtime.kinematics import Arm
from runtime.messages.cell import CameraDescription, CellDescription
from runtime.messages.geometry import Pose
from runtime.messages.joint import Vector
from runtime.messages.state import RobotState
from runtime.messages.tasks import Assignment
from runtime.perception.poses import compose, inverse
from runtime.ports import CameraView, Observation, Picture

STATES_KEPT = 100
"""A second at 100 Hz: older pictures than that are of no use."""


class ObservationBuilder:
    """Takes pictures and states as they come; gives an observation when every camera has a newer picture."""

    def __init__(self, cell: CellDescription, arm: Arm) -> None:
        """`arm` is for forward kinematics; it is used in the caller's thread only."""
        self._arm = arm
        self._cameras = {camera.name: camera for camera in cell.cameras}
        self._flange_in_gripper = inverse(cell.robot.gripper.gripper_in_flange)
        self._pictures: dict[str, Picture] = {}
        self._states: deque[RobotState] = deque(maxlen=STATES_KEPT)
        self._observed_ns = -1
        self._observations = 0

    def take_robot(self, robot: RobotState) -> None:
        """Keep one measured state; one that is older than the newest is dropped."""
        if not self._states or robot.stamp_ns > self._states[-1].stamp_ns:
            self._states.append(robot)

    def take_pictures(self, pictures: Sequence[Picture]) -> None:
        """Keep the newest picture of every camera of this cell."""
        for picture in pictures:
            if picture.frame.camera in self._cameras:
                self._pictures[picture.frame.camera] = picture

    def next(self, assignment: Assignment | None) -> Observation | None:
        """An observation that was not given before, or None. Its stamp is that of the older picture."""
        if len(self._pictures) < len(self._cameras) or not self._states:
            return None
        stamp_ns = min(picture.frame.stamp_ns for picture in self._pictures.values())
        if stamp_ns <= self._observed_ns:
            return None
        self._observed_ns = stamp_ns
        self._observations += 1
        q_rad, dq_rad_s, nearest = self._state_at(stamp_ns)
        gripper_in_base = self._arm.fk(q_rad)
        return Observation(
            observation_id=self._observations,
            stamp_ns=stamp_ns,
            views={
                name: self._view(self._cameras[name], picture, stamp_ns, gripper_in_base)
                for name, picture in self._pictures.items()
            },
            q_rad=q_rad,
            dq_rad_s=dq_rad_s,
            gripper_in_base=gripper_in_base,
            gripper_width_m=nearest.gripper_width_m,
            gripper_force_n=nearest.gripper_force_n,
            assignment=assignment,
        )

    def _view(self, camera: CameraDescription, picture: Picture, stamp_ns: int, gripper_in_base: Pose) -> CameraView:
        """`gripper_in_base` is known for `stamp_ns`; a picture taken then needs no other."""
        if not camera.on_flange:
            return CameraView(picture, camera, camera.camera_in_parent)
        if picture.frame.stamp_ns != stamp_ns:
            q_rad, _, _ = self._state_at(picture.frame.stamp_ns)
            gripper_in_base = self._arm.fk(q_rad)
        flange_in_base = compose(gripper_in_base, self._flange_in_gripper)
        return CameraView(picture, camera, compose(flange_in_base, camera.camera_in_parent))

    def _state_at(self, stamp_ns: int) -> tuple[Vector, Vector, RobotState]:
        """Joint angles and rates interpolated to a moment, and the measured state nearest to it."""
        before = after = self._states[-1]
        for state in reversed(self._states):
            before = state
            if state.stamp_ns <= stamp_ns:
                break
            after = state
        span_ns = after.stamp_ns - before.stamp_ns
        share = 0.0 if span_ns <= 0 else min(1.0, max(0.0, (stamp_ns - before.stamp_ns) / span_ns))
        q_rad = (1.0 - share) * np.array(before.q_rad) + share * np.array(after.q_rad)
        dq_rad_s = (1.0 - share) * np.array(before.dq_rad_s) + share * np.array(after.dq_rad_s)
        if before is after:
            q_rad = q_rad + dq_rad_s * min(max(stamp_ns - before.stamp_ns, 0), 20_000_000) * 1e-9
        return q_rad, dq_rad_s, after if share > 0.5 else before
