"""Noise: a camera that is out of focus, short of light, off in colour, or sends its pictures compressed."""

from __future__ import annotations

from dataclasses import replace

from runtime.messages.geometry import Vector3
from sim_worlds.variation.flaws import FLAWLESS, PictureFlaws
from sim_worlds.variation.parameters import Draw, Parameter, Span, VariationKind
from sim_worlds.variation.varied_scene import VariedScene


def _vary(varied: VariedScene, draw: Draw) -> VariedScene:
    flaws = {
        camera.name: _spoilt(varied.flaws.get(camera.name, FLAWLESS), draw, of=camera.name)
        for camera in varied.nominal.cameras
    }
    return replace(varied, flaws=flaws)


def _spoilt(flaws: PictureFlaws, draw: Draw, *, of: str) -> PictureFlaws:
    gain: Vector3 = (
        draw.value("gain_factor", of=f"{of} red"),
        draw.value("gain_factor", of=f"{of} green"),
        draw.value("gain_factor", of=f"{of} blue"),
    )
    return replace(
        flaws,
        blur_px=draw.value("blur_px", of=of),
        gain_rgb=gain,
        noise=draw.value("noise_share", of=of),
        jpeg_quality=round(draw.value("jpeg_quality", of=of)),
    )


NOISE = VariationKind(
    name="noise",
    sentence="Each camera has sensor noise, blur, a colour cast and JPEG artefacts.",
    parameters=(
        Parameter(
            "noise_share",
            "deviation at mid grey, of full scale",
            Span(0.012, 0.02),
            Span(0.025, 0.04),
            Span(0.05, 0.08),
        ),
        Parameter("blur_px", "deviation of the blur", Span(0.0, 0.4), Span(0.3, 0.7), Span(0.6, 1.1)),
        Parameter("gain_factor", "each of red, green, blue", Span(0.97, 1.03), Span(0.93, 1.07), Span(0.85, 1.17), 1.0),
        Parameter("jpeg_quality", "of 100", Span(75, 92), Span(45, 75), Span(20, 45), 100.0),
    ),
    apply=_vary,
)
