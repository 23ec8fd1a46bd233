"""Which pixels the arm itself covers, from its capsules and joint frames."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.messages.robot import RobotDescription
from runtime.perception.projection import Matrix, ViewGeometry

NEAR_M = 0.03
"""Capsules closer to the camera than this are cut: they would fill the picture with nonsense."""


class ArmShadow:
    """Draws an arm's capsules into a camera picture."""

    def __init__(self, robot: RobotDescription) -> None:
        """Sort the capsules by the frame that carries them; the base comes first."""
        capsules = robot.capsules
        self._carrier = np.array([capsule.joint + 1 for capsule in capsules], dtype=np.intp)
        self._starts = np.array([(*capsule.start_m, 1.0) for capsule in capsules]).reshape(-1, 4)
        self._ends = np.array([(*capsule.end_m, 1.0) for capsule in capsules]).reshape(-1, 4)
        self._radii_m = np.array([capsule.radius_m for capsule in capsules])

    def mask(self, view: ViewGeometry, frames_in_base: Matrix) -> NDArray[np.uint8]:
        """u8[height, width], 255 where the arm is; `frames_in_base` [joints, 4, 4]."""
        width, height = view.size_px
        mask = np.zeros((height, width), dtype=np.uint8)
        if not len(self._radii_m):
            return mask
        carriers = np.concatenate([np.eye(4)[None], frames_in_base])[self._carrier]
        starts, start_depth = view.project(np.einsum("nij,nj->ni", carriers, self._starts)[:, :3])
        ends, end_depth = view.project(np.einsum("nij,nj->ni", carriers, self._ends)[:, :3])
        for start, end, near, far, radius_m in zip(starts, ends, start_depth, end_depth, self._radii_m, strict=True):
            if min(near, far) < NEAR_M:
                continue
            _draw(mask, start, end, radii_px=(radius_m * view.focal_px / near, radius_m * view.focal_px / far))
        return mask


def _draw(mask: NDArray[np.uint8], start: Matrix, end: Matrix, *, radii_px: tuple[float, float]) -> None:
    first = (int(start[0]), int(start[1]))
    last = (int(end[0]), int(end[1]))
    first_px, last_px = (max(1, round(radius)) for radius in radii_px)
    cv2.circle(mask, first, first_px, 255, cv2.FILLED)
    cv2.circle(mask, last, last_px, 255, cv2.FILLED)
    cv2.line(mask, first, last, 255, thickness=min(255, first_px + last_px))
