"""Ways to spoil a good dataset of `demonstrations`, each with the file and field that a refusal must name."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

from runtime.datasets.encoding import encode_video
from runtime.datasets.tables import read_table
from tests.support.demonstrations import FORM, pictures

INFO, STATS, TASKS = "meta/info.json", "meta/stats.json", "meta/tasks.parquet"
EPISODES = "meta/episodes/chunk-000/file-000.parquet"
DATA = "data/chunk-000/file-000.parquet"
VIDEO = "videos/observation.images.wrist/chunk-000/file-000.mp4"


@dataclass(frozen=True)
class Spoiling:
    """One way."""

    spoil: Callable[[Path], object]
    file: str
    field: str


def in_json(file: str, change: Callable[[dict[str, Any]], object]) -> Callable[[Path], object]:
    def spoil(folder: Path) -> None:
        content = json.loads((folder / file).read_text(encoding="utf-8"))
        change(content)
        (folder / file).write_text(json.dumps(content), encoding="utf-8")

    return spoil


def entry(*way: str, value: object) -> Callable[[dict[str, Any]], object]:
    def change(content: dict[str, Any]) -> None:
        for step in way[:-1]:
            content = content[step]
        content[way[-1]] = value

    return change


def in_table(file: str, column: str, change: Callable[[list[Any]], list[Any]]) -> Callable[[Path], object]:
    """Replace a column's values, keeping its type."""

    def spoil(folder: Path) -> None:
        table = read_table(folder / file)
        at = table.schema.get_field_index(column)
        kind = table.schema.field(column).type
        values = pa.array(change(table.column(column).to_pylist()), kind)
        parquet.write_table(table.set_column(at, column, values), folder / file)

    return spoil


def without_column(file: str, column: str) -> Callable[[Path], object]:
    def spoil(folder: Path) -> None:
        parquet.write_table(read_table(folder / file).drop_columns([column]), folder / file)

    return spoil


def as_type(file: str, column: str, kind: Any) -> Callable[[Path], object]:  # an Arrow type
    def spoil(folder: Path) -> None:
        table = read_table(folder / file)
        at = table.schema.get_field_index(column)
        parquet.write_table(table.set_column(at, column, table.column(column).cast(kind)), folder / file)

    return spoil


def with_rows(file: str, keep: int) -> Callable[[Path], object]:
    def spoil(folder: Path) -> None:
        parquet.write_table(read_table(folder / file).slice(0, keep), folder / file)

    return spoil


def cut(file: str, *, share: float) -> Callable[[Path], object]:
    def spoil(folder: Path) -> None:
        content = (folder / file).read_bytes()
        (folder / file).write_bytes(content[: int(len(content) * share)])

    return spoil


def bit_turned(file: str, *, share: float) -> Callable[[Path], object]:
    def spoil(folder: Path) -> None:
        content = bytearray((folder / file).read_bytes())
        content[int(len(content) * share)] ^= 1
        (folder / file).write_bytes(bytes(content))

    return spoil


def gone(file: str) -> Callable[[Path], object]:
    return lambda folder: (folder / file).unlink()


def pipe(file: str) -> Callable[[Path], object]:
    def spoil(folder: Path) -> None:
        (folder / file).unlink()
        os.mkfifo(folder / file)

    return spoil


def replaced(file: str, content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / file).write_bytes(content)


def other_video(*, frames: int, fps: int = 10, size_px: int = 64) -> Callable[[Path], object]:
    def spoil(folder: Path) -> None:
        camera = type(FORM.cameras[0])("wrist", size_px, size_px)
        (folder / VIDEO).unlink()
        encode_video(folder / VIDEO, pictures(camera, 0, frames), fps=fps, codec="vp9")

    return spoil


def nth(number: int, value: Any) -> Callable[[list[Any]], list[Any]]:
    return lambda values: [*values[:number], value, *values[number + 1 :]]


def number_of(row: int, column: int, value: float) -> Callable[[list[Any]], list[Any]]:
    def change(values: list[Any]) -> list[Any]:
        values[row][column] = value
        return values

    return change


AT_OPENING: dict[str, Spoiling] = {
    "no description": Spoiling(gone(INFO), INFO, "file"),
    "description that is no JSON": Spoiling(replaced(INFO, b"{"), INFO, "content"),
    "older version": Spoiling(in_json(INFO, entry("codebase_version", value="v2.1")), INFO, "codebase_version"),
    "no version": Spoiling(in_json(INFO, lambda info: info.pop("codebase_version")), INFO, "codebase_version"),
    "rate as text": Spoiling(in_json(INFO, entry("fps", value="ten")), INFO, "fps"),
    "rate of zero": Spoiling(in_json(INFO, entry("fps", value=0)), INFO, "fps"),
    "rate without end": Spoiling(in_json(INFO, entry("fps", value=10**30)), INFO, "fps"),
    "data in a place that nobody knows": Spoiling(in_json(INFO, entry("data_path", value="{nope}")), INFO, "data_path"),
    "data outside": Spoiling(in_json(INFO, entry("data_path", value="../{file_index}.parquet")), INFO, "data_path"),
    "pictures outside": Spoiling(in_json(INFO, entry("video_path", value="/tmp/x.mp4")), INFO, "video_path"),
    "a pipe for a description": Spoiling(pipe(INFO), INFO, "file"),
    "a pipe for rows": Spoiling(pipe(DATA), DATA, "file"),
    "a pipe for pictures": Spoiling(pipe(VIDEO), VIDEO, "file"),
    "a pipe for tasks": Spoiling(pipe(TASKS), TASKS, "file"),
    "another rate than the videos": Spoiling(
        in_json(INFO, entry("fps", value=20)), VIDEO.replace("wrist", "overhead"), "fps"
    ),
    "a video cut in its pictures": Spoiling(cut(VIDEO, share=0.5), VIDEO, "content"),
    "no state": Spoiling(
        in_json(INFO, lambda info: info["features"].pop("observation.state")), INFO, "features observation.state"
    ),
    "no action": Spoiling(in_json(INFO, lambda info: info["features"].pop("action")), INFO, "features action"),
    "grey pictures": Spoiling(
        in_json(INFO, entry("features", "observation.images.wrist", "shape", value=[64, 64, 1])),
        INFO,
        "features observation.images.wrist shape",
    ),
    "more episodes promised": Spoiling(in_json(INFO, entry("total_episodes", value=4)), INFO, "total_episodes"),
    "fewer frames promised": Spoiling(in_json(INFO, entry("total_frames", value=5)), INFO, "total_frames"),
    "another number of tasks": Spoiling(in_json(INFO, entry("total_tasks", value=3)), INFO, "total_tasks"),
    "no tasks": Spoiling(gone(TASKS), TASKS, "file"),
    "tasks cut": Spoiling(cut(TASKS, share=0.5), TASKS, "content"),
    "tasks numbered twice": Spoiling(in_table(TASKS, "task_index", lambda _: [0, 0]), TASKS, "content"),
    "no episodes table": Spoiling(gone(EPISODES), INFO, "total_episodes"),
    "episodes table cut": Spoiling(cut(EPISODES, share=0.9), EPISODES, "content"),
    "episodes without lengths": Spoiling(without_column(EPISODES, "length"), EPISODES, "column length"),
    "an episode without a length": Spoiling(in_table(EPISODES, "length", nth(1, None)), EPISODES, "column length"),
    "an episode of no frames": Spoiling(in_table(EPISODES, "length", nth(2, 0)), EPISODES, "length"),
    "an episode longer than its rows": Spoiling(
        in_table(EPISODES, "length", lambda values: [values[0] + 1, *values[1:]]), EPISODES, "dataset_from_index"
    ),
    "an episode missing": Spoiling(in_table(EPISODES, "episode_index", lambda _: [0, 2, 3]), EPISODES, "episode_index"),
    "a picture between two frames": Spoiling(
        in_table(EPISODES, "videos/observation.images.wrist/from_timestamp", nth(1, 0.33)),
        EPISODES,
        "videos/observation.images.wrist/from_timestamp",
    ),
    "no data file": Spoiling(gone(DATA), DATA, "file"),
    "data file cut": Spoiling(cut(DATA, share=0.7), DATA, "content"),
    "data file of zeros": Spoiling(replaced(DATA, bytes(1000)), DATA, "content"),
    "no action column": Spoiling(without_column(DATA, "action"), DATA, "column action"),
    "no intervention column": Spoiling(without_column(DATA, "intervention"), DATA, "column intervention"),
    "no timestamps": Spoiling(without_column(DATA, "timestamp"), DATA, "column timestamp"),
    "numbers of another type": Spoiling(as_type(DATA, "frame_index", pa.int32()), DATA, "column frame_index"),
    "a narrower action promised": Spoiling(
        in_json(INFO, entry("features", "action", "shape", value=[3])), DATA, "column action"
    ),
    "rows missing": Spoiling(with_rows(DATA, 10), DATA, "rows"),
    "no video": Spoiling(gone(VIDEO), VIDEO, "file"),
    "an empty video": Spoiling(replaced(VIDEO, b""), VIDEO, "content"),
    "a video that is none": Spoiling(replaced(VIDEO, b"hello" * 100), VIDEO, "content"),
    "a video with fewer frames": Spoiling(other_video(frames=11), VIDEO, "frames"),
    "a video at another rate": Spoiling(other_video(frames=12, fps=15), VIDEO, "fps"),
    "a video of another size": Spoiling(other_video(frames=12, size_px=96), VIDEO, "width_px"),
}
"""Noticed when the dataset is opened. The dataset has the seeds 0, 1, 2: 3 + 4 + 5 = 12 frames."""

WHEN_READ: dict[str, Spoiling] = {
    "NaN in the state": Spoiling(
        in_table(DATA, "observation.state", number_of(4, 1, np.nan)),
        DATA,
        "observation.state of episode 1[1] in frame 1",
    ),
    "infinite action": Spoiling(
        in_table(DATA, "action", number_of(11, 3, np.inf)), DATA, "action of episode 2[3] in frame 4"
    ),
    "a number missing": Spoiling(in_table(DATA, "confidence", nth(5, None)), DATA, "content"),
    "a frame of another episode": Spoiling(
        in_table(DATA, "episode_index", nth(4, 0)), DATA, "episode_index in frame 1 of episode 1"
    ),
    "a frame out of turn": Spoiling(
        in_table(DATA, "frame_index", nth(4, 2)), DATA, "frame_index in frame 1 of episode 1"
    ),
    "a frame at another time": Spoiling(
        in_table(DATA, "timestamp", nth(4, 0.102)), DATA, "timestamp in frame 1 of episode 1"
    ),
    "a time that is none": Spoiling(
        in_table(DATA, "timestamp", nth(4, np.nan)), DATA, "timestamp in frame 1 of episode 1"
    ),
    "rows in another order": Spoiling(
        in_table(DATA, "index", lambda values: values[::-1]), DATA, "index in frame 0 of episode 0"
    ),
    "an unknown task": Spoiling(in_table(DATA, "task_index", lambda _: [7] * 12), DATA, "task_index of episode 0"),
    "two tasks in one episode": Spoiling(in_table(DATA, "task_index", nth(1, 1)), DATA, "task_index of episode 0"),
    "one bit of a picture": Spoiling(bit_turned(VIDEO, share=0.5), "meta/celltwin.json", "content_sha256"),
}
"""Noticed when the episode is read."""
