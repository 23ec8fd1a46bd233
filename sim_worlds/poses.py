"""Poses as matrices and back, for building cells; never on the hot path."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from runtime.messages.geometry import Pose

Matrix = NDArray[np.float64]


def rotation_of(quaternion_xyzw: tuple[float, float, float, float]) -> Matrix:
    """Rotation matrix of a quaternion of any length but zero."""
    x, y, z, w = np.asarray(quaternion_xyzw, dtype=np.float64) / np.linalg.norm(quaternion_xyzw)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def quaternion_of(rotation: Matrix) -> tuple[float, float, float, float]:
    """Unit quaternion x, y, z, w of a rotation matrix (Shepperd's method: the largest component first)."""
    trace = np.array([rotation[0, 0], rotation[1, 1], rotation[2, 2], rotation.trace()])
    largest = int(np.argmax(trace))
    quaternion = np.empty(4)
    if largest == 3:
        quaternion[:3] = (
            rotation[2, 1] - rotation[1, 2],
            rotation[0, 2] - rotation[2, 0],
            rotation[1, 0] - rotation[0, 1],
        )
        quaternion[3] = 1.0 + trace[3]
    else:
        i, j, k = largest, (largest + 1) % 3, (largest + 2) % 3
        quaternion[i] = 1.0 + rotation[i, i] - rotation[j, j] - rotation[k, k]
        quaternion[j] = rotation[i, j] + rotation[j, i]
        quaternion[k] = rotation[i, k] + rotation[k, i]
        quaternion[3] = rotation[k, j] - rotation[j, k]
    x, y, z, w = (float(value) for value in quaternion / np.linalg.norm(quaternion))
    return (x, y, z, w)


def matrix_of(pose: Pose) -> Matrix:
    """Homogeneous matrix, float64[4, 4]."""
    matrix = np.eye(4)
    matrix[:3, :3] = rotation_of(pose.orientation_xyzw)
    matrix[:3, 3] = pose.position_m
    return matrix


def pose_of(matrix: Matrix) -> Pose:
    """The pose of a homogeneous matrix."""
    x, y, z = (float(value) for value in matrix[:3, 3])
    return Pose((x, y, z), quaternion_of(matrix[:3, :3]))
