"""The whole recipe from nothing to a model with its card. Every stage is kept, so that an interruption costs little."""

from __future__ import annotations

import os
import platform
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch

from plugins.flow_vla.condition import SIZE
from plugins.flow_vla.flow import FlowHead
from plugins.flow_vla.model import Build, FlowVla, ModelRefused, load_card, load_model, save_model
from plugins.flow_vla.training.accelerating import on_accelerator
from plugins.flow_vla.training.acting import ActingPlan, joined, teach_acting
from plugins.flow_vla.training.assurance import calibrate
from plugins.flow_vla.training.checkpoint import Checkpoint
from plugins.flow_vla.training.collecting import make_stills
from plugins.flow_vla.training.grounding import GroundingPlan, teach_grounding
from plugins.flow_vla.training.lessons import Examples
from plugins.flow_vla.training.reading import reading_figures, teach_reader
from plugins.flow_vla.training.recipe import Recipe, read_recipe
from plugins.flow_vla.training.rehearsing import rehearse
from plugins.flow_vla.training.shards import Shards
from plugins.flow_vla.training.stopwatch import Stopwatch
from plugins.flow_vla.training.turning import teach_turning
from plugins.flow_vla.training.validation import validate
from runtime.datasets import DatasetReader, content_hash
from runtime.keeping import kept_whole, told_when_damaged
from runtime.mistakes import UserMistake
from runtime.plugin_host.workshop import Workshop

PEAK = "peak MiB of a process"


def train(config: Path, workshop: Workshop) -> Path:
    """See `Trainer`."""
    return Course(read_recipe(config), workshop).run()


class Course:
    """One training. Stages are methods in their order; each ends with a model folder of its own."""

    def __init__(self, recipe: Recipe, workshop: Workshop) -> None:
        self._recipe = recipe
        self._workshop = workshop
        self._folder = workshop.folder
        self._facts: dict[str, Any] = {}
        self._build = Build(regression=recipe.acting.regression, relative=recipe.acting.relative)

    def run(self) -> Path:
        """Everything that is missing."""
        stages: list[tuple[str, Callable[[FlowVla], None]]] = [
            ("1-reading", self._read),
            ("2-grounding", self._ground),
            ("3-turning", self._turn),
            ("4-acting", self._act),
        ]
        stages += [
            (f"5-correction-{number}", self._correction(number)) for number in range(self._recipe.lessons.rounds)
        ]
        stages += [("6-calibration", self._calibrate), ("7-validation", self._validate)]
        torch.set_num_threads(self._workshop.processes)
        model: FlowVla | None = None
        for name, stage in stages:
            place = self._folder / name
            if (place / "card.json").exists():
                model, self._facts = _kept_stage(place)
                continue
            torch.manual_seed(self._recipe.seed)
            model = model or FlowVla(self._build)
            with Stopwatch(self._folder / f"{name}.seconds") as watch:
                stage(model.train())
            self._facts[f"seconds {name}"] = round(watch.seconds, 1)
            self._facts[PEAK] = max(self._facts.get(PEAK, 0), _peak_mib())
            save_model(model.eval(), place, version=self._recipe.version, facts=self._card_facts())
            model = load_model(place)  # in half precision, as after an interruption
            for file in (*self._folder.glob("*.pt"), *self._folder.glob("*.seconds")):
                file.unlink()
        return self._folder / stages[-1][0]

    def _read(self, model: FlowVla) -> None:
        recipe = self._recipe
        teach_reader(model.reader, seed=recipe.seed, steps=recipe.reading.steps, progress=self.listen("reading"))
        self._facts["reading"] = reading_figures(model.reader, seed=recipe.seeds.validation)

    def _ground(self, model: FlowVla) -> None:
        recipe = self._recipe
        shards = self._stills("stills", recipe.stills.first_seed, recipe.stills.count)
        self._facts["stills"] = shards.content_hash()
        plan = GroundingPlan(epochs=recipe.stills.epochs, seed=recipe.seed)
        checkpoint = Checkpoint(self._folder / "grounding.pt")
        with on_accelerator(model.grounding) as net:
            teach_grounding(net, shards, plan, checkpoint=checkpoint, progress=self.listen("grounding"))

    def _turn(self, model: FlowVla) -> None:
        recipe = self._recipe
        shards = self._stills("stills", recipe.stills.first_seed, recipe.stills.count)
        with on_accelerator(model.grounding) as net:
            teach_turning(
                net,
                shards,
                epochs=recipe.stills.turning_epochs,
                seed=recipe.seed,
                checkpoint=Checkpoint(self._folder / "turning.pt"),
                progress=self.listen("turning"),
            )
        unseen = self._stills("unseen", recipe.seeds.validation, recipe.seeds.validation_count)
        self._facts["unseen stills"] = unseen.content_hash()
        self._facts["eyes"] = validate(model.grounding.eval(), unseen)

    def _act(self, model: FlowVla) -> None:
        lessons = self._recipe.lessons
        seeds = range(lessons.first_seed, lessons.first_seed + lessons.count)
        dataset = self._workshop.lessons("demonstrations", seeds=seeds)
        self._facts["demonstrations"] = content_hash(DatasetReader(dataset))
        self._teach(model, self.examples(["demonstrations"]), steps=self._recipe.acting.steps, stage="acting")

    def _correction(self, number: int) -> Callable[[FlowVla], None]:
        def correct(model: FlowVla) -> None:
            lessons = self._recipe.lessons
            first = lessons.first_seed + lessons.count + number * lessons.round_count
            last = f"5-correction-{number - 1}" if number else "4-acting"
            dataset = self._workshop.lessons(
                f"corrections-{number}",
                seeds=range(first, first + lessons.round_count),
                model=self._folder / last,
                learner_share=lessons.learner_share,
            )
            self._facts[f"corrections-{number}"] = content_hash(DatasetReader(dataset))
            names = ["demonstrations", *(f"corrections-{before}" for before in range(number + 1))]
            steps = self._recipe.acting.round_steps
            self._teach(model, self.examples(names), steps=steps, stage=f"acting after round {number + 1}")

        return correct

    def _calibrate(self, model: FlowVla) -> None:
        seeds = self._recipe.seeds
        last = f"5-correction-{self._recipe.lessons.rounds - 1}" if self._recipe.lessons.rounds else "4-acting"
        wanted = range(seeds.calibration, seeds.calibration + seeds.calibration_count)
        trials = self._workshop.examine(self._folder / last, seeds=wanted, varied=True)
        model.calibration, self._facts["calibration"] = calibrate(trials, alpha=seeds.alpha)

    def _validate(self, model: FlowVla) -> None:
        """The figures of the card, from seeds that taught nothing: the last of the span, the first are for looking."""
        del model
        seeds = self._recipe.seeds
        end = seeds.validation + seeds.validation_count
        wanted = range(end - seeds.validation_runs, end)
        for name, varied in (("plain", False), ("varied", True)):
            trials = self._workshop.examine(self._folder / "6-calibration", seeds=wanted, varied=varied)
            self._facts[f"validation {name}"] = self._workshop.figures(trials)

    def _teach(self, model: FlowVla, examples: Examples, *, steps: int, stage: str) -> None:
        """The head is taught anew with everything there is: cheaper than to guard against forgetting."""
        torch.manual_seed(self._recipe.seed)
        model.head = FlowHead(SIZE, regression=self._build.regression)
        self._facts["examples"] = len(examples)
        teach_acting(model, examples, ActingPlan(steps=steps, seed=self._recipe.seed), progress=self.listen(stage))

    def examples(self, names: list[str], *, relative: bool | None = None, blind: tuple[str, ...] = ()) -> Examples:
        """Of these datasets, each seen once with the eyes as they are after their own stages."""
        relative = self._build.relative if relative is None else relative
        way = "-".join(["", *(["absolute"] if not relative else []), *(f"without-{camera}" for camera in blind)])
        parts: list[Examples] = []
        for name in names:
            kept = self._folder / f"{name}{way}.npz"
            if not kept.exists():
                found = rehearse(
                    self._folder / "3-turning",
                    self._folder / name,
                    scene=self._workshop.scene,
                    processes=self._workshop.processes,
                    relative=relative,
                    blind=blind,
                    progress=lambda done, total, name=name: self._workshop.tell(
                        f"looking at {name}", done=done, total=total
                    ),
                )
                with kept_whole(kept) as partial:
                    np.savez(str(partial), conditions=found.conditions, chunks=found.chunks, done=found.done)
            with told_when_damaged(kept), kept.open("rb") as stream:
                arrays = np.load(stream, allow_pickle=False)
                parts.append(Examples(arrays["conditions"], arrays["chunks"], arrays["done"]))
        return joined(parts)

    def _stills(self, name: str, first_seed: int, count: int) -> Shards:
        return make_stills(
            self._folder / name,
            scene=self._workshop.scene,
            first_seed=first_seed,
            count=count,
            processes=self._workshop.processes,
            progress=lambda done, total: self._workshop.tell(name, done=done, total=total),
        )

    def listen(self, stage: str) -> Callable[[int, int, dict[str, float]], None]:
        """Tells the workshop how far a stage is."""
        return lambda step, steps, figures: self._workshop.tell(stage, done=step + 1, total=steps, figures=figures)

    def _card_facts(self) -> dict[str, Any]:
        return {
            **self._facts,
            "scene": Path(self._workshop.scene).stem,
            "made on": f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__}",
            "recipe": msgspec.to_builtins(self._recipe),
        }


def _kept_stage(place: Path) -> tuple[FlowVla, dict[str, Any]]:
    """A stage that was finished before, and the facts up to it. Raises `UserMistake` for one that is damaged."""
    try:
        return load_model(place), dict(load_card(place).facts)
    except ModelRefused as refusal:
        remedy = f"delete {place}: the same command makes this stage anew"
        raise UserMistake(refusal.what, remedy=remedy) from refusal


def _peak_mib() -> int:
    """Of this one and all that it started: the largest any one of them held."""
    return max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) // 1024
