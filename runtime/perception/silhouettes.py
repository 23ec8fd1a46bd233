"""How well a blob agrees with a catalogue part that lies flat, and where that part then is.

Seen from above, the outline of an upright prism is about the hull of its top and its bottom face, each pushed
along the view's slope by half the height: so the outline's middle, laid on the plane at half height, is the
part's middle. Only where the nearer top face hides the bottom does the top's own push remain.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from runtime.messages.cell import PartKind
from runtime.perception.outlines import Blob, Footprint, Outline, lay
from runtime.perception.places import TRAY, Places
from runtime.perception.projection import ViewGeometry

CYLINDER = "cylinder"
MARK_SHARE = 0.2
"""Of a cylinder's outline: the pale mark on its top, which tells it from a ball and from a cube."""

HOLE_WEIGHT = 2.0
SAME_PLANE_M = 2e-4
TIPPED_WORTH = 0.85
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


def fit(blob: Blob, footprint: Footprint, view: ViewGeometry, kind: PartKind, *, places: Places) -> Fit:
    """Read a blob with its footprint as this part.

    In the tray parts stand as the catalogue draws them; elsewhere they were dropped and may lie on any side.
    """
    guess_z_m = places.table_z_m + 0.5 * kind.size_m[2]
    guess = lay(footprint, view, z_m=guess_z_m)
    floor_m = places.floor_z_m(guess.x_m, guess.y_m)
    stances = _stances(kind) if places.at(guess.x_m, guess.y_m) != TRAY else _stances(kind)[:1]
    fits: list[Fit] = []
    for stance in stances:
        z_m = floor_m + 0.5 * stance.height_m
        outline = guess if abs(z_m - guess_z_m) < SAME_PLANE_M else lay(footprint, view, z_m=z_m)
        fits.append(_fit_stance(outline, blob, view, kind, stance=stance, z_m=z_m))
    return min(fits, key=lambda found: -found.quality)


@dataclass(frozen=True, slots=True)
class _Stance:
    """A way for a part to lie: which extents show from above."""

    length_m: float
    width_m: float
    height_m: float
    round: bool
    worth: float
    """Share of the quality: the way the catalogue draws it is the likelier one."""


@lru_cache(maxsize=64)
def _stances(kind: PartKind) -> tuple[_Stance, ...]:
    x_m, y_m, z_m = kind.size_m
    length_m, width_m = max(x_m, y_m), min(x_m, y_m)
    upright = _Stance(length_m, width_m, z_m, kind.shape == CYLINDER, 1.0)
    if kind.shape == CYLINDER:
        return upright, _Stance(max(x_m, z_m), min(x_m, z_m), y_m, False, TIPPED_WORTH)
    if max(kind.size_m) - min(kind.size_m) < 1e-3:
        return (upright,)
    on_edge = _Stance(max(length_m, z_m), min(length_m, z_m), width_m, False, TIPPED_WORTH)
    on_end = _Stance(max(width_m, z_m), min(width_m, z_m), length_m, False, TIPPED_WORTH)
    return upright, on_edge, on_end


def _fit_stance(
    outline: Outline, blob: Blob, view: ViewGeometry, kind: PartKind, *, stance: _Stance, z_m: float
) -> Fit:
    height_m = stance.height_m
    slope_x, slope_y = view.slope_at((outline.x_m, outline.y_m, z_m))
    slope = math.hypot(slope_x, slope_y)
    distance_m = view.position_m[2] - z_m
    nearer = distance_m / max(distance_m - 0.5 * height_m, 0.01)
    lean_m = 0.5 * height_m * slope * nearer
    farther = distance_m / (distance_m + 0.5 * height_m)
    overhang_m = 0.25 * (nearer - farther) * stance.width_m
    push_m = min(lean_m, overhang_m)
    x_m = outline.x_m + (slope_x / slope * push_m if slope > 1e-6 else 0.0)
    y_m = outline.y_m + (slope_y / slope * push_m if slope > 1e-6 else 0.0)
    direction = math.atan2(slope_y, slope_x) - outline.yaw_rad
    errors = _errors(outline, stance, scale=nearer, spread_m=max(0.0, 2.0 * (lean_m - overhang_m)), turn=direction)
    errors = (*errors, HOLE_WEIGHT * (blob.hole - (MARK_SHARE if stance.round else 0.0)))
    residual = math.sqrt(sum(error * error for error in errors) / len(errors))
    quality = stance.worth * math.exp(-0.5 * (residual / RESIDUAL_SCALE) ** 2)
    return Fit(kind, x_m, y_m, z_m, outline.yaw_rad, residual, quality, view.pixel_m((x_m, y_m, z_m)))


def _errors(
    outline: Outline, stance: _Stance, *, scale: float, spread_m: float, turn: float
) -> tuple[float, float, float]:
    """Logarithmic errors of both extents and the area."""
    length_m, width_m = scale * stance.length_m, scale * stance.width_m
    across_m = length_m if stance.round else length_m * abs(math.sin(turn)) + width_m * abs(math.cos(turn))
    face = 0.25 * math.pi if stance.round else 1.0
    area_m2 = face * length_m * width_m + spread_m * across_m
    length_m += spread_m * abs(math.cos(turn))
    width_m += spread_m * abs(math.sin(turn))
    length_m, width_m = max(length_m, width_m), min(length_m, width_m)
    return (
        math.log(outline.long_m / length_m),
        math.log(outline.short_m / width_m),
        math.log(outline.area_m2 / area_m2),
    )
