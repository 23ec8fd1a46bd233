"""Which pixels the arm itself covers, from its capsules and joint frames."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.messages.robot import RobotDescription
from runtime.perception.projection import Matrix, ViewGeometry

NEAR_M = 0.03
"""Capsules closer to the camera than this are cut: they would fill the picture with nonsense."""


_BASE: Matrix = np.eye(4)[None]


class ArmShadow:
    """Draws an arm's capsules into a camera picture."""

    def __init__(self, robot: RobotDescription) -> None:
        """Sort the capsules by the frame that carries them; the base comes first."""
        capsules = robot.capsules
        self._carrier = np.array(2 * [capsule.joint + 1 for capsule in capsules], dtype=np.intp)
        ends = [capsule.start_m for capsule in capsules] + [capsule.end_m for capsule in capsules]
        self._ends = np.array([(*end_m, 1.0) for end_m in ends]).reshape(-1, 4, 1)
        self._radii_m = [capsule.radius_m for capsule in capsules]

    def mask(self, view: ViewGeometry, frames_in_base: Matrix) -> NDArray[np.uint8]:
        """u8[height, width], 255 where the arm is; `frames_in_base` [joints, 4, 4]."""
        width, height = view.size_px
        mask = np.zeros((height, width), dtype=np.uint8)
        count = len(self._radii_m)
        if not count:
            return mask
        carriers = np.concatenate([_BASE, frames_in_base])[self._carrier]
        pixels, depths = view.project((carriers @ self._ends)[:, :3, 0])
        points, depth = pixels.astype(int).tolist(), depths.tolist()
        for index, radius_m in enumerate(self._radii_m):
            near, far = depth[index], depth[index + count]
            if near < NEAR_M or far < NEAR_M:
                continue
            reach = radius_m * view.focal_px
            _draw(mask, points[index], points[index + count], radii_px=(reach / near, reach / far))
        return mask


def _draw(mask: NDArray[np.uint8], first: list[int], last: list[int], *, radii_px: tuple[float, float]) -> None:
    first_px, last_px = max(1, round(radii_px[0])), max(1, round(radii_px[1]))
    cv2.circle(mask, first, first_px, 255, cv2.FILLED)
    cv2.circle(mask, last, last_px, 255, cv2.FILLED)
    cv2.line(mask, first, last, 255, thickness=min(255, first_px + last_px))
