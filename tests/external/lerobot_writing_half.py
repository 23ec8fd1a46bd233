"""The half of `lerobot_reader.py` that lets LeRobot write a dataset, in LeRobot's environment.

Usage: python lerobot_writing_half.py FOLDER EXPECTED; the numbers that went in lie in EXPECTED as plain arrays.
"""

from __future__ import annotations

import sys
from pathlib import Path

import lerobot_half  # beside this file
import numpy as np

LENGTHS = (12, 18, 7)
FEATURES = {
    "observation.state": {"dtype": "float32", "shape": (3,), "names": ["a", "b", "c"]},
    "action": {"dtype": "float32", "shape": (2,), "names": {"motors": ["x", "y"]}},
    "observation.images.top": {"dtype": "video", "shape": (96, 128, 3), "names": ["height", "width", "channels"]},
}


def main(folder: str, expected: Path) -> None:
    """Three episodes of a red bar that moves on by six pixels a frame."""
    from lerobot.datasets.lerobot_dataset import LeRobotDataset  # pyright: ignore[reportMissingImports]

    random = np.random.default_rng(0)
    dataset = LeRobotDataset.create("any/name", fps=10, features=FEATURES, root=folder, robot_type="arm")
    for number, length in enumerate(LENGTHS):
        state, action = (random.normal(size=(length, width)).astype(np.float32) for width in (3, 2))
        np.savez(expected / f"{number}.npz", state=state, action=action)
        for frame in range(length):
            image = np.full((96, 128, 3), 90, np.uint8)
            image[20:60, 6 * frame : 6 * frame + 12] = (200, 40, 40)
            row = {"observation.state": state[frame], "action": action[frame], "observation.images.top": image}
            dataset.add_frame({**row, "task": f"task {number % 2}"})
        dataset.save_episode()
    dataset.finalize()


if __name__ == "__main__":
    lerobot_half.stand_in()
    main(sys.argv[1], Path(sys.argv[2]))
