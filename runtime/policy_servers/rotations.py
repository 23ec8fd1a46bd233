"""Ways in which models write an orientation, each to and from a unit quaternion (x, y, z, w).

Euler angles are roll, pitch, yaw about the fixed axes x, y, z: R = Rz(yaw)·Ry(pitch)·Rx(roll). Six numbers of a
matrix are its first two columns (Zhou et al., On the continuity of rotation representations, 2019).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from runtime.messages.geometry import Quaternion
from runtime.perception.poses import product
from runtime.perception.projection import Matrix, rotation

_SMALL_RAD = 1e-9


class NoRotation(ValueError):
    """Numbers that are no orientation; the text says which."""


def unit(quaternion: Sequence[float]) -> Quaternion:
    """The quaternion at length one; raises `NoRotation` when it is more than a tenth off."""
    x, y, z, w = (float(value) for value in quaternion)
    length = math.sqrt(x * x + y * y + z * z + w * w)
    if not 0.9 <= length <= 1.1:
        raise NoRotation(f"quaternion of length {length:.3g}")
    return (x / length, y / length, z / length, w / length)


def from_rotation_vector(vector: Sequence[float]) -> Quaternion:
    """Axis times angle in rad."""
    x, y, z = (float(value) for value in vector)
    angle = math.sqrt(x * x + y * y + z * z)
    scale = 0.5 if angle < _SMALL_RAD else math.sin(0.5 * angle) / angle
    return (x * scale, y * scale, z * scale, math.cos(0.5 * angle))


def to_rotation_vector(quaternion: Quaternion) -> tuple[float, float, float]:
    """Axis times angle in rad, the shorter way round."""
    x, y, z, w = quaternion if quaternion[3] >= 0.0 else tuple(-value for value in quaternion)
    sine = math.sqrt(x * x + y * y + z * z)
    scale = 2.0 if sine < _SMALL_RAD else 2.0 * math.atan2(sine, w) / sine
    return (x * scale, y * scale, z * scale)


def from_euler(angles: Sequence[float]) -> Quaternion:
    """Roll, pitch, yaw in rad."""
    roll, pitch, yaw = (float(value) for value in angles)
    about_x = (math.sin(0.5 * roll), 0.0, 0.0, math.cos(0.5 * roll))
    about_y = (0.0, math.sin(0.5 * pitch), 0.0, math.cos(0.5 * pitch))
    about_z = (0.0, 0.0, math.sin(0.5 * yaw), math.cos(0.5 * yaw))
    return product(about_z, product(about_y, about_x))


def to_euler(quaternion: Quaternion) -> tuple[float, float, float]:
    """Roll, pitch, yaw in rad; at a pitch of ±90° the roll is put to zero."""
    matrix = rotation(quaternion)
    sine = float(np.clip(-matrix[2, 0], -1.0, 1.0))
    pitch = math.asin(sine)
    if abs(sine) > 1.0 - 1e-9:
        return (0.0, pitch, math.atan2(-matrix[0, 1], matrix[1, 1]))
    return (math.atan2(matrix[2, 1], matrix[2, 2]), pitch, math.atan2(matrix[1, 0], matrix[0, 0]))


def from_matrix(matrix: Matrix) -> Quaternion:
    """Of a rotation matrix; the largest component is found first, so that nothing is lost (Shepperd, 1978)."""
    m = matrix
    squares = (
        1.0 + m[0, 0] - m[1, 1] - m[2, 2],
        1.0 - m[0, 0] + m[1, 1] - m[2, 2],
        1.0 - m[0, 0] - m[1, 1] + m[2, 2],
        1.0 + m[0, 0] + m[1, 1] + m[2, 2],
    )
    largest = int(np.argmax(squares))
    scale = 0.5 / math.sqrt(max(squares[largest], _SMALL_RAD))
    products = (
        (squares[0], m[0, 1] + m[1, 0], m[0, 2] + m[2, 0], m[2, 1] - m[1, 2]),
        (m[0, 1] + m[1, 0], squares[1], m[1, 2] + m[2, 1], m[0, 2] - m[2, 0]),
        (m[0, 2] + m[2, 0], m[1, 2] + m[2, 1], squares[2], m[1, 0] - m[0, 1]),
        (m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1], squares[3]),
    )[largest]
    return unit([float(value) * scale for value in products])


def from_six(numbers: Sequence[float]) -> Quaternion:
    """First two columns of the matrix, made orthonormal; raises `NoRotation` when they span no plane."""
    first, second = np.array(numbers[:3], dtype=np.float64), np.array(numbers[3:6], dtype=np.float64)
    length = float(np.linalg.norm(first))
    if length < 1e-3:
        raise NoRotation("rotation_6d with a first column of length zero")
    x_axis = first / length
    rest = second - float(x_axis @ second) * x_axis
    length = float(np.linalg.norm(rest))
    if length < 1e-3:
        raise NoRotation("rotation_6d with parallel columns")
    y_axis = rest / length
    return from_matrix(np.stack([x_axis, y_axis, np.cross(x_axis, y_axis)], axis=1))


def to_six(quaternion: Quaternion) -> tuple[float, ...]:
    """First two columns of the matrix, one after the other."""
    matrix = rotation(quaternion)
    return (*map(float, matrix[:, 0]), *map(float, matrix[:, 1]))
