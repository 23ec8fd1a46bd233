"""Poses and boxes, in metres and radians."""

from __future__ import annotations

from msgspec import Struct

Vector3 = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]
"""x, y, z, w; unit length."""


class Pose(Struct, frozen=True):
    """Where one frame stands in another; the name of the holding field says which in which."""

    position_m: Vector3
    orientation_xyzw: Quaternion = (0.0, 0.0, 0.0, 1.0)


class Box(Struct, frozen=True):
    """A solid box that stands in the cell, in the base frame of the robot."""

    name: str
    centre_in_base: Pose
    half_extents_m: Vector3
    colour_rgb: Vector3 = (0.6, 0.6, 0.6)


class Region(Struct, frozen=True):
    """An axis-aligned volume in the base frame."""

    lower_m: Vector3
    upper_m: Vector3

    def contains(self, point: Vector3) -> bool:
        """Whether a point in the base frame lies inside or on the border."""
        return all(low <= value <= high for low, value, high in zip(self.lower_m, point, self.upper_m, strict=True))
