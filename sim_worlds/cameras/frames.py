"""Poses as arrays: many rows of x, y, z, qx, qy, qz, qw as matrices at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
"""[4, 4] or [k, 4, 4], homogeneous."""

_IDENTITY: Matrix = np.eye(4)


def _products() -> NDArray[np.float64]:
    """[16, 16]: what each product of two quaternion components (row) adds to each element of a matrix (column)."""
    table = np.zeros((4, 4, 4, 4))
    x, y, z, w = range(4)
    for own, one, other in ((0, y, z), (1, x, z), (2, x, y)):
        table[one, one, own, own] = table[other, other, own, own] = -2.0
    for row, column, first, third in ((0, 1, (x, y), z), (0, 2, (x, z), y), (1, 2, (y, z), x)):
        sign = 2.0 if (row, column) == (0, 2) else -2.0
        table[(*first, row, column)] = table[(*first, column, row)] = 2.0
        table[third, w, row, column], table[third, w, column, row] = sign, -sign
    return table.reshape(16, 16)


_PRODUCTS = _products()


def matrices(poses: NDArray[np.float64]) -> Matrix:
    """[k, 7] poses (xyz + xyzw) as [k, 4, 4]; one product with a table, because small arrays cost by the call."""
    turns = poses[:, 3:]
    result = ((turns[:, :, None] * turns[:, None, :]).reshape(-1, 16) @ _PRODUCTS).reshape(-1, 4, 4)
    result += _IDENTITY
    result[:, :3, 3] = poses[:, :3]
    return result


def inverse(matrix: Matrix) -> Matrix:
    """Of one rigid [4, 4]."""
    result = np.eye(4)
    result[:3, :3] = matrix[:3, :3].T
    result[:3, 3] = -result[:3, :3] @ matrix[:3, 3]
    return result


def turn(rotation_vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """[3, 3] rotation by a rotation vector in radians (Rodrigues)."""
    angle = float(np.linalg.norm(rotation_vector))
    if angle < 1e-12:
        return np.eye(3)
    x, y, z = rotation_vector / angle
    skew = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + np.sin(angle) * skew + (1.0 - np.cos(angle)) * (skew @ skew)
