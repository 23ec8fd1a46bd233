"""Camera: both stand off their drawing by a given angle and distance, each in a direction of its own."""

from __future__ import annotations

import math
from dataclasses import replace

from runtime.messages.geometry import Vector3
from sim_worlds.variation.parameters import Draw, Parameter, Span, VariationKind
from sim_worlds.variation.varied_scene import CameraShift, VariedScene


def _vary(varied: VariedScene, draw: Draw) -> VariedScene:
    shifts = {
        camera.name: CameraShift(
            rotation_rad=_scaled(draw.direction(), draw.value("angle_rad", of=camera.name)),
            offset_m=_scaled(draw.direction(), draw.value("offset_m", of=camera.name)),
        )
        for camera in varied.nominal.cameras
    }
    return replace(varied, shifts=shifts)


def _scaled(direction: Vector3, length: float) -> Vector3:
    return (length * direction[0], length * direction[1], length * direction[2])


def _degrees(angle: float) -> Span:
    return Span(math.radians(angle), math.radians(angle))


CAMERA = VariationKind(
    name="camera",
    sentence="Both cameras stand off their drawing, as after a knock: exactly so far, in a drawn direction each.",
    parameters=(
        Parameter("angle_rad", "turned about any axis through the lens", _degrees(1), _degrees(2), _degrees(5)),
        Parameter("offset_m", "moved in any direction", Span(0.002, 0.002), Span(0.004, 0.004), Span(0.01, 0.01)),
    ),
    apply=_vary,
)
