"""Blobs of one colour as outlines in the base frame: middle, extents, turn and how rectangular they are."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.perception.projection import Matrix, ViewGeometry

AREA_FLOOR_PX = 8.0
"""Smaller blobs are noise."""

RIM_PX = 0.3
"""How far a blob's true edge lies outside the middles of its border pixels, measured on rendered parts: less than
half a pixel on average, because pixels that show a part only by a third count as its colour already."""


@dataclass(frozen=True, slots=True)
class Blob:
    """One connected area of one colour in a picture."""

    contour_px: Matrix
    """[n, 2], through the middles of its border pixels."""

    middle_px: tuple[float, float]
    area_px: float
    """Holes included: a top mark belongs to the part."""

    hole: float
    """Share of the area within the outline that has another colour."""

    cut: bool
    """Touches the picture's border or the arm, so that a piece may be missing."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A blob laid on a horizontal plane."""

    x_m: float
    y_m: float
    long_m: float
    short_m: float
    """Extents of the smallest rectangle around it."""

    yaw_rad: float
    """Of the long side against the base's x axis, in [-π/2, π/2)."""

    area_m2: float


def blobs(mask: NDArray[np.uint8], *, covered: NDArray[np.uint8] | None) -> list[Blob]:
    """Connected areas of a mask, largest first; `covered` is where the arm hides the scene."""
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    found = [
        blob for contour in contours if (blob := _blob(np.asarray(contour, dtype=np.int32), mask, covered)) is not None
    ]
    return sorted(found, key=lambda blob: -blob.area_px)


def _blob(contour: NDArray[np.int32], mask: NDArray[np.uint8], covered: NDArray[np.uint8] | None) -> Blob | None:
    moments = cv2.moments(contour)
    inner_px = moments["m00"]
    area_px = inner_px + RIM_PX * len(contour) + math.pi * RIM_PX * RIM_PX
    if area_px < AREA_FLOOR_PX or inner_px <= 0.0:
        return None
    points = contour.reshape(-1, 2)
    low, high = points.min(axis=0), points.max(axis=0)
    left, top, right, bottom = int(low[0]), int(low[1]), int(high[0]), int(high[1])
    cut = min(left, top) <= 0 or right >= mask.shape[1] - 1 or bottom >= mask.shape[0] - 1
    if covered is not None and not cut:
        cut = cv2.countNonZero(covered[top - 1 : bottom + 2, left - 1 : right + 2]) > 0
    filled_px = cv2.countNonZero(mask[top : bottom + 1, left : right + 1])
    whole_px = inner_px + 0.5 * len(contour) + 1.0  # Pick's theorem: pixels on the border count as a whole
    middle = (moments["m10"] / inner_px + 0.5, moments["m01"] / inner_px + 0.5)
    return Blob(points.astype(np.float64) + 0.5, middle, area_px, max(0.0, 1.0 - filled_px / whole_px), cut)


def lay(blob: Blob, view: ViewGeometry, *, z_m: float) -> Outline | None:
    """The blob on the plane at `z_m`; None when a part of it looks past the plane."""
    on_plane = view.on_plane(np.concatenate([blob.contour_px, [blob.middle_px]]), z_m=z_m)
    if not np.isfinite(on_plane).all():
        return None
    x_m, y_m = on_plane[-1].tolist()
    pixel_m = view.pixel_m((x_m, y_m, z_m))
    offsets = ((on_plane[:-1] - on_plane[-1]) * 1000.0).astype(np.float32)
    _, (first, second), angle_degrees = cv2.minAreaRect(offsets)
    first_m, second_m = first * 1e-3 + 2.0 * RIM_PX * pixel_m, second * 1e-3 + 2.0 * RIM_PX * pixel_m
    yaw = math.radians(angle_degrees) + (0.0 if first_m >= second_m else 0.5 * math.pi)
    scale = _area_scale(blob, offsets, pixel_m)
    return Outline(x_m, y_m, max(first_m, second_m), min(first_m, second_m), half_turn(yaw), blob.area_px * scale)


def _area_scale(blob: Blob, offsets: NDArray[np.float32], pixel_m: float) -> float:
    """Square metres a pixel: from the same contour before and after, so that a slanted view is accounted for."""
    inner_px = cv2.contourArea(blob.contour_px.astype(np.float32))
    return cv2.contourArea(offsets) * 1e-6 / inner_px if inner_px > 0.0 else pixel_m * pixel_m


def half_turn(angle_rad: float) -> float:
    """The same direction of a line, in [-π/2, π/2)."""
    return (angle_rad + 0.5 * math.pi) % math.pi - 0.5 * math.pi
