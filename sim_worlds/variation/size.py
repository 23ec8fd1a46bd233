"""Size: parts are larger or smaller than the catalogue says, and weigh accordingly; the gripper still fits them."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from runtime.messages.cell import PartKind
from runtime.messages.geometry import Vector3
from sim_worlds.variation.parameters import Draw, Parameter, Span, VariationKind
from sim_worlds.variation.varied_scene import VariedScene

LEAST_M, MOST_M = 0.015, 0.12
"""As for the parts of a scene file."""

FINGER_ROOM_M = 0.01
"""The opened gripper stays this much wider than a part's narrower side, as a scene file has to have it."""


def _vary(varied: VariedScene, draw: Draw) -> VariedScene:
    cell = varied.scene.description
    widest_m = cell.robot.gripper.width_max_m - FINGER_ROOM_M
    parts = tuple(_sized(part, draw, widest_m=widest_m) for part in cell.parts)
    description = msgspec.structs.replace(cell, parts=parts)
    return replace(varied, scene=replace(varied.scene, description=description))


def _sized(part: PartKind, draw: Draw, *, widest_m: float) -> PartKind:
    """Sides and height by factors of their own; a cylinder stays round."""
    sides = [draw.value("side_factor", of=f"{part.name} {side}") for side in ("long", "short")]
    if part.shape == "cylinder":
        sides[1] = sides[0]
    height = draw.value("height_factor", of=part.name)
    x, y, z = (
        min(max(size * factor, LEAST_M), MOST_M)
        for size, factor in zip(part.size_m, (sides[0], sides[1], height), strict=True)
    )
    narrower = min(1.0, widest_m / min(x, y))
    size_m: Vector3 = (narrower * x, narrower * y, z)
    grown = (size_m[0] * size_m[1] * size_m[2]) / (part.size_m[0] * part.size_m[1] * part.size_m[2])
    return msgspec.structs.replace(part, size_m=size_m, mass_kg=part.mass_kg * grown)


SIZE = VariationKind(
    name="size",
    sentence="Every part has sizes of its own, and the weight that goes with them; the catalogue does not know.",
    parameters=(
        Parameter("side_factor", "each side seen from above", Span(0.95, 1.05), Span(0.9, 1.1), Span(0.8, 1.2), 1.0),
        Parameter("height_factor", "height", Span(0.95, 1.05), Span(0.9, 1.1), Span(0.8, 1.2), 1.0),
    ),
    apply=_vary,
)
