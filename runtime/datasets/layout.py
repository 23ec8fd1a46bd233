"""Where everything of a LeRobotDataset v3.0 lies, and how its files are numbered and kept at a size."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

CODEBASE_VERSION = "v3.0"
INFO = Path("meta/info.json")
STATS = Path("meta/stats.json")
TASKS = Path("meta/tasks.parquet")
EPISODES = Path("meta/episodes")
ORIGIN = Path("meta/celltwin.json")
"""Ours; other readers pass it over."""

DATA_PATH = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
VIDEO_PATH = "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4"
EPISODES_PATH = "meta/episodes/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
FILES_IN_CHUNK = 1000

LONGEST_EPISODE_S = 900.0
"""LeRobot compares times in a video as float32, with a tolerance of 1e-4 s: beyond 1024 s its steps are coarser."""

UNFINISHED = Path("unfinished")
"""Holds everything until the dataset is finished; its presence says that it is not."""


@dataclass(frozen=True, slots=True)
class FilePlace:
    """Number of a data or video file."""

    chunk_index: int = 0
    file_index: int = 0

    def following(self) -> FilePlace:
        """The next one; a chunk folder holds so many and no more."""
        if self.file_index + 1 < FILES_IN_CHUNK:
            return FilePlace(self.chunk_index, self.file_index + 1)
        return FilePlace(self.chunk_index + 1, 0)

    def path(self, template: str, *, video_key: str = "") -> Path:
        """Where it lies, relative to the dataset."""
        return Path(template.format(chunk_index=self.chunk_index, file_index=self.file_index, video_key=video_key))


@dataclass(frozen=True, slots=True)
class FileLimits:
    """When the next file is begun. An episode is never cut, so that a file with one episode may be larger."""

    data_bytes: int = 100 << 20
    """As the table lies in memory."""

    video_bytes: int = 200 << 20
    video_s: float = LONGEST_EPISODE_S


@dataclass(slots=True)
class FileSeries:
    """Hands out places for episodes in turn."""

    largest_bytes: int
    most_frames: int = sys.maxsize
    place: FilePlace = FilePlace()
    frames: int = 0
    """In the file at `place` so far."""

    _bytes: int = 0

    def take(self, *, size_bytes: int, frames: int) -> tuple[FilePlace, int]:
        """Place of an episode, and how many frames of that file come before it."""
        too_large = self._bytes + size_bytes > self.largest_bytes
        if self.frames and (too_large or self.frames + frames > self.most_frames):
            self.place, self.frames, self._bytes = self.place.following(), 0, 0
        before = self.frames
        self._bytes += size_bytes
        self.frames += frames
        return self.place, before
