"""The half of `lerobot_reader.py` that runs in LeRobot's environment: knows LeRobot and nothing of this project.

Usage: python lerobot_half.py DATASET EXPECTED [BACKEND]; prints its findings as JSON on the last line.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

os.environ["HF_HOME"] = tempfile.mkdtemp()
os.environ["HF_HUB_OFFLINE"] = "1"

import av
import datasets  # noqa: F401 # pyright: ignore[reportMissingImports] before the stand-in, which it would ask too much
import numpy as np

CHUNK = 8
"""Frames of an action chunk, as a training asks for it."""


class VideoReader:
    """What LeRobot uses of torchvision's class of this name."""

    def __init__(self, path: str, stream: str) -> None:
        self.container = av.open(path)
        self.stream = self.container.streams.video[0]

    def seek(self, time_s: float, *, keyframes_only: bool) -> None:
        """To the key frame at or before."""
        self.container.seek(int(time_s / (self.stream.time_base or 1)), stream=self.stream)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        import torch

        for frame in self.container.decode(self.stream):
            yield {"pts": frame.time, "data": torch.from_numpy(frame.to_ndarray(format="rgb24")).permute(2, 0, 1)}


def stand_in() -> None:
    """Torchvision cannot be imported beside this torch; LeRobot's reader needs little of it."""
    torchvision, transforms, video = (ModuleType(f"torchvision{name}") for name in ("", ".transforms", ".io"))
    vars(video)["VideoReader"] = VideoReader
    vars(torchvision).update(transforms=transforms, io=video, set_video_backend=lambda name: None)
    sys.modules.update({module.__name__: module for module in (torchvision, transforms, video)})


def choose_backend() -> str:
    """Torchcodec, LeRobot's default, where FFmpeg's libraries are there."""
    try:
        importlib.import_module("torchcodec.decoders")
    except (OSError, RuntimeError, ImportError):
        return "pyav"
    return "torchcodec"


def compare(folder: str, expected: Path, backend: str) -> dict[str, Any]:
    """Every frame that LeRobot gives, beside what is expected."""
    from lerobot.datasets.lerobot_dataset import LeRobotDataset  # pyright: ignore[reportMissingImports]

    fps = json.loads((Path(folder) / "meta/info.json").read_text(encoding="utf-8"))["fps"]
    window = {"action": [step / fps for step in range(CHUNK)]}
    dataset = LeRobotDataset("celltwin/dataset", root=folder, video_backend=backend)
    windowed = LeRobotDataset("celltwin/dataset", root=folder, video_backend=backend, delta_timestamps=window)
    counts = {"numbers": 0, "numbers_differ": 0, "frames_compared": 0, "tasks_differ": 0, "chunks_differ": 0}
    pictures = Pictures()
    index = 0
    for episode_index, place in enumerate(sorted(expected.iterdir())):
        arrays = {path.stem: np.load(path) for path in place.glob("*.npy")}
        for frame in range(len(arrays["action"])):
            item = dataset[index]
            counts["frames_compared"] += 1
            counts["tasks_differ"] += item["task"] != (place / "task.txt").read_text(encoding="utf-8")
            numbers = {"index": index, "episode_index": episode_index, "frame_index": frame}
            numbers |= {name: values[frame] for name, values in arrays.items() if values.ndim < 4}
            for name, values in numbers.items():
                found = item[name].numpy().reshape(-1)
                counts["numbers"] += found.size
                counts["numbers_differ"] += int((found != np.asarray(values).reshape(-1)).sum())
            for name, video in arrays.items():
                if video.ndim == 4:
                    pictures.compare(np.round(item[name].numpy() * 255.0).transpose(1, 2, 0), video, frame)
            if index % 7 == 0:
                chunk = windowed[index]["action"].numpy()
                at = np.minimum(np.arange(frame, frame + CHUNK), len(arrays["action"]) - 1)
                counts["chunks_differ"] += not np.array_equal(chunk, arrays["action"][at])
            index += 1
    counts["frames_missing"] = abs(len(dataset) - index)
    wrong = [name for name in counts if name.endswith(("differ", "missing")) and counts[name]]
    return {"holds": not wrong and pictures.misplaced == 0, **counts, **pictures.figures()}


class Pictures:
    """How LeRobot's pictures differ from ours."""

    def __init__(self) -> None:
        self.compared = self.identical = self.misplaced = 0
        self.largest = 0.0
        self.sum = 0.0

    def compare(self, found: np.ndarray, video: np.ndarray, frame: int) -> None:
        """One picture; it must be the nearest to its own frame, or as near as a frame that looks the same."""
        difference = np.abs(found - video[frame])
        self.compared += 1
        self.identical += not difference.any()
        self.largest = max(self.largest, float(difference.max()))
        self.sum += float(difference.mean())
        neighbours = [video[other] for other in (frame - 1, frame + 1) if 0 <= other < len(video)]
        self.misplaced += any(np.abs(found - other).mean() < difference.mean() for other in neighbours)

    def figures(self) -> dict[str, Any]:
        """Levels of 255."""
        return {
            "pictures": self.compared,
            "pictures_identical": self.identical,
            "pictures_nearer_to_a_neighbour": self.misplaced,
            "largest_difference": self.largest,
            "mean_difference": round(self.sum / max(self.compared, 1), 4),
        }


def versions() -> dict[str, str]:
    """Of what took part."""
    from importlib.metadata import version

    return {name: version(name) for name in ("lerobot", "torch", "torchcodec", "datasets", "pandas", "pyarrow", "av")}


if __name__ == "__main__":
    stand_in()
    chosen = sys.argv[3] if len(sys.argv) > 3 else choose_backend()
    findings = compare(sys.argv[1], Path(sys.argv[2]), chosen)
    print(json.dumps({**findings, "backend": chosen, **versions()}))  # noqa: T201 - its way of telling
