"""Occlusion: dirt, a sheet or a hand hides a part of one camera's picture, or of both, for the whole run."""

from __future__ import annotations

from dataclasses import replace

from runtime.messages.geometry import Vector3
from sim_worlds.variation.flaws import FLAWLESS, Cover, CoverKind
from sim_worlds.variation.parameters import Draw, Parameter, Span, VariationKind
from sim_worlds.variation.varied_scene import VariedScene

COLOURS: dict[CoverKind, tuple[Vector3, ...]] = {
    CoverKind.DIRT: ((0.16, 0.13, 0.10), (0.08, 0.08, 0.08), (0.30, 0.27, 0.23)),
    CoverKind.SHEET: ((0.90, 0.89, 0.86), (0.20, 0.20, 0.21), (0.62, 0.55, 0.45)),
    CoverKind.HAND: ((0.80, 0.62, 0.52), (0.42, 0.29, 0.22), (0.10, 0.10, 0.11)),
}
"""Paper, plastic and cardboard; skin of two shades and a black glove."""


def _vary(varied: VariedScene, draw: Draw) -> VariedScene:
    names = [camera.name for camera in varied.nominal.cameras]
    choices = [*([name] for name in names), names]
    hidden = choices[int(draw.random.random() * len(choices))]
    flaws = dict(varied.flaws)
    for name in names:
        share = draw.value("hidden_share", of=name)
        cover = _cover(draw, share=share)
        if name in hidden:
            flaws[name] = replace(flaws.get(name, FLAWLESS), cover=cover)
        else:
            del draw.drawn[f"{draw.kind.name}.{name}.hidden_share"]
    return replace(varied, flaws=flaws)


def _cover(draw: Draw, *, share: float) -> Cover:
    which, colour, seed = (float(number) for number in draw.random.random(3))
    kind = list(CoverKind)[int(which * len(CoverKind))]
    colours = COLOURS[kind]
    return Cover(kind, share=share, colour_rgb=colours[int(colour * len(colours))], seed=int(seed * 2**32))


OCCLUSION = VariationKind(
    name="occlusion",
    sentence="Dirt, a sheet or a hand hides a piece of the overhead picture, of the wrist picture or of both.",
    parameters=(Parameter("hidden_share", "hidden pixels", Span(0.1, 0.1), Span(0.2, 0.2), Span(0.3, 0.3)),),
    apply=_vary,
)
