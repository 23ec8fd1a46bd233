"""How a cell is lit and how its cameras answer: the parameters of a picture beside geometry."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.messages.geometry import Vector3
from sim_worlds.scenes.file import LightTable


@dataclass(frozen=True, slots=True)
class Lighting:
    """One lamp far away, light from all around, and the sensor that looks at it."""

    lamp_direction: Vector3 = (0.25, -0.35, 1.0)
    """From the cell towards the lamp, base frame; need not be unit length."""

    lamp: float = 0.62
    """Irradiance of the lamp on a surface that faces it, as a fraction of white."""

    ambient: float = 0.42
    """Light from above on an upward surface; downward ones get 55 % of it."""

    shadow: float = 0.75
    """Share of the lamp that a shadow takes away: 0 none, 1 black but for the ambient light."""

    exposure: float = 1.0
    noise: float = 0.008
    """Standard deviation of the sensor noise at mid grey, as a fraction of full scale."""

    lamp_rgb: Vector3 = (1.0, 0.98, 0.95)
    ambient_rgb: Vector3 = (0.96, 0.98, 1.0)


def lighting_of(table: LightTable) -> Lighting:
    """The light that a scene file asks for."""
    return Lighting(
        lamp_direction=table.lamp_direction,
        lamp=table.lamp,
        ambient=table.ambient,
        shadow=table.shadow,
        exposure=table.exposure,
        noise=table.noise,
        lamp_rgb=table.lamp_rgb,
        ambient_rgb=table.ambient_rgb,
    )
