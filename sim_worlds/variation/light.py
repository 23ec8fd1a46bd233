"""Light: where the lamp stands, how strong and how warm it is, how deep its shadows are, how long is exposed."""

from __future__ import annotations

import math
from dataclasses import replace

from msgspec.structs import replace as with_fields

from runtime.messages.geometry import Vector3
from sim_worlds.variation.parameters import Draw, Parameter, Span, VariationKind
from sim_worlds.variation.varied_scene import VariedScene

LOWEST_RAD = math.radians(20.0)
"""The lamp never stands lower than this above the table."""


def _vary(varied: VariedScene, draw: Draw) -> VariedScene:
    light = varied.scene.light
    warmth = draw.value("warmth_factor")
    warm: Vector3 = (math.sqrt(warmth), 1.0, 1.0 / math.sqrt(warmth))
    shadow = light.shadow + draw.value("shadow_share")
    changed = with_fields(
        light,
        lamp_direction=_moved(
            light.lamp_direction, turn_rad=draw.value("lamp_turn_rad"), lower_rad=draw.value("lamp_lower_rad")
        ),
        lamp=light.lamp * draw.value("lamp_factor"),
        ambient=light.ambient * draw.value("ambient_factor"),
        exposure=light.exposure * draw.value("exposure_factor"),
        shadow=min(max(shadow, 0.0), 1.0),
        lamp_rgb=_product(light.lamp_rgb, warm),
        ambient_rgb=_product(light.ambient_rgb, tuple(math.sqrt(gain) for gain in warm)),
    )
    return replace(varied, scene=replace(varied.scene, light=changed))


def _moved(direction: Vector3, *, turn_rad: float, lower_rad: float) -> Vector3:
    """The direction towards the lamp, turned about the vertical and lowered."""
    x, y, z = direction
    azimuth = math.atan2(y, x) + turn_rad
    elevation = max(math.atan2(z, math.hypot(x, y)) - lower_rad, LOWEST_RAD)
    return (math.cos(azimuth) * math.cos(elevation), math.sin(azimuth) * math.cos(elevation), math.sin(elevation))


def _product(colour: Vector3, gain: tuple[float, ...]) -> Vector3:
    return (colour[0] * gain[0], colour[1] * gain[1], colour[2] * gain[2])


def _degrees(low: float, high: float) -> Span:
    return Span(math.radians(low), math.radians(high))


LIGHT = VariationKind(
    name="light",
    sentence="The lamp stands elsewhere, is stronger or weaker, warmer or colder; the exposure is off.",
    parameters=(
        Parameter(
            "lamp_turn_rad", "lamp about the vertical", _degrees(-30, 30), _degrees(-90, 90), _degrees(-180, 180)
        ),
        Parameter("lamp_lower_rad", "lamp lower, to 20° at most", _degrees(0, 10), _degrees(0, 25), _degrees(0, 42)),
        Parameter("lamp_factor", "lamp's strength", Span(0.85, 1.15), Span(0.6, 1.4), Span(0.35, 1.8), 1.0),
        Parameter("ambient_factor", "light from all around", Span(0.85, 1.15), Span(0.6, 1.4), Span(0.4, 1.8), 1.0),
        Parameter("exposure_factor", "exposure", Span(0.9, 1.1), Span(0.75, 1.3), Span(0.55, 1.6), 1.0),
        Parameter(
            "warmth_factor", "red over blue in the lamp", Span(0.92, 1.09), Span(0.8, 1.25), Span(0.6, 1.65), 1.0
        ),
        Parameter("shadow_share", "deeper (+) or paler shadows", Span(-0.1, 0.1), Span(-0.25, 0.2), Span(-0.6, 0.25)),
    ),
    apply=_vary,
)
