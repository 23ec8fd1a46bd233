"""What each camera sees of each part: projected by the true pose, counted in the picture of identities."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.messages.cell import CameraDescription, PartKind
from runtime.messages.geometry import Pose
from sim_worlds.cameras.frames import Matrix, inverse
from sim_worlds.poses import matrix_of
from sim_worlds.stills.still import Sight

SIDES = 16
"""Of the outline of a cylinder."""

NEAREST_M = 0.01
"""As near as the cameras draw."""


def sight_of(
    part: PartKind,
    part_in_base: Pose,
    *,
    body: int,
    camera: CameraDescription,
    camera_in_base: Matrix,
    identities: NDArray[np.uint8],
) -> Sight:
    """`identities` [height, width] says which body each pixel shows; what a cover hides is none of them."""
    base_in_camera = inverse(camera_in_base)
    part_in_camera = base_in_camera @ matrix_of(part_in_base)
    middle = _pixels(part_in_camera[None, :3, 3], camera)[0]
    depth_m = float(part_in_camera[2, 3])
    column, row = float(middle[0]), float(middle[1])
    inside = depth_m > NEAREST_M and 0.0 <= column < camera.width_px and 0.0 <= row < camera.height_px
    corners = _outline(part) @ part_in_camera[:3, :3].T + part_in_camera[:3, 3]
    return Sight(
        pixel=(column, row),
        depth_m=depth_m,
        inside=inside,
        shown_px=int(np.count_nonzero(identities == body)),
        whole_px=_area_px(corners, camera),
    )


def _pixels(points: NDArray[np.float64], camera: CameraDescription) -> NDArray[np.float64]:
    depth = np.where(np.abs(points[:, 2:]) < 1e-6, 1e-6, points[:, 2:])
    return camera.focal_px * points[:, :2] / depth + (0.5 * camera.width_px, 0.5 * camera.height_px)


def _area_px(corners: NDArray[np.float64], camera: CameraDescription) -> int:
    """Pixels inside the part's silhouette, as far as the picture reaches; 0 when a corner is behind the camera."""
    if corners[:, 2].min() <= NEAREST_M:
        return 0
    pixels = _pixels(corners, camera)
    reach = 4.0 * max(camera.width_px, camera.height_px)
    hull = cv2.convexHull(np.clip(pixels, -reach, reach).astype(np.float32))
    width, height = camera.width_px, camera.height_px
    picture = np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=np.float32)
    area, _ = cv2.intersectConvexConvex(hull, picture)
    return round(area)


def _outline(part: PartKind) -> NDArray[np.float64]:
    """[n, 3]: corners of its convex hull in its own frame."""
    x, y, z = (0.5 * size for size in part.size_m)
    if part.shape == "cylinder":
        angles = np.arange(SIDES) * (2.0 * np.pi / SIDES)
        flat = np.column_stack([x * np.cos(angles), y * np.sin(angles)])
    else:
        flat = np.array([(x, y), (x, -y), (-x, -y), (-x, y)])
    return np.concatenate([np.column_stack([flat, np.full(len(flat), side)]) for side in (z, -z)])
