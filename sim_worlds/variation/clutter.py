"""Clutter: foreign objects on the tray and beside it.

Small solids on the tray are physical, because a hand that comes down on one must feel it, and they keep the parts'
distances, so that fingers still find a way. What lies flat on the tray, and what lies on the table beyond the reach
of the hand, is only drawn: nothing can touch it.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

from runtime.messages.cell import CellDescription
from runtime.messages.geometry import Pose, Vector3
from sim_worlds.variation.foreign_objects import Clutter, FixedObject, LooseObject
from sim_worlds.variation.free_hues import FreeHues
from sim_worlds.variation.parameters import Draw, Parameter, Span, VariationKind
from sim_worlds.variation.varied_scene import VariedScene

MOST_LOOSE, MOST_SCRAPS, MOST_BESIDE = 6, 5, 12
"""As many are drawn whatever the strength, and some of them used: so the others stay where they are."""

SCRAP_M = 0.0004
"""Thickness of paper and tape."""

DENSITY_KG_M3 = 2000.0
LEAST_KG = 0.008
"""Lighter bodies rattle between harder contacts."""

BESIDE_HEIGHT_M = 0.03
"""Nothing that is only drawn stands higher, so that no hand on its way passes through it."""

BEYOND_M = 0.02
"""Between the hand's workspace and what lies beside it."""

ARM_ROOM_M = 0.15
"""Free on the table to both sides of the robot's base."""


def _vary(varied: VariedScene, draw: Draw) -> VariedScene:
    cell, hues = varied.nominal, FreeHues(varied.nominal.parts)
    on_tray, flat, beside = draw.count("loose_count"), draw.count("scrap_count"), draw.count("beside_count")
    loose = [_loose(draw, hues, f"loose {index}") for index in range(MOST_LOOSE)]
    scraps = [_scrap(draw, hues, cell, index) for index in range(MOST_SCRAPS)]
    others = [_beside(draw, hues, cell, f"beside {index}") for index in range(MOST_BESIDE)]
    if varied.scene.belt is not None:  # a belt would carry them away, and nobody puts them on again
        on_tray = flat = 0
    fixed = (*scraps[:flat], *(thing for thing in others[:beside] if thing is not None))
    return replace(varied, clutter=Clutter(tuple(loose[:on_tray]), fixed))


def _colour(draw: Draw, hues: FreeHues, of: str) -> Vector3:
    saturation = draw.value("colour_share", of=of)
    return hues.colour(draw.random, saturation=saturation, value=0.12 + 0.8 * float(draw.random.random()))


def _loose(draw: Draw, hues: FreeHues, name: str) -> LooseObject:
    shape = "cylinder" if draw.random.random() < 0.4 else "flat box"
    long_m, short_m = draw.value("side_m", of=f"{name} long"), draw.value("side_m", of=f"{name} short")
    height_m = 0.006 + float(draw.random.random()) * 0.012
    size_m = (long_m, long_m, height_m) if shape == "cylinder" else (long_m, short_m, height_m)
    mass_kg = max(LEAST_KG, DENSITY_KG_M3 * size_m[0] * size_m[1] * size_m[2])
    return LooseObject(shape, size_m, _colour(draw, hues, name), mass_kg)


def _scrap(draw: Draw, hues: FreeHues, cell: CellDescription, index: int) -> FixedObject:
    """Paper or tape on the tray's floor, each a little higher than the one before."""
    (x0, y0, z0), (half_x, half_y) = cell.tray.centre_in_base_m, cell.tray.inner_half_extents_m
    x, y, long, short = (float(number) for number in draw.random.random(4))
    size_m = (0.02 + 0.05 * long, 0.01 + 0.03 * short, SCRAP_M)
    reach_m = 0.5 * math.hypot(size_m[0], size_m[1])
    centre_m = (
        x0 + (2.0 * x - 1.0) * (half_x - reach_m),
        y0 + (2.0 * y - 1.0) * (half_y - reach_m),
        z0 + (index + 2.5) * SCRAP_M,
    )
    return FixedObject("flat box", size_m, _colour(draw, hues, f"scrap {index}"), Pose(centre_m, _any_yaw(draw)))


def _beside(draw: Draw, hues: FreeHues, cell: CellDescription, name: str) -> FixedObject | None:
    """On the table, outside of workspace, tray and totes; None where the table has no such place."""
    shape = "cylinder" if draw.random.random() < 0.4 else "flat box"
    which, along, across, long, short, high = (float(number) for number in draw.random.random(6))
    long_m, short_m = 0.02 + 0.08 * long, 0.02 + 0.05 * short
    size_m = (short_m, short_m, 0.004 + high * (BESIDE_HEIGHT_M - 0.004))
    if shape != "cylinder":
        size_m = (long_m, short_m, size_m[2])
    colour, turn = _colour(draw, hues, name), _any_yaw(draw)
    reach_m = 0.5 * math.hypot(size_m[0], size_m[1])
    strips = [strip for strip in _free_strips(cell) if min(strip[1] - strip[0], strip[3] - strip[2]) > 2.0 * reach_m]
    if not strips:
        return None
    x0, x1, y0, y1 = strips[int(which * len(strips))]
    x = x0 + reach_m + along * (x1 - x0 - 2.0 * reach_m)
    y = y0 + reach_m + across * (y1 - y0 - 2.0 * reach_m)
    return FixedObject(shape, size_m, colour, Pose((x, y, cell.floor_z_m + 0.5 * size_m[2]), turn))


def _free_strips(cell: CellDescription) -> list[tuple[float, float, float, float]]:
    """X from, x to, y from, y to: the table beyond the workspace, as far as the overhead camera sees it.

    On the robot's side only to the left and right of it.
    """
    table = next(box for box in cell.obstacles if box.name == "table")
    camera = next(one for one in cell.cameras if not one.on_flange)
    eye = camera.camera_in_parent.position_m
    seen_m = 0.5 * min(camera.width_px, camera.height_px) / camera.focal_px * (eye[2] - cell.floor_z_m)
    (x_low, y_low, _), (x_high, y_high, _) = cell.workspace.lower_m, cell.workspace.upper_m
    centre_m = table.centre_in_base.position_m
    low = [max(centre_m[axis] - table.half_extents_m[axis], eye[axis] - seen_m) for axis in (0, 1)]
    high = [min(centre_m[axis] + table.half_extents_m[axis], eye[axis] + seen_m) for axis in (0, 1)]
    beyond = [(x_high + BEYOND_M, high[0], low[1], high[1])]
    near = [(low[0], x_low - BEYOND_M, y0, y1) for y0, y1 in ((low[1], -ARM_ROOM_M), (ARM_ROOM_M, high[1])) if y0 < y1]
    sides = [(x_low, x_high, y0, y1) for y0, y1 in ((low[1], y_low - BEYOND_M), (y_high + BEYOND_M, high[1]))]
    return [strip for strip in itertools.chain(beyond, near, sides) if strip[0] < strip[1] and strip[2] < strip[3]]


def _any_yaw(draw: Draw) -> tuple[float, float, float, float]:
    half = 0.5 * math.pi * (2.0 * float(draw.random.random()) - 1.0)
    return (0.0, 0.0, math.sin(half), math.cos(half))


CLUTTER = VariationKind(
    name="clutter",
    sentence="Small things that no catalogue names lie among the parts and can be pushed; paper lies on the tray, "
    "other things beside it on the table.",
    parameters=(
        Parameter("loose_count", "small solids among the parts", Span(1, 2), Span(2, 4), Span(4, MOST_LOOSE)),
        Parameter("scrap_count", "pieces of paper or tape on the tray", Span(0, 1), Span(1, 3), Span(2, MOST_SCRAPS)),
        Parameter("beside_count", "things on the table", Span(2, 4), Span(4, 8), Span(8, MOST_BESIDE)),
        Parameter("colour_share", "saturation; 0 is grey", Span(0.0, 0.15), Span(0.0, 0.45), Span(0.0, 0.9)),
        Parameter("side_m", "side of a small solid", Span(0.01, 0.016), Span(0.01, 0.022), Span(0.01, 0.028), 0.012),
    ),
    apply=_vary,
)
