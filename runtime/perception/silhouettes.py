"""How well a blob agrees with a catalogue part that lies flat, and where that part then is.

Seen from above, the outline of an upright prism is about the hull of its top and its bottom face, each pushed
along the view's slope by half the height: so the outline's middle, laid on the plane at half height, is the
part's middle. Only where the nearer top face hides the bottom does the top's own push remain.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from runtime.messages.cell import PartKind
from runtime.perception.outlines import Blob, Outline, lay
from runtime.perception.places import Places
from runtime.perception.projection import ViewGeometry

CYLINDER = "cylinder"
MARK_SHARE = 0.2
"""Of a cylinder's outline: the pale mark on its top, which tells it from a ball and from a cube."""

HOLE_WEIGHT = 2.0
RESIDUAL_SCALE = 0.22
"""RMS logarithmic error at which quality has fallen to 0.6: one pixel in five of a part's side."""


@dataclass(frozen=True, slots=True)
class Fit:
    """One blob read as one catalogue part."""

    kind: PartKind
    x_m: float
    y_m: float
    z_m: float
    yaw_rad: float
    residual: float
    quality: float
    pixel_m: float


def fit(blob: Blob, view: ViewGeometry, kind: PartKind, *, places: Places) -> Fit | None:
    """Read a blob as this part; None when its rays never meet the plane it would lie on."""
    laid = _lay_on_floor(blob, view, kind, places=places)
    if laid is None:
        return None
    outline, z_m = laid
    height_m = kind.size_m[2]
    slope_x, slope_y = view.slope_at((outline.x_m, outline.y_m, z_m))
    slope = math.hypot(slope_x, slope_y)
    distance_m = float(view.origin_m[2]) - z_m
    nearer = distance_m / max(distance_m - 0.5 * height_m, 0.01)
    lean_m = 0.5 * height_m * slope * nearer
    farther = distance_m / (distance_m + 0.5 * height_m)
    overhang_m = 0.25 * (nearer - farther) * min(kind.size_m[:2])
    push_m = min(lean_m, overhang_m)
    x_m = outline.x_m + (slope_x / slope * push_m if slope > 1e-6 else 0.0)
    y_m = outline.y_m + (slope_y / slope * push_m if slope > 1e-6 else 0.0)
    direction = math.atan2(slope_y, slope_x) - outline.yaw_rad
    errors = _errors(outline, kind, scale=nearer, spread_m=max(0.0, 2.0 * (lean_m - overhang_m)), turn=direction)
    errors = (*errors, HOLE_WEIGHT * (blob.hole - (MARK_SHARE if kind.shape == CYLINDER else 0.0)))
    residual = math.sqrt(sum(error * error for error in errors) / len(errors))
    quality = math.exp(-0.5 * (residual / RESIDUAL_SCALE) ** 2)
    return Fit(kind, x_m, y_m, z_m, outline.yaw_rad, residual, quality, view.pixel_m((x_m, y_m, z_m)))


def _lay_on_floor(blob: Blob, view: ViewGeometry, kind: PartKind, *, places: Places) -> tuple[Outline, float] | None:
    """The outline on the plane at half height of what lies below it; two guesses settle which floor that is."""
    half_m = 0.5 * kind.size_m[2]
    guess = lay(blob, view, z_m=places.table_z_m + half_m)
    if guess is None:
        return None
    z_m = places.floor_z_m(guess.x_m, guess.y_m) + half_m
    if abs(z_m - places.table_z_m - half_m) < 5e-4:
        return guess, z_m
    again = lay(blob, view, z_m=z_m)
    return None if again is None else (again, z_m)


def _errors(
    outline: Outline, kind: PartKind, *, scale: float, spread_m: float, turn: float
) -> tuple[float, float, float]:
    """Logarithmic errors of both extents and the area."""
    length_m, width_m = (scale * side for side in sorted(kind.size_m[:2], reverse=True))
    across_m = length_m * abs(math.sin(turn)) + width_m * abs(math.cos(turn))
    face = 0.25 * math.pi if kind.shape == CYLINDER else 1.0
    area_m2 = face * length_m * width_m + spread_m * (length_m if kind.shape == CYLINDER else across_m)
    length_m += spread_m * abs(math.cos(turn))
    width_m += spread_m * abs(math.sin(turn))
    length_m, width_m = max(length_m, width_m), min(length_m, width_m)
    return (
        math.log(outline.long_m / length_m),
        math.log(outline.short_m / width_m),
        math.log(outline.area_m2 / area_m2),
    )
