"""Where the cameras really stand: a little off their drawing, as every mounted camera is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from runtime.messages.cell import CameraDescription
from runtime.messages.joint import Vector
from sim_worlds.cameras.frames import Matrix, turn
from sim_worlds.poses import matrix_of
from sim_worlds.variation.varied_scene import CameraShift

MISMATCH: dict[str, tuple[float, float]] = {"none": (0.0, 0.0), "low": (0.0005, 0.0008), "high": (0.002, 0.003)}
"""Level → standard deviation of position in m and of orientation in rad, each axis.

Low is a good hand-eye calibration (0.5 mm, 0.05°), high one that somebody has knocked against.
"""


@dataclass(frozen=True, slots=True)
class MountedCamera:
    """A camera with its true place."""

    camera: CameraDescription
    camera_in_parent: Matrix


def mount(
    cameras: tuple[CameraDescription, ...],
    *,
    mismatch: str,
    seed: int,
    shifts: Mapping[str, CameraShift] | None = None,
) -> tuple[MountedCamera, ...]:
    """Every camera with an error drawn from the seed, cut at two standard deviations, and its shift if it has one."""
    if mismatch not in MISMATCH:
        raise ValueError(f"mismatch {mismatch!r}: allowed are {', '.join(MISMATCH)}")
    position_m, angle_rad = MISMATCH[mismatch]
    generator = np.random.default_rng([seed, 0xCA3])
    mounted: list[MountedCamera] = []
    for camera in cameras:
        deviates = np.clip(generator.standard_normal(6), -2.0, 2.0)
        error = _moved(deviates[:3] * angle_rad, deviates[3:] * position_m)
        if shifts and camera.name in shifts:
            shift = shifts[camera.name]
            error = _moved(np.array(shift.rotation_rad), np.array(shift.offset_m)) @ error
        mounted.append(MountedCamera(camera, matrix_of(camera.camera_in_parent) @ error))
    return tuple(mounted)


def _moved(rotation_rad: Vector, offset_m: Vector) -> Matrix:
    moved = np.eye(4)
    moved[:3, :3] = turn(rotation_rad)
    moved[:3, 3] = offset_m
    return moved
