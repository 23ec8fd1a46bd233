"""Reads a LeRobotDataset v3.0: validated when it is opened, episodes and pictures when they are asked for."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from runtime.datasets.description import form_of, read_info, read_json, read_origin
from runtime.datasets.episode import Episode, Flags, Floats, Pictures, check_finite
from runtime.datasets.episode_rows import EpisodeRow, read_rows
from runtime.datasets.form import ACTION, INTERVENTION, STATE, CameraForm
from runtime.datasets.frame_files import FrameFiles
from runtime.datasets.layout import INFO, STATS, TASKS, UNFINISHED
from runtime.datasets.refusals import UnreadableDataset
from runtime.datasets.statistics import FeatureStats, stats_from_lists
from runtime.datasets.tables import Table, floats_of, form_types, read_table, task_names, told_when_damaged
from runtime.datasets.video_files import VideoFiles


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of an episode."""

    episode_index: int
    frame_index: int
    task: str
    state: Floats
    action: Floats
    images: Mapping[str, Pictures]
    """By camera name: u8[height, width, 3], RGB."""

    intervention: bool
    extras: Mapping[str, Floats]


class DatasetReader:
    """A finished dataset in a folder. Holds no file open; may be used from one thread at a time."""

    def __init__(self, folder: Path) -> None:
        """Open and validate everything that costs no decoding; raises `UnreadableDataset`."""
        self.folder = folder
        if (folder / UNFINISHED).exists() and not (folder / INFO).exists():
            limit = "the same command that began it finishes it"
            raise UnreadableDataset(folder, field="dataset", value="unfinished", limit=limit)
        self.info = read_info(folder)
        self.form, self.features_passed_over = form_of(self.info, folder / INFO)
        self.origin = read_origin(folder)
        self.tasks = self._read_tasks()
        self.rows: Sequence[EpisodeRow] = read_rows(folder, self.info, self.form)
        types = form_types(self.form)
        self._has_intervention = INTERVENTION in self.info.features
        if not self._has_intervention:
            del types[INTERVENTION]
        self._data = FrameFiles(folder, self.info, self.rows, types)
        self._videos = VideoFiles(folder, self.info, self.rows, self.form)
        self._ends = [row.first_index + row.length for row in self.rows]

    def __len__(self) -> int:
        """Number of episodes."""
        return len(self.rows)

    def __iter__(self) -> Iterator[Episode]:
        """Every episode with all its pictures, one at a time in memory."""
        return (self.episode(index) for index in range(len(self)))

    @property
    def frames(self) -> int:
        """Number of frames over all episodes."""
        return self.info.total_frames

    @cached_property
    def stats(self) -> dict[str, FeatureStats]:
        """By column, cameras among them, for normalising; read when first asked for. Raises `UnreadableDataset`."""
        file = self.folder / STATS
        found = read_json(file, dict[str, dict[str, Any]])
        shapes = {name: (width,) for name, width in self.form.widths().items()}
        shapes |= {camera.key: (3, 1, 1) for camera in self.form.cameras}
        stats: dict[str, FeatureStats] = {}
        for name, shape in shapes.items():
            try:
                stats[name] = stats_from_lists(found[name], shape)
            except (KeyError, ValueError, TypeError) as trouble:
                raise UnreadableDataset(file, field=name, value="wrong or missing", limit=str(trouble)) from trouble
        return stats

    @property
    def about(self) -> Mapping[str, str]:
        """Where the episodes come from; empty where another program has written the dataset."""
        return {} if self.origin is None else self.origin.form.about

    def episode(self, index: int, *, cameras: Sequence[str] | None = None) -> Episode:
        """One episode with the pictures of these cameras (default: all); raises `UnreadableDataset`."""
        row = self.rows[index]
        path = self._data.path_of(row)
        table = self._data.rows_of(row)
        columns: dict[str, Floats] = {}
        with told_when_damaged(path):
            for name, width in self.form.widths().items():
                columns[name] = floats_of(table.column(name), width=width)
                check_finite(columns[name], f"{name} of episode {index}", file=path, kind=UnreadableDataset)
            intervention = self._intervention(table)
        state, action = columns.pop(STATE), columns.pop(ACTION)
        return Episode(
            task=self._task(table, row, path),
            state=state,
            action=action,
            images={name: self.pictures(index, name) for name in self._names(cameras)},
            intervention=intervention,
            extras=columns,
        )

    def pictures(self, index: int, camera: str) -> Pictures:
        """One camera's pictures of an episode, u8[n, height, width, 3], RGB; raises `UnreadableDataset`."""
        row = self.rows[index]
        return self._videos.decode(row, self.form.camera(camera), first=0, count=row.length)

    def packets(self, index: int, camera: str) -> Iterator[bytes]:
        """One camera's pictures of an episode as they lie in the file, compressed."""
        return self._videos.packets(self.rows[index], self.form.camera(camera))

    def frame(self, index: int, *, cameras: Sequence[str] | None = None) -> Frame:
        """One frame by its number over the whole dataset; only its own pictures are decoded."""
        if not 0 <= index < self.frames:
            raise IndexError(index)
        episode_index = bisect_right(self._ends, index)
        row = self.rows[episode_index]
        at = index - row.first_index
        episode = self.episode(episode_index, cameras=())
        return Frame(
            episode_index=episode_index,
            frame_index=at,
            task=episode.task,
            state=episode.state[at],
            action=episode.action[at],
            images={name: self._picture(row, self.form.camera(name), at) for name in self._names(cameras)},
            intervention=bool(episode.intervention[at]),
            extras={name: values[at] for name, values in episode.extras.items()},
        )

    def _read_tasks(self) -> list[str]:
        file = self.folder / TASKS
        table = read_table(file)
        with told_when_damaged(file):
            tasks = task_names(table)
        if len(tasks) != self.info.total_tasks:
            limit = f"meta/tasks.parquet has {len(tasks)}"
            raise UnreadableDataset(self.folder / INFO, field="total_tasks", value=self.info.total_tasks, limit=limit)
        return tasks

    def _task(self, table: Table, row: EpisodeRow, path: Path) -> str:
        numbers = np.unique(table.column("task_index").to_numpy())
        field = f"task_index of episode {row.episode_index}"
        if len(numbers) > 1:
            raise UnreadableDataset(path, field=field, value=numbers.tolist(), limit="an episode has one task")
        if not 0 <= numbers[0] < len(self.tasks):
            limit = f"there are {len(self.tasks)} tasks"
            raise UnreadableDataset(path, field=field, value=int(numbers[0]), limit=limit)
        return self.tasks[int(numbers[0])]

    def _intervention(self, table: Table) -> Flags:
        if not self._has_intervention:
            return np.zeros(len(table), dtype=np.bool_)
        return np.asarray(table.column(INTERVENTION).to_numpy(), dtype=np.bool_)

    def _picture(self, row: EpisodeRow, camera: CameraForm, at: int) -> Pictures:
        return self._videos.decode(row, camera, first=at, count=1)[0]

    def _names(self, cameras: Sequence[str] | None) -> Sequence[str]:
        return [camera.name for camera in self.form.cameras] if cameras is None else cameras
