"""Texture: other colours for tray, table, walls and totes, patterns over them and over the parts."""

from __future__ import annotations

import colorsys
import math
from dataclasses import replace

from runtime.messages.cell import PartKind
from runtime.messages.geometry import Vector3
from sim_worlds.variation.free_hues import FreeHues, shifted
from sim_worlds.variation.look import SURFACES, Finish, Look, Pattern, PatternKind
from sim_worlds.variation.parameters import Draw, Parameter, Span, VariationKind
from sim_worlds.variation.varied_scene import VariedScene

SURFACE_VALUES = {"table": 0.55, "tray": 0.33, "walls": 0.33, "totes": 0.43}
"""Brightness (HSV value) of each surface before it is varied, as the scenes have it."""

BRIGHTEST = 0.92
DARK: Vector3 = (0.04, 0.04, 0.04)
PALER = 0.4
"""Saturation of the second colour of a dark part over its own: so that the part keeps its hue."""

KINDS = tuple(PatternKind)


def _vary(varied: VariedScene, draw: Draw) -> VariedScene:
    hues = FreeHues(varied.nominal.parts)
    finishes = {name: _surface(name, draw, hues) for name in SURFACES}
    finishes |= {part.name: _part(part, draw) for part in varied.nominal.parts}
    return replace(varied, look=Look(finishes))


def _surface(name: str, draw: Draw, hues: FreeHues) -> Finish:
    value = min(SURFACE_VALUES[name] * draw.value("brightness_factor", of=name), BRIGHTEST)
    saturation = draw.value("saturation_share", of=name)
    colour = hues.colour(draw.random, saturation=saturation, value=value)
    lighter = value < 0.5 * BRIGHTEST
    second = hues.colour(draw.random, saturation=saturation, value=BRIGHTEST if lighter else 0.1)
    period_m, share = draw.value("period_m", of=name), draw.value("pattern_share", of=name)
    return Finish(colour, _pattern(draw, period_m=period_m, share=share, colour_rgb=second))


def _part(part: PartKind, draw: Draw) -> Finish:
    hue_rad = draw.value("part_hue_rad", of=part.name)
    colour = shifted(part.colour_rgb, hue_rad=hue_rad, value_factor=draw.value("part_brightness_factor", of=part.name))
    hue, saturation, value = colorsys.rgb_to_hsv(*colour)
    second: Vector3 = DARK if value > 0.7 else colorsys.hsv_to_rgb(hue, PALER * saturation, BRIGHTEST)
    period_m, share = draw.value("part_period_m", of=part.name), draw.value("part_pattern_share", of=part.name)
    return Finish(colour, _pattern(draw, period_m=period_m, share=share, colour_rgb=second))


def _pattern(draw: Draw, *, period_m: float, share: float, colour_rgb: Vector3) -> Pattern:
    kind, angle, offset = (float(number) for number in draw.random.random(3))
    return Pattern(
        kind=KINDS[int(kind * len(KINDS))],
        period_m=period_m,
        angle_rad=angle * math.pi,
        colour_rgb=colour_rgb,
        share=share,
        offset_m=offset * period_m,
    )


def _degrees(angle: float) -> Span:
    return Span(-math.radians(angle), math.radians(angle))


TEXTURE = VariationKind(
    name="texture",
    sentence="Tray, table, walls and totes have other colours, between those of the parts, and checks, stripes or "
    "clouds; parts have a pattern, and are a little off in colour.",
    parameters=(
        Parameter("brightness_factor", "a surface's brightness", Span(0.85, 1.2), Span(0.6, 1.6), Span(0.35, 2.4), 1.0),
        Parameter("saturation_share", "a surface's colour", Span(0.0, 0.06), Span(0.0, 0.15), Span(0.0, 0.35)),
        Parameter("pattern_share", "second colour in a surface", Span(0.03, 0.1), Span(0.1, 0.25), Span(0.2, 0.55)),
        Parameter("period_m", "period there", Span(0.05, 0.12), Span(0.03, 0.12), Span(0.02, 0.12), 0.08),
        Parameter("part_hue_rad", "a part's hue", _degrees(2), _degrees(4), _degrees(8)),
        Parameter("part_brightness_factor", "its brightness", Span(0.95, 1.05), Span(0.85, 1.15), Span(0.7, 1.25), 1.0),
        Parameter("part_pattern_share", "second colour in it", Span(0.02, 0.08), Span(0.05, 0.18), Span(0.1, 0.35)),
        Parameter("part_period_m", "period there", Span(0.012, 0.03), Span(0.01, 0.03), Span(0.008, 0.03), 0.02),
    ),
    apply=_vary,
)
