"""The video files: headers are looked at when the dataset is opened, pictures decoded when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from runtime.datasets.decoding import decode_video, packets_of, video_facts
from runtime.datasets.description import Info
from runtime.datasets.episode import Pictures
from runtime.datasets.episode_rows import EpisodeRow
from runtime.datasets.form import CameraForm, DatasetForm
from runtime.datasets.layout import INFO, VIDEO_PATH
from runtime.datasets.refusals import UnreadableDataset


class VideoFiles:
    """All video files of a dataset; none is held open."""

    def __init__(self, folder: Path, info: Info, rows: Sequence[EpisodeRow], form: DatasetForm) -> None:
        """Look at every header.

        Raises `UnreadableDataset` for a missing file, another rate or size, or too few frames.
        """
        self._folder = folder
        self._fps = info.fps
        self._template = info.video_path or VIDEO_PATH
        for camera in form.cameras:
            needed: dict[Path, int] = {}
            for row in rows:
                path = self.path_of(row, camera)
                needed[path] = max(needed.get(path, 0), row.videos[camera.name].before + row.length)
            for path, frames in needed.items():
                self._look_at(path, camera, frames=frames)

    def path_of(self, row: EpisodeRow, camera: CameraForm) -> Path:
        """The file with this camera's pictures of an episode."""
        return self._folder / row.videos[camera.name].file.path(self._template, video_key=camera.key)

    def decode(self, row: EpisodeRow, camera: CameraForm, *, first: int, count: int) -> Pictures:
        """So many frames from the episode's frame `first` on; raises `UnreadableDataset`."""
        return decode_video(
            self.path_of(row, camera),
            fps=self._fps,
            first=row.videos[camera.name].before + first,
            count=count,
            size_px=(camera.width_px, camera.height_px),
        )

    def packets(self, row: EpisodeRow, camera: CameraForm) -> Iterator[bytes]:
        """The compressed frames of an episode in their order; raises `UnreadableDataset`."""
        return packets_of(
            self.path_of(row, camera), fps=self._fps, first=row.videos[camera.name].before, count=row.length
        )

    def _look_at(self, path: Path, camera: CameraForm, *, frames: int) -> None:
        facts = video_facts(path)
        described = f"{INFO} says"
        if facts.fps != self._fps:
            raise UnreadableDataset(path, field="fps", value=f"{float(facts.fps):g}", limit=f"{described} {self._fps}")
        for field, found, wanted in (
            ("width_px", facts.width_px, camera.width_px),
            ("height_px", facts.height_px, camera.height_px),
        ):
            if found != wanted:
                raise UnreadableDataset(path, field=field, value=found, limit=f"{described} {wanted}")
        if facts.frames < frames:
            limit = f"its episodes need {frames}"
            raise UnreadableDataset(path, field="frames", value=facts.frames, limit=limit)
