"""`meta/info.json`, the dataset's description of itself, and `meta/celltwin.json`, our addition to it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from runtime.datasets.encoding import ENCODINGS
from runtime.datasets.form import ACTION, INDEX_COLUMNS, INTERVENTION, PICTURES, STATE, CameraForm, DatasetForm, Extra
from runtime.datasets.layout import (
    CODEBASE_VERSION,
    DATA_PATH,
    FILES_IN_CHUNK,
    INFO,
    ORIGIN,
    VIDEO_PATH,
    FileLimits,
    FilePlace,
)
from runtime.datasets.refusals import UnreadableDataset, check_regular
from runtime.messages.codec import NOT_DECODED

_MIB = 1 << 20
MOST = 1 << 40
"""Of episodes, frames, files in a folder and frames a second: more cannot be meant."""

_PLACE = re.compile(r"`\$\.?(?P<field>[^`]*)`")


class Feature(Struct, frozen=True, omit_defaults=True):
    """One column or camera, as the format describes it."""

    dtype: str
    shape: tuple[int, ...]
    names: list[Any] | dict[str, Any] | None = None
    """A list of names, a mapping with such a list, or nothing."""

    info: dict[str, Any] | None = None
    """Of a video: codec, size, rate."""


class Info(Struct, frozen=True):
    """The whole of `meta/info.json`."""

    codebase_version: str
    robot_type: str | None
    total_episodes: int
    total_frames: int
    total_tasks: int
    fps: int
    features: dict[str, Feature]
    splits: dict[str, str] = {}
    chunks_size: int = FILES_IN_CHUNK
    data_path: str = DATA_PATH
    video_path: str | None = VIDEO_PATH
    data_files_size_in_mb: int = 100
    video_files_size_in_mb: int = 200


class PassedOver(Struct, frozen=True):
    """A seed that has brought no episode."""

    seed: int
    note: str


class Origin(Struct, frozen=True):
    """What the format has no place for."""

    form: DatasetForm
    content_sha256: str
    """As `content_hash` computes it, from when the dataset was finished."""

    passed_over: tuple[PassedOver, ...] = ()


_Read = TypeVar("_Read")


def describe(form: DatasetForm, *, episodes: int, frames: int, tasks: int, limits: FileLimits) -> Info:
    """The description of a dataset of this form."""
    return Info(
        codebase_version=CODEBASE_VERSION,
        robot_type=form.robot_type,
        total_episodes=episodes,
        total_frames=frames,
        total_tasks=tasks,
        fps=form.fps,
        features=_features(form),
        splits={"train": f"0:{episodes}"},
        data_files_size_in_mb=max(1, limits.data_bytes // _MIB),
        video_files_size_in_mb=max(1, limits.video_bytes // _MIB),
    )


def read_info(folder: Path) -> Info:
    """Raises `UnreadableDataset` for a missing, damaged or foreign description."""
    file = folder / INFO
    raw = read_json(file, dict[str, Any])
    version = raw.get("codebase_version", "missing")
    if version != CODEBASE_VERSION:
        limit = f"this program reads {CODEBASE_VERSION}"
        raise UnreadableDataset(file, field="codebase_version", value=version, limit=limit)
    info = read_json(file, Info)
    for field in ("total_episodes", "total_frames", "fps", "chunks_size"):
        if not 1 <= getattr(info, field) <= MOST:
            limit = f"it must be 1 to {MOST}"
            raise UnreadableDataset(file, field=field, value=getattr(info, field), limit=limit)
    for field, template in (("data_path", info.data_path), ("video_path", info.video_path)):
        if template is not None:
            _check_template(template, field, file)
    return info


def _check_template(template: str, field: str, file: Path) -> None:
    """Raises `UnreadableDataset` for one that cannot be filled in or leads out of the dataset."""
    try:
        path = FilePlace(0, 0).path(template, video_key="x")
    except (LookupError, ValueError, AttributeError, TypeError) as trouble:
        limit = "it may name {chunk_index}, {file_index} and {video_key}"
        raise UnreadableDataset(file, field=field, value=repr(template), limit=limit) from trouble
    if path.is_absolute() or ".." in path.parts:
        raise UnreadableDataset(file, field=field, value=repr(template), limit="it must stay in the dataset's folder")


def read_origin(folder: Path) -> Origin | None:
    """Our addition; None where another program has written the dataset."""
    return read_json(folder / ORIGIN, Origin) if (folder / ORIGIN).exists() else None


def read_json(file: Path, kind: type[_Read]) -> _Read:
    """A record from a JSON file; raises `UnreadableDataset` with the field that is wrong."""
    check_regular(file)
    try:
        return msgspec.json.decode(file.read_bytes(), type=kind)
    except OSError as trouble:
        raise UnreadableDataset(
            file, field="file", value="unreadable", limit=trouble.strerror or "it must be there"
        ) from trouble
    except msgspec.ValidationError as trouble:
        place = _PLACE.search(str(trouble))
        field = place["field"] if place and place["field"] else "content"
        what = str(trouble).partition(" - at ")[0]
        raise UnreadableDataset(file, field=field, value="wrong", limit=what) from trouble
    except NOT_DECODED as trouble:
        raise UnreadableDataset(file, field="content", value="no JSON", limit=str(trouble)) from trouble


def write_json(file: Path, content: object) -> None:
    """A record or plain lists and mappings, readable for people."""
    file.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=2))


def form_of(info: Info, file: Path) -> tuple[DatasetForm, tuple[str, ...]]:
    """The form that a description tells of, and the features that have no place in it.

    Raises `UnreadableDataset` where state, action or the shape of a camera's pictures are missing.
    """
    floats: dict[str, tuple[str, ...]] = {}
    cameras: list[CameraForm] = []
    codecs: set[str] = set()
    passed_over: list[str] = []
    for name, feature in info.features.items():
        if feature.dtype == "video" and name.startswith(PICTURES):
            cameras.append(_camera(name, feature, file))
            codecs.add(str((feature.info or {}).get("video.codec", "")))
        elif feature.dtype == "float32" and len(feature.shape) == 1 and name not in INDEX_COLUMNS:
            floats[name] = _names(name, feature)
        elif name not in (*INDEX_COLUMNS, INTERVENTION):
            passed_over.append(name)
    for name in (STATE, ACTION):
        if name not in floats:
            limit = "a dataset for policies has it, as float32 of one dimension"
            raise UnreadableDataset(file, field=f"features {name}", value="missing", limit=limit)
    state, action = floats.pop(STATE), floats.pop(ACTION)
    form = DatasetForm(
        fps=info.fps,
        robot_type=info.robot_type or "",
        state=state,
        action=action,
        cameras=tuple(cameras),
        extras=tuple(Extra(name, () if parts == (name,) else parts) for name, parts in floats.items()),
        codec=", ".join(sorted(codecs)),
    )
    return form, tuple(passed_over)


def _features(form: DatasetForm) -> dict[str, Feature]:
    columns = {STATE: form.state, ACTION: form.action}
    extras = {extra.name: Feature("float32", (len(extra.names),), list(extra.names)) for extra in form.extras}
    kinds = {"timestamp": "float32"}
    return {
        **{name: Feature("float32", (len(names),), list(names)) for name, names in columns.items()},
        **{camera.key: _video(camera, form) for camera in form.cameras},
        INTERVENTION: Feature("bool", (1,)),
        **extras,
        **{name: Feature(kinds.get(name, "int64"), (1,)) for name in INDEX_COLUMNS},
    }


def _video(camera: CameraForm, form: DatasetForm) -> Feature:
    about = {
        "video.height": camera.height_px,
        "video.width": camera.width_px,
        "video.codec": form.codec,
        "video.pix_fmt": ENCODINGS[form.codec].pixel_format,
        "video.is_depth_map": False,
        "video.fps": form.fps,
        "video.channels": 3,
        "has_audio": False,
    }
    return Feature("video", (camera.height_px, camera.width_px, 3), ["height", "width", "channels"], about)


def _camera(name: str, feature: Feature, file: Path) -> CameraForm:
    if len(feature.shape) != 3 or feature.shape[2] != 3:
        limit = "a camera's pictures are [height, width, 3]"
        raise UnreadableDataset(file, field=f"features {name} shape", value=list(feature.shape), limit=limit)
    return CameraForm(name.removeprefix(PICTURES), width_px=feature.shape[1], height_px=feature.shape[0])


def _names(name: str, feature: Feature) -> tuple[str, ...]:
    """Names of its numbers; counted through where the description has none."""
    names = next(iter(feature.names.values()), None) if isinstance(feature.names, dict) else feature.names
    try:
        texts = msgspec.convert(names, tuple[str, ...])
    except msgspec.ValidationError:
        texts = ()
    return texts if len(texts) == feature.shape[0] else tuple(f"{name}_{number}" for number in range(feature.shape[0]))
