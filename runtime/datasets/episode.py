"""One demonstration: what was seen, measured and done at every frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runtime.datasets.form import ACTION, INTERVENTION, STATE, DatasetForm
from runtime.datasets.layout import LONGEST_EPISODE_S
from runtime.datasets.refusals import DatasetTrouble, RefusedEpisode

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]
Pictures = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Episode:
    """Arrays of equal length n, one row a frame; frame k was taken k / fps seconds after the first."""

    task: str
    """The instruction in words."""

    state: Floats
    """f32[n, len(form.state)]."""

    action: Floats
    """f32[n, len(form.action)]."""

    images: Mapping[str, Pictures]
    """By camera name: u8[n, height, width, 3], RGB. Empty where an episode was read without its pictures."""

    intervention: Flags
    """bool[n]: a person or the expert drove in this frame instead of the policy."""

    extras: Mapping[str, Floats] = field(default_factory=dict[str, Floats])
    """By name, as declared: f32[n, numbers]."""

    def __len__(self) -> int:
        """Number of frames."""
        return len(self.state)

    def columns(self) -> dict[str, Floats]:
        """The float columns by name, in the order of the table."""
        return {STATE: self.state, ACTION: self.action, **self.extras}


def check_episode(episode: Episode, form: DatasetForm, folder: Path) -> None:
    """Raise `RefusedEpisode` unless the episode has the form, with only finite numbers."""
    if not episode.task.strip():
        raise RefusedEpisode(folder, field="task", value=episode.task, limit="it must say what is to be done")
    if len(episode) == 0:
        raise RefusedEpisode(folder, field="length", value=0, limit="an episode has at least one frame")
    if len(episode) > LONGEST_EPISODE_S * form.fps:
        limit = f"at {form.fps} fps an episode has at most {LONGEST_EPISODE_S * form.fps:g} frames"
        raise RefusedEpisode(folder, field="length", value=len(episode), limit=limit)
    _check_names(set(episode.extras), {extra.name for extra in form.extras}, "extras", folder)
    _check_names(set(episode.images), {camera.name for camera in form.cameras}, "images", folder)
    columns = episode.columns()
    for name, width in form.widths().items():
        _check_array(columns[name], (len(episode), width), "float32", name, folder)
        check_finite(columns[name], name, file=folder, kind=RefusedEpisode)
    _check_array(episode.intervention, (len(episode),), "bool", INTERVENTION, folder)
    for camera in form.cameras:
        shape = (len(episode), camera.height_px, camera.width_px, 3)
        _check_array(episode.images[camera.name], shape, "uint8", camera.key, folder)


def check_finite(values: Floats, name: str, *, file: Path, kind: type[DatasetTrouble], first_frame: int = 0) -> None:
    """Raise `kind` for the first number that is NaN or infinite."""
    finite = np.isfinite(values)
    if not finite.all():
        frame, number = np.argwhere(~finite)[0]
        raise kind(
            file,
            field=f"{name}[{number}] in frame {first_frame + frame}",
            value=str(values[frame, number]),
            limit="only finite numbers are allowed",
        )


def _check_names(found: set[str], declared: set[str], field: str, folder: Path) -> None:
    if found != declared:
        limit = f"the dataset declares {', '.join(sorted(declared)) or 'none'}"
        raise RefusedEpisode(folder, field=field, value=", ".join(sorted(found)) or "none", limit=limit)


def _check_array(values: NDArray[np.generic], shape: tuple[int, ...], dtype: str, name: str, folder: Path) -> None:
    if str(values.dtype) != dtype:
        raise RefusedEpisode(folder, field=f"type of {name}", value=str(values.dtype), limit=f"it must be {dtype}")
    if values.shape != shape:
        raise RefusedEpisode(folder, field=f"shape of {name}", value=str(values.shape), limit=f"it must be {shape}")
