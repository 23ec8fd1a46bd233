"""Between pixels and points in the base frame, for a pinhole camera whose place is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from runtime.messages.cell import CameraDescription
from runtime.messages.geometry import Pose, Quaternion

Matrix = NDArray[np.float64]


def rotation(orientation: Quaternion) -> Matrix:
    """Rotation matrix of a unit quaternion x, y, z, w."""
    x, y, z, w = orientation
    return np.array(
        [
            [1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y - z * w), 2.0 * (x * z + y * w)],
            [2.0 * (x * y + z * w), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z - x * w)],
            [2.0 * (x * z - y * w), 2.0 * (y * z + x * w), 1.0 - 2.0 * (x * x + y * y)],
        ]
    )


class ViewGeometry:
    """One camera at one instant. Pixels are continuous, the middle of the first pixel is (0.5, 0.5)."""

    def __init__(self, camera: CameraDescription, camera_in_base: Pose) -> None:
        """Keep what every projection needs."""
        self.key = (camera, camera_in_base)
        """Equal for equal views."""

        self._rotation = rotation(camera_in_base.orientation_xyzw)
        self._axes: list[list[float]] = self._rotation.T.tolist()
        self.position_m = camera_in_base.position_m
        self.origin_m: Matrix = np.array(camera_in_base.position_m)
        self.focal_px = camera.focal_px
        self.size_px = (camera.width_px, camera.height_px)
        self._middle_px: Matrix = np.array([0.5 * camera.width_px, 0.5 * camera.height_px])

    @property
    def axes(self) -> list[list[float]]:
        """Right, down and forward of the camera as unit vectors in base."""
        return self._axes

    def project(self, points_m: Matrix) -> tuple[Matrix, Matrix]:
        """Points [n, 3] in base to pixels [n, 2] and depths [n]; a depth ≤ 0 is behind the camera."""
        in_camera = (points_m - self.origin_m) @ self._rotation
        depth = in_camera[:, 2]
        scale = self.focal_px / np.where(np.abs(depth) < 1e-6, 1e-6, depth)
        return in_camera[:, :2] * scale[:, None] + self._middle_px, depth

    def project_point(self, point_m: tuple[float, float, float]) -> tuple[float, float, float]:
        """Column, row and depth of one point in base."""
        across, down, depth = self._in_camera(point_m)
        scale = self.focal_px / (1e-6 if abs(depth) < 1e-6 else depth)
        return across * scale + 0.5 * self.size_px[0], down * scale + 0.5 * self.size_px[1], depth

    def slopes(self, pixels: Matrix) -> Matrix:
        """How far along x and y of base the rays of pixels [n, 2] travel a metre downwards: [n, 2].

        A ray that does not point down gives nan.
        """
        rays = np.empty((len(pixels), 3))
        rays[:, :2] = (pixels - self._middle_px) / self.focal_px
        rays[:, 2] = 1.0
        rays = rays @ self._rotation.T
        drop = -rays[:, 2:]
        if drop.min() <= 1e-3:
            drop = np.where(drop > 1e-3, drop, np.nan)
        return rays[:, :2] / drop

    def on_plane(self, pixels: Matrix, *, z_m: float) -> Matrix:
        """Where the rays of pixels [n, 2] meet the horizontal plane at `z_m`: [n, 2], x and y in base.

        A ray that does not point down to the plane gives nan.
        """
        return self.origin_m[:2] + self.slopes(pixels) * (self.position_m[2] - z_m)

    def slope_at(self, point_m: tuple[float, float, float]) -> tuple[float, float]:
        """Horizontal metres a ray travels per metre of height at this point: how far side faces lean out."""
        x_m, y_m, z_m = self.position_m
        dz = min(point_m[2] - z_m, -1e-6)
        return (point_m[0] - x_m) / dz, (point_m[1] - y_m) / dz

    def pixel_m(self, point_m: tuple[float, float, float]) -> float:
        """Side of a pixel's footprint at this point, across the ray, in metres."""
        return self._in_camera(point_m)[2] / self.focal_px

    def _in_camera(self, point_m: tuple[float, float, float]) -> tuple[float, float, float]:
        """Right, down and forward of the camera; plain floats, which for one point are many times faster."""
        x_m, y_m, z_m = self.position_m
        dx, dy, dz = point_m[0] - x_m, point_m[1] - y_m, point_m[2] - z_m
        (ax, ay, az), (bx, by, bz), (cx, cy, cz) = self._axes
        return ax * dx + ay * dy + az * dz, bx * dx + by * dy + bz * dz, cx * dx + cy * dy + cz * dz
