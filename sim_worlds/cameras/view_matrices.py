"""From the base frame to what is drawn: a camera's picture, and the lamp's view for its shadows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from runtime.messages.cell import CameraDescription
from sim_worlds.cameras.frames import Matrix

NEAR_M, FAR_M = 0.01, 6.0
SHADOW_HALF_M = 0.75
"""Half the side of the square that the shadow map covers, about `SHADOW_CENTRE_M`."""

SHADOW_CENTRE_M = (0.45, 0.0, 0.2)


def projection(camera: CameraDescription) -> Matrix:
    """Clip space from the camera frame (x right, y down, z forward), first row of memory at the top."""
    depth = FAR_M - NEAR_M
    return np.array(
        [
            [2.0 * camera.focal_px / camera.width_px, 0.0, 0.0, 0.0],
            [0.0, 2.0 * camera.focal_px / camera.height_px, 0.0, 0.0],
            [0.0, 0.0, (FAR_M + NEAR_M) / depth, -2.0 * FAR_M * NEAR_M / depth],
            [0.0, 0.0, 1.0, 0.0],
        ]
    )


def shadow_from_base(direction: NDArray[np.float64]) -> Matrix:
    """Orthographic view from the lamp, depth rising away from it."""
    across = np.cross([0.0, 1.0, 0.0] if abs(direction[1]) < 0.9 else [1.0, 0.0, 0.0], direction)
    across /= np.linalg.norm(across)
    rotation = np.array([across, np.cross(direction, across), -direction])
    result = np.eye(4)
    result[:3, :3] = rotation / np.array([[SHADOW_HALF_M], [SHADOW_HALF_M], [1.5]])
    result[:3, 3] = -result[:3, :3] @ np.asarray(SHADOW_CENTRE_M)
    return result
