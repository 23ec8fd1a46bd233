"""What a trainer is lent: lessons and examinations of the policy that it trains, and an ear for its progress."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from runtime.keeping import told_when_unkept
from runtime.messages.cell import CellDescription
from runtime.plugin_host.workshop import Trial
from sim_worlds.variation import TrainingMix
from twin_app.assembly.examination.figures import card_figures
from twin_app.assembly.examination.ledger import Ledger
from twin_app.assembly.examination.session import Result
from twin_app.assembly.practice.collection import Syllabus, collect
from twin_app.assembly.practice.teacher import Learner
from twin_app.assembly.setup import CellSetup, read_plugins

LESSON_MIX = {"light": 1.0, "texture": 1.0, "size": 1.0, "camera": 0.3, "noise": 0.6, "clutter": 0.6}
LESSON_CHANCE = 0.3
CURVES = "curves.jsonl"


@dataclass(frozen=True, slots=True)
class LearnerOf:
    """Makes a policy with weights of its own; travels to the processes that give lessons."""

    policy: str
    model: Path

    def __call__(self, cell: CellDescription) -> Learner:
        """In the process of the lesson."""
        return cast(
            "Learner", read_plugins(CellSetup(policy=self.policy)).load_policy(self.policy, cell, model=self.model)
        )


@dataclass(slots=True)
class PolicyWorkshop:
    """For the training of one policy in one scene."""

    folder: Path
    policy: str
    scene: str
    processes: int
    listen: Callable[[str, int, int], None]
    """Hears stage, done and total."""

    def lessons(
        self, name: str, *, seeds: range, model: Path | None = None, learner_share: float = 0.0, varied: bool = True
    ) -> Path:
        """See `Workshop`."""
        syllabus = Syllabus(
            CellSetup(scene=self.scene),
            mix=TrainingMix(LESSON_MIX, chance=LESSON_CHANCE) if varied else None,
            learner=None if model is None else LearnerOf(self.policy, model),
            learner_share=learner_share,
            all_kept=model is not None,
        )
        collect(
            self.folder / name,
            syllabus,
            seeds,
            processes=self.processes,
            progress=lambda done, total: self.tell(name, done=done, total=total),
            about={"learner": "" if model is None else model.name},
        )
        return self.folder / name

    def examine(self, model: Path, *, seeds: range, suite: str = "nominal", varied: bool = False) -> list[Trial]:
        """See `Workshop`."""

        def show(result: Result, done: int, total: int) -> None:
            del result
            self.tell(f"{'varied ' if varied else ''}examination of {model.name}", done=done, total=total)

        results = Ledger(self.folder / "examinations").examine(
            CellSetup(scene=self.scene, policy=self.policy),
            seeds,
            suite=suite,
            processes=self.processes,
            progress=show,
            model=model,
            mix=TrainingMix(chance=LESSON_CHANCE) if varied else None,
        )
        return [
            Trial(one.seed, one.verdict == "succeeded", one.verdict, one.confidences, one.vectors) for one in results
        ]

    def figures(self, trials: Sequence[Trial]) -> dict[str, Any]:
        """See `Workshop`."""
        return card_figures(trials)

    def tell(self, stage: str, *, done: int, total: int, figures: Mapping[str, float] | None = None) -> None:
        """See `Workshop`; figures are kept as lines of JSON."""
        self.listen(stage, done, total)
        if figures:
            line = {
                "stage": stage,
                "step": done,
                "time": round(time.time(), 1),
                **{k: round(v, 5) for k, v in figures.items()},
            }
            curves = self.folder / CURVES
            with told_when_unkept(curves), curves.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(line) + "\n")
