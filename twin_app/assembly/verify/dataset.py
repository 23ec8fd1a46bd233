"""`celltwin verify dataset FOLDER`: whether every number and picture of a dataset can be read, and what it holds."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from runtime.datasets import DatasetReader, verify_dataset
from twin_app.assembly.figures import show


def run(arguments: argparse.Namespace) -> int:
    """Read everything; what is wrong ends the command as a user's mistake, with file, field, value and limit."""
    show(examine(Path(arguments.folder)), as_json=arguments.json)
    return 0


def examine(folder: Path) -> dict[str, Any]:
    """What the dataset holds; raises `UnreadableDataset`."""
    dataset = DatasetReader(folder)
    began_s = time.perf_counter()
    digest = verify_dataset(dataset)
    took_s = time.perf_counter() - began_s
    form = dataset.form
    return {
        "episodes": len(dataset),
        "frames": dataset.frames,
        "fps": form.fps,
        "robot_type": form.robot_type,
        "state": ", ".join(form.state),
        "action": ", ".join(form.action),
        "cameras": ", ".join(f"{one.name} {one.width_px} x {one.height_px}" for one in form.cameras),
        "extras": ", ".join(extra.name for extra in form.extras),
        "passed_over": ", ".join(dataset.features_passed_over),
        "tasks": len(dataset.tasks),
        **{f"about {name}": words for name, words in dataset.about.items()},
        "bytes": sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()),
        "frames_per_s": round(dataset.frames / took_s, 1),
        "content_sha256": digest,
        "compared_with": "nothing: another program wrote it" if dataset.origin is None else "what was written",
    }
