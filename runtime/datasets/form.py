"""What all episodes of a dataset have in common: rate, names of state and action, cameras, extra columns, origin."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from runtime.datasets.encoding import ENCODINGS
from runtime.datasets.refusals import RefusedForm

STATE = "observation.state"
ACTION = "action"
INTERVENTION = "intervention"
PICTURES = "observation.images."
INDEX_COLUMNS = ("timestamp", "frame_index", "episode_index", "index", "task_index")
HIGHEST_FPS = 1000
SMALLEST_PX, LARGEST_PX = 64, 4096
"""The AV1 encoder's own limit below; above, no camera of a cell comes near."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class CameraForm(Struct, frozen=True):
    """One camera's pictures."""

    name: str
    width_px: int
    height_px: int

    @property
    def key(self) -> str:
        """Its name as a column."""
        return PICTURES + self.name


class Extra(Struct, frozen=True):
    """One more column: one or a few numbers a frame, float32."""

    name: str
    parts: tuple[str, ...] = ()
    """Names of its numbers; empty: it is one number with the column's own name."""

    @property
    def names(self) -> tuple[str, ...]:
        """One a number."""
        return self.parts or (self.name,)


class DatasetForm(Struct, frozen=True):
    """The form of a dataset. Two writers with equal forms may write into one folder."""

    fps: int
    robot_type: str
    state: tuple[str, ...]
    """Names of the numbers of `observation.state`, units included: `joint_1_rad`."""

    action: tuple[str, ...]
    cameras: tuple[CameraForm, ...]
    extras: tuple[Extra, ...] = ()
    codec: str = "vp9"
    """How pictures are compressed: `vp9` keeps the colour of every pixel, `av1` of every second one a row and column
    (smaller, for large pictures)."""

    about: dict[str, str] = {}
    """Where the episodes come from: scene, policy, mismatch, whatever makes two datasets different ones."""

    def camera(self, name: str) -> CameraForm:
        """The camera of this name; raises KeyError."""
        for camera in self.cameras:
            if camera.name == name:
                return camera
        raise KeyError(name)

    def widths(self) -> dict[str, int]:
        """Numbers a frame of every float column, in the order of the table."""
        return {
            STATE: len(self.state),
            ACTION: len(self.action),
            **{extra.name: len(extra.names) for extra in self.extras},
        }


def check_form(form: DatasetForm, folder: Path) -> None:
    """Raise `RefusedForm` for a form that no dataset can have; `folder` is for the words."""

    def refuse(field: str, value: object, limit: str) -> RefusedForm:
        return RefusedForm(folder, field=field, value=value, limit=limit)

    if not 1 <= form.fps <= HIGHEST_FPS:
        raise refuse("fps", form.fps, f"it must be between 1 and {HIGHEST_FPS}")
    if form.codec not in ENCODINGS:
        raise refuse("codec", form.codec, f"it must be one of {', '.join(ENCODINGS)}")
    for field, names in (("state", form.state), ("action", form.action)):
        if not names or len(set(names)) < len(names):
            raise refuse(field, list(names), "it needs names, each once")
    for extra in form.extras:
        if len(set(extra.names)) < len(extra.names):
            raise refuse(f"extras {extra.name}", list(extra.names), "each name may stand once")
    columns = [STATE, ACTION, INTERVENTION, *INDEX_COLUMNS, *(camera.key for camera in form.cameras)]
    for column in (extra.name for extra in form.extras):
        if column in columns or not _NAME.fullmatch(column):
            raise refuse("extras", column, "a name has letters, digits, dots, dashes, and stands once")
        columns.append(column)
    if len(set(columns)) < len(columns):
        raise refuse("cameras", [camera.name for camera in form.cameras], "each name may stand once")
    for camera in form.cameras:
        if not _NAME.fullmatch(camera.name):
            raise refuse("cameras", camera.name, "a name has letters, digits, dots and dashes")
        for field, size_px in (("width_px", camera.width_px), ("height_px", camera.height_px)):
            if size_px % 2 or not SMALLEST_PX <= size_px <= LARGEST_PX:
                limit = f"it must be even, between {SMALLEST_PX} and {LARGEST_PX}: the video format asks for it"
                raise refuse(f"cameras {camera.name} {field}", size_px, limit)


def first_difference(wanted: DatasetForm, found: DatasetForm) -> tuple[str, Any, Any] | None:
    """Name of the first field in which two forms differ, with both values; inside `about` the key is named."""
    for field in DatasetForm.__struct_fields__:
        one, other = msgspec.to_builtins(getattr(wanted, field)), msgspec.to_builtins(getattr(found, field))
        if one == other:
            continue
        if field != "about":
            return field, one, other
        key = next(key for key in sorted({*one, *other}) if one.get(key) != other.get(key))
        return f"about {key}", one.get(key, "absent"), other.get(key, "absent")
    return None
