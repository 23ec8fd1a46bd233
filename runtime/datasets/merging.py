"""From durable takes to the files of the format: the same takes give the same tables, whoever has written them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runtime.datasets.description import PassedOver, describe, write_json
from runtime.datasets.encoding import join_videos
from runtime.datasets.form import INTERVENTION, CameraForm, DatasetForm
from runtime.datasets.layout import (
    DATA_PATH,
    EPISODES_PATH,
    INFO,
    STATS,
    TASKS,
    VIDEO_PATH,
    FileLimits,
    FilePlace,
)
from runtime.datasets.placing import PlacedEpisode, place_episodes
from runtime.datasets.refusals import UnreadableDataset
from runtime.datasets.statistics import FeatureStats, stats_of_columns, stats_of_pictures
from runtime.datasets.tables import Table, floats_of, index_columns, pa, parquet, task_table, write_table
from runtime.datasets.takes import StoredEpisode, durable_seeds, read_take

Arrays = dict[str, NDArray[np.generic]]
"""By column: [n, numbers]."""


def merge(source: Path, target: Path, *, form: DatasetForm, limits: FileLimits) -> tuple[PassedOver, ...]:
    """Write the dataset below `target` from the takes below `source`, in the order of their seeds.

    Returns the seeds without an episode, about which the format says nothing.
    Raises `UnreadableDataset` where a take is damaged or there is no episode.
    """
    stored: list[StoredEpisode] = []
    passed_over: list[PassedOver] = []
    for seed in durable_seeds(source):
        facts, episodes = read_take(source, seed)
        stored += episodes
        if not episodes:
            passed_over.append(PassedOver(seed, facts.note))
    if not stored:
        limit = "a dataset has at least one"
        raise UnreadableDataset(source, field="episodes", value=0, limit=limit)
    placed, tasks = place_episodes(stored, form, limits)
    frames = placed[-1].first_index + placed[-1].length
    stats = _write_frames(target, placed, form)
    for camera in form.cameras:
        _write_videos(target, placed, camera, fps=form.fps)
    _write_meta(target, placed, tasks, stats, form)
    info = describe(form, episodes=len(placed), frames=frames, tasks=len(tasks), limits=limits)
    write_json(target / INFO, info)
    return tuple(passed_over)


def _write_frames(target: Path, placed: Sequence[PlacedEpisode], form: DatasetForm) -> list[dict[str, FeatureStats]]:
    """The frame tables, one row group an episode; returns each episode's statistics and, last, those of all."""
    stats: list[dict[str, FeatureStats]] = []
    everything: dict[str, list[NDArray[np.generic]]] = {}
    for place, group in groupby(placed, key=lambda one: one.data):
        file = target / place.path(DATA_PATH)
        file.parent.mkdir(parents=True, exist_ok=True)
        writer = None
        try:
            for one in group:
                table, arrays = _frame_table(one, form)
                writer = writer or parquet.ParquetWriter(file, table.schema, compression="snappy")
                writer.write_table(table, row_group_size=len(table))
                stats.append(_episode_stats(one, arrays, form))
                for name, values in arrays.items():
                    everything.setdefault(name, []).append(values)
        finally:
            if writer is not None:
                writer.close()
    of_all = {name: stats_of_columns(np.concatenate(parts)) for name, parts in everything.items()}
    frames = sum(one.length for one in placed)
    for camera in form.cameras:
        histogram = sum((one.stored.histogram(camera) for one in placed), np.zeros((3, 256), dtype=np.int64))
        of_all[camera.key] = stats_of_pictures(histogram, count=frames)
    return [*stats, of_all]


def _frame_table(one: PlacedEpisode, form: DatasetForm) -> tuple[Table, Arrays]:
    """An episode's rows, and the same as arrays."""
    table = one.stored.table()
    if len(table) != one.length:
        limit = f"the take says {one.length}"
        raise UnreadableDataset(one.stored.table_file, field="rows", value=len(table), limit=limit)
    index = index_columns(
        fps=form.fps,
        length=one.length,
        episode_index=one.episode_index,
        first_index=one.first_index,
        task_index=one.task_index,
    )
    arrays: Arrays = {name: floats_of(table.column(name), width=width) for name, width in form.widths().items()}
    arrays[INTERVENTION] = table.column(INTERVENTION).to_numpy()[:, None]
    for name, values in index.items():
        table = table.append_column(name, pa.array(values))
        arrays[name] = values[:, None]
    return table, arrays


def _episode_stats(one: PlacedEpisode, arrays: Arrays, form: DatasetForm) -> dict[str, FeatureStats]:
    stats = {name: stats_of_columns(values) for name, values in arrays.items()}
    for camera in form.cameras:
        stats[camera.key] = stats_of_pictures(one.stored.histogram(camera), count=one.length)
    return stats


def _write_videos(target: Path, placed: Sequence[PlacedEpisode], camera: CameraForm, *, fps: int) -> None:
    for place, group in groupby(placed, key=lambda one: one.videos[camera.name].file):
        file = target / place.path(VIDEO_PATH, video_key=camera.key)
        file.parent.mkdir(parents=True, exist_ok=True)
        join_videos(file, [(one.stored.video_file(camera), one.length) for one in group], fps=fps)


def _write_meta(
    target: Path,
    placed: Sequence[PlacedEpisode],
    tasks: Sequence[str],
    stats: Sequence[dict[str, FeatureStats]],
    form: DatasetForm,
) -> None:
    file = target / FilePlace().path(EPISODES_PATH)
    file.parent.mkdir(parents=True)
    rows = [_episode_row(one, one_stats, form) for one, one_stats in zip(placed, stats, strict=False)]
    write_table(file, pa.table({name: [row[name] for row in rows] for name in rows[0]}))
    write_table(target / TASKS, task_table(tasks))
    write_json(target / STATS, {name: feature.as_lists() for name, feature in stats[-1].items()})


def _episode_row(one: PlacedEpisode, stats: dict[str, FeatureStats], form: DatasetForm) -> dict[str, object]:
    row: dict[str, object] = {
        "episode_index": one.episode_index,
        "tasks": [one.stored.facts.task],
        "length": one.length,
        "seed": one.stored.seed,
        "data/chunk_index": one.data.chunk_index,
        "data/file_index": one.data.file_index,
        "dataset_from_index": one.first_index,
        "dataset_to_index": one.first_index + one.length,
        "meta/episodes/chunk_index": 0,
        "meta/episodes/file_index": 0,
    }
    for camera in form.cameras:
        video = one.videos[camera.name]
        row[f"videos/{camera.key}/chunk_index"] = video.file.chunk_index
        row[f"videos/{camera.key}/file_index"] = video.file.file_index
        row[f"videos/{camera.key}/from_timestamp"] = video.before / form.fps
        row[f"videos/{camera.key}/to_timestamp"] = (video.before + one.length) / form.fps
    for name, feature in stats.items():
        row |= {f"stats/{name}/{statistic}": values for statistic, values in feature.as_lists().items()}
    return row
