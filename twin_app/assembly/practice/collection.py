"""Many lessons into one dataset, several processes side by side; an interrupted collection goes on where it was."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import as_completed
from dataclasses import dataclass
from pathlib import Path

import cv2
from msgspec.structs import replace

from runtime.datasets import DatasetForm, DatasetWriter
from runtime.link.parentage import crew
from sim_worlds.variation import TrainingMix
from twin_app.assembly.origin import origin_of
from twin_app.assembly.practice.lesson import LearnerFactory, give_lesson
from twin_app.assembly.practice.notes import episode_of, form_of
from twin_app.assembly.setup import CellSetup, read_scene

FRAMES_MIN = 5


@dataclass(frozen=True, slots=True)
class Syllabus:
    """What is taught; travels to other processes."""

    setup: CellSetup
    """Its seed is replaced by each lesson's."""

    mix: TrainingMix | None = None
    learner: LearnerFactory | None = None
    learner_share: float = 0.0
    all_kept: bool = False
    """Lessons in which the part did not come into its tote, too: for a learner who drives into trouble."""

    def form(self, about: dict[str, str]) -> DatasetForm:
        """Of the dataset."""
        origin = origin_of(self.setup.scene)
        facts = {**origin, "mismatch": self.setup.mismatch, "mix": repr(self.mix), **about}
        return form_of(read_scene(self.setup).cell, about=facts)


def collect(
    folder: Path,
    syllabus: Syllabus,
    seeds: Iterable[int],
    *,
    processes: int,
    progress: Callable[[int, int], None],
    about: dict[str, str] | None = None,
) -> None:
    """Give every lesson that is missing, then make the dataset whole. Raises `DatasetTrouble`."""
    form = syllabus.form(about or {})
    with DatasetWriter(folder, form) as writer:
        wanted = tuple(seeds)
        durable = writer.seeds()
        missing = [seed for seed in wanted if seed not in durable]
        if missing:
            writer.check_unfinished()
    done = len(wanted) - len(missing)
    progress(done, len(wanted))
    if missing:
        with crew(processes) as pool:
            waiting = [pool.submit(take, folder, form, syllabus, seed) for seed in missing]
            for finished in as_completed(waiting):
                finished.result()
                done += 1
                progress(done, len(wanted))
    with DatasetWriter(folder, form) as writer:
        writer.finish()


def take(folder: Path, form: DatasetForm, syllabus: Syllabus, seed: int) -> None:
    """One lesson, durable on return."""
    cv2.setNumThreads(1)
    variations = () if syllabus.mix is None else tuple(one.words for one in syllabus.mix.sample(seed))
    setup = replace(syllabus.setup, seed=seed, variations=variations)
    lesson = give_lesson(setup, learner=syllabus.learner, learner_share=syllabus.learner_share)
    kept = (lesson.outcome.succeeded or syllabus.all_kept) and len(lesson.shown) >= FRAMES_MIN
    with DatasetWriter(folder, form) as writer:
        if kept:
            writer.add_take((episode_of(lesson),), seed=seed)
        else:
            writer.add_take((), seed=seed, note=f"{lesson.instruction}: {lesson.outcome.words}")
