"""`celltwin demos`: demonstrations of picks by a teacher who sees the truth."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from runtime.datasets import DatasetReader, content_hash
from runtime.keeping import alone, told_when_unkept
from sim_worlds.seeds import FIRST_TEST_SEED
from sim_worlds.variation import TrainingMix
from twin_app.assembly.practice.collection import Syllabus, collect
from twin_app.assembly.practice.workshop import LESSON_CHANCE, LESSON_MIX
from twin_app.assembly.progress import Progress, stay_child_of
from twin_app.assembly.setup import CellSetup, absolute_scene
from twin_app.model.seeds import parse_seeds


def run(arguments: argparse.Namespace) -> int:
    """Collect what is missing and say what there is."""
    stay_child_of(arguments.child_of)
    folder = Path(arguments.out)
    syllabus = Syllabus(
        CellSetup(scene=absolute_scene(arguments.scene)),
        mix=None if arguments.plain else TrainingMix(LESSON_MIX, chance=LESSON_CHANCE),
    )
    seeds = parse_seeds(arguments.seeds)
    if seeds.stop > FIRST_TEST_SEED:
        words = "what learns from these can no longer be examined on them"
        print(f"celltwin: seeds from {FIRST_TEST_SEED} on are for tests: {words}", file=sys.stderr)
    with told_when_unkept(folder):
        folder.mkdir(parents=True, exist_ok=True)
    elsewhere = "wait until it has ended, or name another --out"
    with alone(folder, "collecting", remedy=elsewhere), Progress(arguments.progress) as progress:
        collect(
            folder,
            syllabus,
            seeds,
            processes=arguments.processes,
            progress=lambda done, total: progress.tell("lessons", done, total),
        )
    dataset = DatasetReader(folder)
    print(f"{folder}: {len(dataset)} episodes, {dataset.frames} frames, sha256 {content_hash(dataset)}")
    return 0
