"""The episodes table: which rows of which files belong to an episode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runtime.datasets.description import Info
from runtime.datasets.form import DatasetForm
from runtime.datasets.layout import EPISODES, INFO, FilePlace
from runtime.datasets.placing import VideoPlace
from runtime.datasets.refusals import UnreadableDataset
from runtime.datasets.tables import Table, read_table

_OFF_FRAME = 0.01
"""Frames by which a beginning in seconds may miss the frame that it means: a rounding error, no more."""


@dataclass(frozen=True, slots=True)
class EpisodeRow:
    """One episode as the table has it."""

    episode_index: int
    tasks: tuple[str, ...]
    length: int
    first_index: int
    """Of its first frame, over the whole dataset."""

    data: FilePlace
    videos: dict[str, VideoPlace]
    """By camera name."""

    seed: int | None
    """None where another program has written the dataset."""


def read_rows(folder: Path, info: Info, form: DatasetForm) -> list[EpisodeRow]:
    """All episodes in order; raises `UnreadableDataset` where they do not follow one another without a gap."""
    rows: list[EpisodeRow] = []
    for file in sorted((folder / EPISODES).glob("*/*.parquet")):
        for row in _rows_of(file, info, form):
            _check_next(row, rows, file)
            rows.append(row)
    for field, found in (("total_episodes", len(rows)), ("total_frames", sum(row.length for row in rows))):
        if getattr(info, field) != found:
            limit = f"the episodes table has {found}"
            raise UnreadableDataset(folder / INFO, field=field, value=getattr(info, field), limit=limit)
    return rows


def _rows_of(file: Path, info: Info, form: DatasetForm) -> list[EpisodeRow]:
    wanted = ["episode_index", "tasks", "length", "dataset_from_index", "data/chunk_index", "data/file_index"]
    for camera in form.cameras:
        wanted += [f"videos/{camera.key}/{part}" for part in ("chunk_index", "file_index", "from_timestamp")]
    table = read_table(file)
    for name in wanted:
        if name not in table.column_names:
            limit = "the format demands it"
            raise UnreadableDataset(file, field=f"column {name}", value="missing", limit=limit)
    columns = {name: _values(table, name, file) for name in wanted}
    seeds = _values(table, "seed", file) if "seed" in table.column_names else [None] * len(table)
    return [_row(file, {name: columns[name][at] for name in wanted}, seeds[at], info, form) for at in range(len(table))]


def _values(table: Table, name: str, file: Path) -> Sequence[Any]:
    values = table.column(name).to_pylist()
    kind = list if name == "tasks" else float if name.endswith("_timestamp") else int
    for value in values:
        if not isinstance(value, kind):
            limit = f"it must be {'a list of texts' if kind is list else 'a number'}"
            raise UnreadableDataset(file, field=f"column {name}", value=value, limit=limit)
    return values


def _row(file: Path, values: dict[str, Any], seed: int | None, info: Info, form: DatasetForm) -> EpisodeRow:
    videos: dict[str, VideoPlace] = {}
    for camera in form.cameras:
        chunk, number, from_s = (
            values[f"videos/{camera.key}/{part}"] for part in ("chunk_index", "file_index", "from_timestamp")
        )
        before = round(from_s * info.fps)
        if abs(before - from_s * info.fps) > _OFF_FRAME:
            limit = f"at {info.fps} fps a frame begins every {1 / info.fps:.6g} s"
            raise UnreadableDataset(file, field=f"videos/{camera.key}/from_timestamp", value=from_s, limit=limit)
        videos[camera.name] = VideoPlace(FilePlace(chunk, number), before)
    return EpisodeRow(
        episode_index=values["episode_index"],
        tasks=tuple(values["tasks"]),
        length=values["length"],
        first_index=values["dataset_from_index"],
        data=FilePlace(values["data/chunk_index"], values["data/file_index"]),
        videos=videos,
        seed=seed,
    )


def _check_next(row: EpisodeRow, before: Sequence[EpisodeRow], file: Path) -> None:
    first_index = before[-1].first_index + before[-1].length if before else 0
    expected = {"episode_index": len(before), "first_index": first_index}
    for field, value in expected.items():
        if getattr(row, field) != value:
            name = "dataset_from_index" if field == "first_index" else field
            limit = f"behind the episodes before it must be {value}"
            raise UnreadableDataset(file, field=name, value=getattr(row, field), limit=limit)
    if row.length < 1:
        limit = f"episode {row.episode_index} must have at least one frame"
        raise UnreadableDataset(file, field="length", value=row.length, limit=limit)
