"""Poses as arrays: many rows of x, y, z, qx, qy, qz, qw as matrices at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
"""[4, 4] or [k, 4, 4], homogeneous."""


def matrices(poses: NDArray[np.float64]) -> Matrix:
    """[k, 7] poses (xyz + xyzw) as [k, 4, 4]."""
    x, y, z, w = poses[:, 3], poses[:, 4], poses[:, 5], poses[:, 6]
    result = np.zeros((len(poses), 4, 4))
    result[:, 0, 0] = 1.0 - 2.0 * (y * y + z * z)
    result[:, 0, 1] = 2.0 * (x * y - z * w)
    result[:, 0, 2] = 2.0 * (x * z + y * w)
    result[:, 1, 0] = 2.0 * (x * y + z * w)
    result[:, 1, 1] = 1.0 - 2.0 * (x * x + z * z)
    result[:, 1, 2] = 2.0 * (y * z - x * w)
    result[:, 2, 0] = 2.0 * (x * z - y * w)
    result[:, 2, 1] = 2.0 * (y * z + x * w)
    result[:, 2, 2] = 1.0 - 2.0 * (x * x + y * y)
    result[:, :3, 3] = poses[:, :3]
    result[:, 3, 3] = 1.0
    return result


def turn(rotation_vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """[3, 3] rotation by a rotation vector in radians (Rodrigues)."""
    angle = float(np.linalg.norm(rotation_vector))
    if angle < 1e-12:
        return np.eye(3)
    x, y, z = rotation_vector / angle
    skew = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + np.sin(angle) * skew + (1.0 - np.cos(angle)) * (skew @ skew)
