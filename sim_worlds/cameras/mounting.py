"""Where the cameras really stand: a little off their drawing, as every mounted camera is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from runtime.messages.cell import CameraDescription
from sim_worlds.cameras.frames import Matrix, turn
from sim_worlds.poses import matrix_of

MISMATCH: dict[str, tuple[float, float]] = {"none": (0.0, 0.0), "low": (0.0005, 0.0008), "high": (0.002, 0.003)}
"""Level → standard deviation of position in m and of orientation in rad, each axis.

Low is a good hand-eye calibration (0.5 mm, 0.05°), high one that somebody has knocked against.
"""


@dataclass(frozen=True, slots=True)
class MountedCamera:
    """A camera with its true place."""

    camera: CameraDescription
    camera_in_parent: Matrix


def mount(cameras: tuple[CameraDescription, ...], *, mismatch: str, seed: int) -> tuple[MountedCamera, ...]:
    """Every camera with an error drawn from the seed, cut at two standard deviations."""
    if mismatch not in MISMATCH:
        raise ValueError(f"mismatch {mismatch!r}: allowed are {', '.join(MISMATCH)}")
    position_m, angle_rad = MISMATCH[mismatch]
    generator = np.random.default_rng([seed, 0xCA3])
    mounted: list[MountedCamera] = []
    for camera in cameras:
        deviates = np.clip(generator.standard_normal(6), -2.0, 2.0)
        error = np.eye(4)
        error[:3, :3] = turn(deviates[:3] * angle_rad)
        error[:3, 3] = deviates[3:] * position_m
        mounted.append(MountedCamera(camera, matrix_of(camera.camera_in_parent) @ error))
    return tuple(mounted)
