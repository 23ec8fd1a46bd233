"""Poses as arrays: rows of x, y, z, qx, qy, qz, qw to 4x4 matrices and back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from runtime.messages.geometry import Pose

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


def matrix_of(pose: Pose) -> Matrix:
    """One pose as [4, 4]."""
    return matrices(np.array([[*pose.position_m, *pose.orientation_xyzw]]))[0]


def pose_of(matrix: Matrix) -> Pose:
    """A [4, 4] matrix as a pose (Shepperd's method: the largest quaternion component first)."""
    r = matrix[:3, :3]
    trace = float(np.trace(r))
    quarters = np.array([r[0, 0], r[1, 1], r[2, 2], trace])
    lead = int(np.argmax(quarters))
    q = np.empty(4)
    if lead == 3:
        q[:] = [r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1], 1.0 + trace]
    else:
        a, b, c = lead, (lead + 1) % 3, (lead + 2) % 3
        q[a] = 1.0 - trace + 2.0 * r[a, a]
        q[b] = r[a, b] + r[b, a]
        q[c] = r[a, c] + r[c, a]
        q[3] = r[c, b] - r[b, c]
    q /= np.linalg.norm(q)
    x, y, z = (float(value) for value in matrix[:3, 3])
    return Pose((x, y, z), (float(q[0]), float(q[1]), float(q[2]), float(q[3])))


def turn(rotation_vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """[3, 3] rotation by a rotation vector in radians (Rodrigues)."""
    angle = float(np.linalg.norm(rotation_vector))
    if angle < 1e-12:
        return np.eye(3)
    x, y, z = rotation_vector / angle
    skew = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + np.sin(angle) * skew + (1.0 - np.cos(angle)) * (skew @ skew)
