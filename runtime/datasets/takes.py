"""A take: the episodes that one seed has brought, on disk as a whole or not at all.

Takes are independent of one another, so that several processes can write them, in any order.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct

from runtime.datasets.description import read_json
from runtime.datasets.durable import write_folder
from runtime.datasets.encoding import encode_video
from runtime.datasets.episode import Episode
from runtime.datasets.form import CameraForm, DatasetForm
from runtime.datasets.statistics import Histogram, histogram_of
from runtime.datasets.tables import Table, frame_columns, pa, read_table, write_table

FACTS = "facts.json"
_NAME = "take-{seed:010d}"


class EpisodeFacts(Struct, frozen=True):
    """One episode of a take."""

    task: str
    length: int
    histograms: dict[str, list[list[int]]]
    """By camera: [3, 256], of the pictures before they were compressed."""


class TakeFacts(Struct, frozen=True):
    """What a take holds."""

    seed: int
    note: str
    episodes: tuple[EpisodeFacts, ...]


@dataclass(frozen=True, slots=True)
class StoredEpisode:
    """One episode of a durable take."""

    folder: Path
    number: int
    """Within the take."""

    seed: int
    facts: EpisodeFacts

    @property
    def table_file(self) -> Path:
        """Its columns."""
        return self.folder / f"episode-{self.number:03d}.parquet"

    def video_file(self, camera: CameraForm) -> Path:
        """One camera's pictures."""
        return self.folder / f"episode-{self.number:03d}.{camera.name}.mp4"

    def table(self) -> Table:
        """Its columns, without those that its place in the dataset decides."""
        return read_table(self.table_file)

    def histogram(self, camera: CameraForm) -> Histogram:
        """Of one camera's pictures."""
        return np.array(self.facts.histograms[camera.name], dtype=np.int64)


def take_folder(folder: Path, seed: int) -> Path:
    """Where the take of a seed lies."""
    return folder / _NAME.format(seed=seed)


def durable_seeds(folder: Path) -> list[int]:
    """Seeds with a take, ascending."""
    return sorted(int(path.name.rpartition("-")[2]) for path in folder.glob("take-*"))


def write_take(folder: Path, episodes: Sequence[Episode], *, form: DatasetForm, seed: int, note: str) -> None:
    """Durable on return. Raises OSError, FileExistsError or ENOTEMPTY among them where the seed has its take."""
    fresh = folder / f"writing-{os.getpid()}-{seed}"
    shutil.rmtree(fresh, ignore_errors=True)  # of a killed process that had our number
    try:
        write_folder(
            fresh, take_folder(folder, seed), partial(_fill, episodes=episodes, form=form, seed=seed, note=note)
        )
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def read_take(folder: Path, seed: int) -> tuple[TakeFacts, list[StoredEpisode]]:
    """Facts and episodes; raises `UnreadableDataset`."""
    place = take_folder(folder, seed)
    facts = read_json(place / FACTS, TakeFacts)
    return facts, [StoredEpisode(place, number, seed, one) for number, one in enumerate(facts.episodes)]


def remove_abandoned(folder: Path) -> None:
    """Clear away what killed processes have left; nobody may be writing."""
    for path in folder.glob("writing-*"):
        shutil.rmtree(path)


def _fill(place: Path, *, episodes: Sequence[Episode], form: DatasetForm, seed: int, note: str) -> None:
    all_facts: list[EpisodeFacts] = []
    for number, episode in enumerate(episodes):
        histograms = {name: histogram_of(pictures).tolist() for name, pictures in episode.images.items()}
        facts = EpisodeFacts(episode.task, len(episode), histograms)
        stored = StoredEpisode(place, number, seed, facts)
        write_table(stored.table_file, pa.table(frame_columns(episode.columns(), episode.intervention)))
        for camera in form.cameras:
            encode_video(stored.video_file(camera), episode.images[camera.name], fps=form.fps, codec=form.codec)
        all_facts.append(facts)
    (place / FACTS).write_bytes(msgspec.json.encode(TakeFacts(seed, note, tuple(all_facts))))
