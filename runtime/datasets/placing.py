"""Which number, file and beginning every episode gets: decided by the order of the seeds alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runtime.datasets.form import DatasetForm
from runtime.datasets.layout import FileLimits, FilePlace, FileSeries
from runtime.datasets.takes import StoredEpisode

_BYTES_OF_INDEX = 37
"""A frame's timestamp, four numbers and a flag."""


@dataclass(frozen=True, slots=True)
class VideoPlace:
    """Where one camera's pictures of an episode lie."""

    file: FilePlace
    before: int
    """Frames of the same file that come before."""


@dataclass(frozen=True, slots=True)
class PlacedEpisode:
    """An episode with its place in the dataset."""

    stored: StoredEpisode
    episode_index: int
    task_index: int
    first_index: int
    """Of its first frame, over the whole dataset."""

    data: FilePlace
    videos: dict[str, VideoPlace]
    """By camera name."""

    @property
    def length(self) -> int:
        """Number of frames."""
        return self.stored.facts.length


def place_episodes(
    stored: Sequence[StoredEpisode], form: DatasetForm, limits: FileLimits
) -> tuple[list[PlacedEpisode], list[str]]:
    """Episodes in the given order, and the tasks in the order of their first appearance."""
    frame_bytes = 4 * sum(form.widths().values()) + _BYTES_OF_INDEX
    data = FileSeries(limits.data_bytes)
    most_frames = int(limits.video_s * form.fps)
    videos = {camera.name: FileSeries(limits.video_bytes, most_frames) for camera in form.cameras}
    tasks: dict[str, int] = {}
    placed: list[PlacedEpisode] = []
    first_index = 0
    for number, episode in enumerate(stored):
        length = episode.facts.length
        file, _ = data.take(size_bytes=length * frame_bytes, frames=length)
        pictures: dict[str, VideoPlace] = {}
        for camera in form.cameras:
            size_bytes = episode.video_file(camera).stat().st_size
            pictures[camera.name] = VideoPlace(*videos[camera.name].take(size_bytes=size_bytes, frames=length))
        task_index = tasks.setdefault(episode.facts.task, len(tasks))
        placed.append(PlacedEpisode(episode, number, task_index, first_index, file, pictures))
        first_index += length
    return placed, list(tasks)
