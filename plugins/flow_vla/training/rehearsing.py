"""All lessons of a dataset through the policy's eyes, several processes side by side."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import as_completed
from pathlib import Path

import torch

from plugins.flow_vla.ready import load_ready
from plugins.flow_vla.training.acting import joined
from plugins.flow_vla.training.lessons import Examples, Rehearsal
from runtime.datasets import DatasetReader
from runtime.link.parentage import crew
from sim_worlds.scenes import load_scene

RUN = 8
"""Episodes that a process takes in one go."""


def rehearse(
    model: Path,
    dataset: Path,
    *,
    scene: str,
    processes: int,
    progress: Callable[[int, int], None],
    blind: tuple[str, ...] = (),
    relative: bool = True,
) -> Examples:
    """Examples of every episode, in their order."""
    count = len(DatasetReader(dataset))
    runs = [range(first, min(first + RUN, count)) for first in range(0, count, RUN)]
    parts: dict[int, Examples] = {}
    with crew(processes) as pool:
        waiting = {pool.submit(_run, model, dataset, scene, run, blind, relative): run.start for run in runs}
        for finished in as_completed(waiting):
            parts[waiting[finished]] = finished.result()
            progress(len(parts), len(runs))
    return joined([parts[first] for first in sorted(parts)])


def _run(
    model: Path,
    dataset: Path,
    scene: str,
    run: range,
    blind: tuple[str, ...],
    relative: bool,  # noqa: FBT001
) -> Examples:
    torch.set_num_threads(1)
    reader = DatasetReader(dataset)
    rehearsal = Rehearsal(load_ready(model), load_scene(scene).description)
    return joined([rehearsal.examples(reader.episode(index), blind=blind, relative=relative) for index in run])
