"""One lesson: a fresh cell, one instruction, and what was seen, advised and done from its beginning to its end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from runtime.messages.cell import CellDescription
from runtime.messages.requests import AddTask
from runtime.mistakes import UserMistake
from runtime.plugin_host import PolicyManifest, Registry
from runtime.ports import Policy
from sim_worlds.judge import Outcome
from sim_worlds.sentences import PLAIN, Meaning, Speaker
from twin_app.assembly.lockstep import LockStepCell
from twin_app.assembly.practice.teacher import Learner, Manner, Shown, Teacher
from twin_app.assembly.setup import PLUGIN_FOLDER, CellSetup

TIME_LIMIT_S = 30.0
WRONG_PART_SHARE = 0.12
NOISE_SHARE = 0.05


LearnerFactory = Callable[[CellDescription], Learner]
"""Makes the learner anew in the process that gives the lesson."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What became of one."""

    seed: int
    instruction: str
    manner: Manner
    shown: tuple[Shown, ...]
    outcome: Outcome


class OnlyPolicy(Registry):
    """A registry of one policy that is built by whoever asks for it, not found in a folder."""

    def __init__(self, build: Callable[[CellDescription], Policy]) -> None:
        super().__init__(())
        self._build = build
        self._policies = {"lesson": PolicyManifest("lesson", "Lesson", "1", "lesson", PLUGIN_FOLDER, "")}

    def load_policy(self, name: str, cell: CellDescription, *, model: Path | None = None) -> Policy:
        """The one."""
        del model
        self.manifest(name)
        return self._build(cell)


def draw_manner(cell: CellDescription, random: np.random.Generator, *, learner_share: float) -> Manner:
    """Which part goes where, and what goes wrong on the way."""
    names = [part.name for part in cell.parts]
    part = names[int(random.integers(len(names)))]
    tote = cell.totes[int(random.integers(len(cell.totes)))].name
    wrong = ""
    if random.uniform() < WRONG_PART_SHARE:
        wrong = [name for name in names if name != part][int(random.integers(len(names) - 1))]
    return Manner(part, tote, noise=NOISE_SHARE, wrong_part=wrong, learner_share=learner_share)


def give_lesson(setup: CellSetup, *, learner: LearnerFactory | None = None, learner_share: float = 0.0) -> Lesson:
    """Run one lesson in lock-step; everything in it follows from the setup's seed.

    Raises what teacher or learner raised: a lesson that a mistake in the program cut off teaches the wrong thing.
    """
    random = np.random.default_rng((setup.seed, 0x1E550))
    teachers: list[Teacher] = []
    cells: list[LockStepCell] = []

    def build(cell: CellDescription) -> Policy:
        manner = draw_manner(cell, random, learner_share=learner_share)
        teacher = Teacher(
            cell,
            manner=manner,
            truth=lambda: cells[0].plant.truth(),
            random=random,
            learner=None if learner is None else learner(cell),
        )
        teachers.append(teacher)
        return teacher

    cell = LockStepCell(msgspec.structs.replace(setup, policy="lesson", fallback=""), registry=OnlyPolicy(build))
    cells.append(cell)
    try:
        return _given(cell, teachers[0], Speaker(random, forms=PLAIN), seed=setup.seed)
    finally:
        cell.close()


def _given(cell: LockStepCell, teacher: Teacher, speaker: Speaker, *, seed: int) -> Lesson:
    manner = teacher.manner
    kind = next(part for part in cell.description.parts if part.name == manner.part)
    instruction = speaker.say(Meaning(kind.colour, kind.shape, "", manner.tote)).text
    cell.start()
    cell.judge.begin(part=manner.part, tote=manner.tote)
    receipt = cell.ask(AddTask(instruction, time_limit_s=TIME_LIMIT_S))
    with suppress(UserMistake):  # a learner may lead the cell to where only a person can help
        cell.run_to_end(int(receipt.detail))
    if teacher.trouble is not None:
        raise teacher.trouble
    return Lesson(seed, instruction, manner, tuple(teacher.shown), cell.judge.outcome())
