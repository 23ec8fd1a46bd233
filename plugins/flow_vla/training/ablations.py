"""The alternatives to the policy's parts, each trained from the lessons of one whole training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch

from plugins.flow_vla.model import Build, FlowVla, load_card, load_model, save_model
from plugins.flow_vla.training.acting import ActingPlan, teach_acting
from plugins.flow_vla.training.attending import attending_examples, read_frames, teach_attending_eyes
from plugins.flow_vla.training.course import Course
from plugins.flow_vla.training.lessons import Examples
from plugins.flow_vla.training.recipe import Recipe, read_recipe
from runtime.plugin_host.workshop import Workshop
from sim_worlds.scenes import load_scene

FOLDER = "ablations"
EPOCHS = 19
"""Of eyes that the actions alone teach, on every fourth frame: about as many steps as the grounding has."""


def ablate(config: Path, workshop: Workshop) -> Path:
    """See `Trainer`: the whole recipe, what of it is missing, then every alternative that is missing."""
    recipe = read_recipe(config)
    course = Course(recipe, workshop)
    whole = course.run()
    return Ablations(recipe, workshop, course).run(whole)


class Ablations:
    """Each is a model folder; all but the one named have every part."""

    def __init__(self, recipe: Recipe, workshop: Workshop, course: Course) -> None:
        self._recipe = recipe
        self._workshop = workshop
        self._course = course
        self._corrected = ["demonstrations", *(f"corrections-{number}" for number in range(recipe.lessons.rounds))]

    def run(self, whole: Path) -> Path:
        """The folder of all of them, and of a copy of `whole`: what they are compared with."""
        alternatives: dict[str, Callable[[Path], None]] = {
            "whole": lambda place: self._whole(place, whole),
            "no_wrist_camera": lambda place: self._head(place, Build(wrist=False), blind=("wrist",)),
            "regression": lambda place: self._head(place, Build(regression=True)),
            "absolute_actions": lambda place: self._head(place, Build(relative=False)),
            "no_corrections": self._without_corrections,
            "no_grounding_loss": lambda place: self._attending(place, grounded_eyes=False),
            "no_belief": lambda place: self._attending(place, grounded_eyes=True),
        }
        folder = self._workshop.folder / FOLDER
        for name, make in alternatives.items():
            if not (folder / name / "card.json").exists():
                torch.manual_seed(self._recipe.seed)
                make(folder / name)
        return folder

    def _eyes(self, build: Build) -> FlowVla:
        """With what the stages before acting have taught."""
        taught = load_model(self._workshop.folder / "3-turning")
        model = FlowVla(build)
        model.reader, model.grounding = taught.reader, taught.grounding
        return model.train()

    def _head(
        self, place: Path, build: Build, *, blind: tuple[str, ...] = (), datasets: list[str] | None = None
    ) -> None:
        examples = self._course.examples(datasets or self._corrected, relative=build.relative, blind=blind)
        self._taught(self._eyes(build), examples, place)

    def _without_corrections(self, place: Path) -> None:
        """As many lessons, all of them the teacher's own."""
        lessons = self._recipe.lessons
        first = lessons.first_seed + lessons.count
        self._workshop.lessons("more-demonstrations", seeds=range(first, first + lessons.rounds * lessons.round_count))
        self._head(place, Build(), datasets=["demonstrations", "more-demonstrations"])

    def _attending(self, place: Path, *, grounded_eyes: bool) -> None:
        """Its head is taught as long as every other one; eyes without grounding are taught by the actions before."""
        build = Build(grounded=False)
        model = self._eyes(build)
        cell = load_scene(self._workshop.scene).description
        datasets = [self._workshop.folder / name for name in self._corrected]

        def heard(done: int, total: int) -> None:
            self._workshop.tell(f"frames for {place.name}", done=done, total=total)

        if not grounded_eyes:
            model.grounding = FlowVla(build).grounding
            frames = read_frames(model, cell, datasets, progress=heard)
            listen = self._course.listen(f"eyes of {place.name}")
            teach_attending_eyes(model.train(), frames, epochs=EPOCHS, seed=self._recipe.seed, progress=listen)
            model.head = FlowVla(build).head
        examples = attending_examples(model.eval(), cell, datasets, progress=heard)
        self._taught(model, examples, place)

    def _taught(self, model: FlowVla, examples: Examples, place: Path) -> None:
        plan = ActingPlan(steps=self._recipe.acting.round_steps, seed=self._recipe.seed)
        teach_acting(model.train(), examples, plan, progress=self._course.listen(place.name))
        self._keep(model, place, {"examples": len(examples)})

    def _whole(self, place: Path, whole: Path) -> None:
        """A copy of what the others are compared with."""
        card = load_card(whole)
        save_model(load_model(whole), place, version=card.version, facts=card.facts)

    def _keep(self, model: FlowVla, place: Path, facts: dict[str, int]) -> None:
        save_model(model.eval(), place, version=self._recipe.version, facts={"ablation": place.name, **facts})
