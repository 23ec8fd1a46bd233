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


NEAREST_M = 0.005
"""A camera is never taken to be nearer to a plane than this."""


@dataclass(frozen=True, slots=True)
class Blob:
    """One connected area of one colour in a picture."""

    contour_px: Matrix
    """[n, 2], through the middles of its border pixels."""

    middle_px: tuple[float, float]
    area_px: float
    """Holes included: a top mark belongs to the part."""

    inner_px: float
    """Of the contour alone, without the rim beyond it."""

    hole: float
    """Share of the area within the outline that has another colour."""

    cut: bool
    """Touches the picture's border or the arm, so that a piece may be missing."""


@dataclass(frozen=True, slots=True)
class Footprint:
    """A blob's rays on a plane one metre below the camera; lengths in metres a metre, so that they scale."""

    slope: tuple[float, float]
    """Where the middle's ray meets that plane, x and y of base from the camera."""

    long: float
    short: float
    """Extents of the smallest rectangle around it, through the middles of border pixels."""

    yaw_rad: float
    """Of the long side against the base's x axis, in [-π/2, π/2)."""

    area: float
    """Rim included. Square metres a pixel come from the same contour before and after, so that a slanted view
    is accounted for."""


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
    left, top, width, height = cv2.boundingRect(contour)
    right, bottom = left + width - 1, top + height - 1
    cut = min(left, top) <= 0 or right >= mask.shape[1] - 1 or bottom >= mask.shape[0] - 1
    if covered is not None and not cut:
        cut = cv2.countNonZero(covered[top - 1 : bottom + 2, left - 1 : right + 2]) > 0
    filled_px = cv2.countNonZero(mask[top : bottom + 1, left : right + 1])
    whole_px = inner_px + 0.5 * len(contour) + 1.0  # Pick's theorem: pixels on the border count as a whole
    middle = (moments["m10"] / inner_px + 0.5, moments["m01"] / inner_px + 0.5)
    hole = max(0.0, 1.0 - filled_px / whole_px)
    points = contour.reshape(-1, 2).astype(np.float64) + 0.5
    return Blob(points, middle, area_px, inner_px, hole, cut)


def cast(blob: Blob, view: ViewGeometry) -> Footprint | None:
    """The blob's rays measured once for every plane they may meet; None when some do not point down."""
    slopes = view.slopes(np.concatenate([blob.contour_px, [blob.middle_px]]))
    middle_x, middle_y = slopes[-1].tolist()
    offsets = ((slopes[:-1] - slopes[-1]) * 1000.0).astype(np.float32)
    area = cv2.contourArea(offsets)
    if not math.isfinite(area) or not math.isfinite(middle_x):
        return None
    _, (first, second), angle_degrees = cv2.minAreaRect(offsets)
    yaw = math.radians(angle_degrees) + (0.0 if first >= second else 0.5 * math.pi)
    return Footprint(
        slope=(middle_x, middle_y),
        long=max(first, second) * 1e-3,
        short=min(first, second) * 1e-3,
        yaw_rad=half_turn(yaw),
        area=area * 1e-6 * blob.area_px / blob.inner_px,
    )


def lay(footprint: Footprint, view: ViewGeometry, *, z_m: float) -> Outline:
    """The blob on the plane at `z_m`: everything grows with the distance below the camera."""
    below_m = max(view.position_m[2] - z_m, NEAREST_M)
    x_m = view.position_m[0] + footprint.slope[0] * below_m
    y_m = view.position_m[1] + footprint.slope[1] * below_m
    rim_m = 2.0 * RIM_PX * view.pixel_m((x_m, y_m, z_m))
    return Outline(
        x_m,
        y_m,
        footprint.long * below_m + rim_m,
        footprint.short * below_m + rim_m,
        footprint.yaw_rad,
        footprint.area * below_m * below_m,
    )


def half_turn(angle_rad: float) -> float:
    """The same direction of a line, in [-π/2, π/2)."""
    return (angle_rad + 0.5 * math.pi) % math.pi - 0.5 * math.pi
