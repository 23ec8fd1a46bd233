"""Values of a scene file that no range refuses: numbers that are none, directions without one, unusable names."""

from __future__ import annotations

import math
import unicodedata
from typing import cast

import msgspec

from sim_worlds.scenes.file import SceneFile
from sim_worlds.tables import SceneError

_DIRECTION_MOST = 1000.0


def check_values(scene: SceneFile, *, file: str) -> None:
    """Raise `SceneError` for the first one."""
    _check_finite(msgspec.to_builtins(scene), key="", file=file)
    for index, camera in enumerate(scene.camera):
        _check_direction(camera.up, key=f"camera[{index}].up", file=file)
    _check_direction(scene.light.lamp_direction, key="light.lamp_direction", file=file)
    for index, tote in enumerate(scene.tote):
        _check_name(tote.name, key=f"tote[{index}].name", file=file)
    for index, part in enumerate(scene.part):
        _check_name(part.colour, key=f"part[{index}].colour", file=file)
    _check_name(scene.title, key="title", file=file)
    names = [tote.name for tote in scene.tote]
    if not names or len({name.strip().casefold() for name in names}) != len(names):
        limit = "at least one tote, each with its own name (upper and lower case are the same)"
        raise SceneError(file=file, key="tote.name", value=names, limit=limit)


def _check_finite(value: object, *, key: str, file: str) -> None:
    if isinstance(value, dict):
        for name, inner in cast(dict[str, object], value).items():
            _check_finite(inner, key=f"{key}.{name}" if key else name, file=file)
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(cast(list[object], value)):
            _check_finite(inner, key=f"{key}[{index}]", file=file)
    elif isinstance(value, float) and not math.isfinite(value):
        raise SceneError(file=file, key=key, value=value, limit="must be a finite number")


def _check_direction(vector: tuple[float, float, float], *, key: str, file: str) -> None:
    if not 1e-6 < math.hypot(*vector) <= _DIRECTION_MOST:
        limit = f"must be a direction: longer than 0, at most {_DIRECTION_MOST:g}"
        raise SceneError(file=file, key=key, value=vector, limit=limit)


def _check_name(name: str, *, key: str, file: str) -> None:
    if name != name.strip() or not name or any(unicodedata.category(sign).startswith("C") for sign in name):
        limit = "must be a word or words, without control characters and without spaces at its ends"
        raise SceneError(file=file, key=key, value=repr(name), limit=limit)
