"""Made-up demonstrations: a coloured square that moves over a gradient, and numbers that follow from the seed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from runtime.datasets import CameraForm, DatasetForm, DatasetReader, DatasetWriter, Episode, Extra, FileLimits

SIZE_PX = 64
FORM = DatasetForm(
    fps=10,
    robot_type="panda",
    state=("joint_1_rad", "joint_2_rad", "gripper_width_m"),
    action=("x_m", "y_m", "z_m", "gripper_width_m"),
    cameras=(CameraForm("overhead", SIZE_PX, SIZE_PX), CameraForm("wrist", SIZE_PX, SIZE_PX)),
    extras=(Extra("confidence"), Extra("force", ("force_x_n", "force_y_n"))),
    about={"scene": "tray", "policy": "programmed"},
)
TASKS = ("put the red cube in the left tote", "put the blue cylinder in the right tote")
COLOURS = ((200, 40, 40), (40, 60, 200), (40, 170, 60), (220, 200, 40))


def made_up(seed: int, *, length: int | None = None, form: DatasetForm = FORM) -> Episode:
    """The episode of a seed; without a length this follows from the seed, too."""
    random = np.random.default_rng(seed)
    length = 3 + seed % 4 if length is None else length

    def numbers(width: int) -> NDArray[np.float32]:
        return random.normal(size=(length, width)).astype(np.float32)

    widths = form.widths()
    state, action = numbers(widths.pop("observation.state")), numbers(widths.pop("action"))
    return Episode(
        task=TASKS[seed % len(TASKS)],
        state=state,
        action=action,
        images={camera.name: pictures(camera, seed + 7 * at, length) for at, camera in enumerate(form.cameras)},
        intervention=random.random(length) < 0.3,
        extras={name: numbers(width) for name, width in widths.items()},
    )


def pictures(camera: CameraForm, seed: int, length: int) -> NDArray[np.uint8]:
    """u8[length, height, width, 3]: every frame differs from its neighbours."""
    rows, columns = np.mgrid[: camera.height_px, : camera.width_px]
    ground = np.stack([80 + rows % 64, 90 + columns % 64, 100 + (rows + columns) % 32], axis=2)
    video = np.repeat(ground[None], length, axis=0).astype(np.uint8)
    for frame in range(length):
        top, left = 8 + (5 * seed) % 24, (4 * frame + 3 * seed) % (camera.width_px - 16)
        video[frame, top : top + 16, left : left + 16] = COLOURS[seed % len(COLOURS)]
    return video


def write(
    folder: Path,
    seeds: Iterable[int] = range(3),
    *,
    form: DatasetForm = FORM,
    limits: FileLimits | None = None,
) -> DatasetReader:
    """A finished dataset of these seeds, opened."""
    with DatasetWriter(folder, form, limits=limits) as writer:
        for seed in seeds:
            writer.add_episode(made_up(seed, form=form), seed=seed)
        writer.finish()
    return DatasetReader(folder)


def without_cameras(form: DatasetForm = FORM) -> DatasetForm:
    """The form for tests that need no pictures, and so no encoder."""
    return replace(form, cameras=())


def signal_to_noise_db(found: NDArray[np.uint8], original: NDArray[np.uint8]) -> float:
    """Peak signal-to-noise ratio over all pixels and channels."""
    error = np.mean((found.astype(np.float64) - original.astype(np.float64)) ** 2)
    return float(10.0 * np.log10(255.0**2 / max(error, 1e-12)))
