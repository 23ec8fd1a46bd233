"""Pictures of a pick cell drawn with plain polygons: parts where a test puts them, seen by the described cameras."""

from __future__ import annotations

import math
from collections.abc import Mapping

import cv2
import numpy as np

from runtime.messages.camera import Frame
from runtime.messages.cell import CameraDescription, CellDescription, PartKind
from runtime.messages.geometry import Pose
from runtime.perception import ViewGeometry
from runtime.ports import CameraView, Image, Picture

FINER = 4
"""Drawn at so many times the size and reduced, for soft edges as a lens gives."""

Placed = tuple[float, float, float, float]
"""x, y and z of the part's middle, and its yaw."""


def draw_view(
    cell: CellDescription,
    camera: CameraDescription,
    *,
    placed: Mapping[str, Placed],
    camera_in_base: Pose | None = None,
    stamp_ns: int = 0,
    sequence: int = 1,
) -> CameraView:
    """What this camera sees of these parts; everything else is grey."""
    pose = camera.camera_in_parent if camera_in_base is None else camera_in_base
    frame = Frame(camera.name, sequence, stamp_ns, camera.width_px, camera.height_px, "drawn")
    image = _draw(cell, ViewGeometry(camera, pose), placed)
    return CameraView(Picture(frame, image), camera, pose)


def _draw(cell: CellDescription, view: ViewGeometry, placed: Mapping[str, Placed]) -> Image:
    width, height = view.size_px
    canvas = np.full((height * FINER, width * FINER, 3), 90, dtype=np.uint8)
    for part in cell.parts:
        if part.name in placed:
            _draw_part(canvas, view, part, placed[part.name])
    return cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8)


def _draw_part(canvas: Image, view: ViewGeometry, part: PartKind, place: Placed) -> None:
    colour = tuple(255.0 * channel for channel in part.colour_rgb)
    low, high = (_outline(part, place, side=side) for side in (-0.5, 0.5))
    pixels, depth = view.project(np.concatenate([low, high]))
    if float(depth.min()) <= 0.0:
        return
    cv2.fillConvexPoly(canvas, cv2.convexHull(_fine(pixels)), tuple(0.6 * channel for channel in colour))
    cv2.fillConvexPoly(canvas, cv2.convexHull(_fine(pixels[len(low) :])), colour)
    if part.shape == "cylinder":
        mark, _ = view.project(_outline(part, place, side=0.5, share=0.5))
        cv2.fillConvexPoly(canvas, cv2.convexHull(_fine(mark)), (240.0, 240.0, 240.0))


def _outline(part: PartKind, place: Placed, *, side: float, share: float = 1.0) -> np.ndarray:
    x, y, z, yaw = place
    half_x, half_y = 0.5 * share * part.size_m[0], 0.5 * share * part.size_m[1]
    if part.shape == "cylinder":
        angles = np.linspace(0.0, 2.0 * math.pi, 24, endpoint=False)
        flat = np.stack([half_x * np.cos(angles), half_y * np.sin(angles)], axis=1)
    else:
        flat = np.array([(half_x, half_y), (half_x, -half_y), (-half_x, -half_y), (-half_x, half_y)])
    turn = np.array([(math.cos(yaw), math.sin(yaw)), (-math.sin(yaw), math.cos(yaw))])
    points = np.empty((len(flat), 3))
    points[:, :2] = flat @ turn + (x, y)
    points[:, 2] = z + side * part.size_m[2]
    return points


def _fine(pixels: np.ndarray) -> np.ndarray:
    return np.round(np.clip(pixels, -500.0, 1000.0) * FINER - 0.5).astype(np.int32)
