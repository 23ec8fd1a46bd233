"""All variants of a model, each a folder of its own. What is finished is kept, so that an interruption costs little."""

from __future__ import annotations

import copy
import hashlib
import os
import shutil
from collections.abc import Collection, Mapping
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
import numpy as np
import torch
from safetensors.torch import load_file, save

from plugins.flow_vla.edge.imitation import EyePlan, Progress, imitate_eyes, straighten
from plugins.flow_vla.edge.pruning import prune, size_of
from plugins.flow_vla.edge.quantising import quantise
from plugins.flow_vla.edge.recipe import CompressionRecipe, read_recipe
from plugins.flow_vla.exporting import export_eyes, export_head
from plugins.flow_vla.flow import STEPS, FlowHead
from plugins.flow_vla.graphs import CAMERAS
from plugins.flow_vla.grounding import Grounding
from plugins.flow_vla.model import (
    ARCHITECTURE,
    Card,
    FlowVla,
    Kept,
    ModelRefused,
    load_card,
    load_model,
    save_weights,
    write_card,
)
from plugins.flow_vla.ready import load_ready
from plugins.flow_vla.training.collecting import make_stills
from plugins.flow_vla.training.rehearsing import rehearse
from plugins.flow_vla.training.shards import Shards
from runtime.keeping import kept_whole, told_when_damaged, told_when_unkept
from runtime.mistakes import UserMistake
from runtime.plugin_host.workshop import Variant, Workshop

EAGER = "eager"
"""What the others are measured against: always made."""

KINDS: dict[str, tuple[str, str]] = {
    EAGER: ("Learned pick, eager", "As it was trained: torch, step by step, 32 bits."),
    "onnx": ("Learned pick, ONNX", "The same networks in ONNX Runtime, 32 bits, as the policy itself runs."),
    "int8": ("Learned pick, 8 bits", "The eyes in eight bits, their ranges measured on calibration seeds."),
    "pruned": ("Learned pick, pruned", "Eyes with fewer channels, taught again by the full ones."),
    "straight": ("Learned pick, straight", "The head draws in fewer steps what it drew in five."),
    "edge": ("Learned pick, edge", "All of it together: pruned eyes in eight bits, a straight head."),
}
"""Label and summary, by name."""

NO_GRAPHS: Mapping[str, bytes] = MappingProxyType({})


def compress(config: Path, workshop: Workshop, *, model: Path, wanted: Collection[str] = ()) -> tuple[Variant, ...]:
    """See `Compressor`."""
    if strange := sorted(set(wanted) - set(KINDS)):
        raise UserMistake(f"no variant is called {strange[0]!r}", remedy=f"one of: {', '.join(KINDS)}")
    works = Compression(read_recipe(config), workshop, model)
    return tuple(
        Variant(name, label, summary, works.make(name))
        for name, (label, summary) in KINDS.items()
        if not wanted or name in wanted or name == EAGER
    )


class Compression:
    """Of one model, in one folder. Costly parts are made when the first variant needs them."""

    def __init__(self, recipe: CompressionRecipe, workshop: Workshop, base: Path) -> None:
        self._recipe = recipe
        self._workshop = workshop
        self._folder = workshop.folder
        self._base = base
        self._card = load_card(base)
        self._model = load_model(base)
        if not self._model.build.grounded:
            raise UserMistake(
                f"{base}: a model without grounding is for comparison alone, there is nothing to compress"
            )
        self._pruned: Grounding | None = None
        self._straight: FlowHead | None = None
        torch.set_num_threads(workshop.processes)

    def make(self, name: str) -> Path:
        """The folder of one variant."""
        folder = self._folder / "variants" / name
        if _is_whole(folder):
            return folder
        shutil.rmtree(folder, ignore_errors=True)
        if name == EAGER:
            self._write(folder, {"variant": name, "flow steps": STEPS})
            return folder
        torch.manual_seed(self._recipe.seed)
        pruned, straight = name in ("pruned", "edge"), name in ("straight", "edge")
        eyes = self._pruned_eyes() if pruned else self._model.grounding
        head = self._straight_head() if straight else self._model.head
        steps = self._recipe.straightening.steps if straight else STEPS
        graphs = export_eyes(eyes) | export_head(head, steps=steps)
        if name in ("int8", "edge"):
            graphs = quantise(graphs, self._calibration_stills())
        facts = {
            "variant": name,
            "flow steps": steps,
            "numbers in the eyes": size_of(eyes.overhead) + size_of(eyes.wrist),
        }
        self._write(folder, facts, graphs)
        return folder

    def _pruned_eyes(self) -> Grounding:
        if self._pruned is not None:
            return self._pruned
        plan = self._recipe.pruning
        pupil = copy.deepcopy(self._model.grounding)
        for camera in CAMERAS:
            prune(getattr(pupil, camera), share=plan.share)
        kept = self._folder / "pruned.safetensors"
        if kept.exists():
            with told_when_damaged(kept):
                pupil.load_state_dict(load_file(kept))
        else:
            imitate_eyes(
                pupil.train(),
                self._model.grounding,
                self._stills("pruning stills", plan.first_seed, plan.count),
                EyePlan(epochs=plan.epochs, seed=self._recipe.seed),
                progress=self._listen("pruned eyes"),
            )
            _keep(pupil.state_dict(), kept)
        self._pruned = pupil.eval()
        return self._pruned

    def _straight_head(self) -> FlowHead:
        if self._straight is not None or self._model.head.regression:
            return self._straight or self._model.head
        plan = self._recipe.straightening
        kept = self._folder / "straight.safetensors"
        if kept.exists():
            head = copy.deepcopy(self._model.head)
            with told_when_damaged(kept):
                head.load_state_dict(load_file(kept))
        else:
            head = straighten(
                self._model.head,
                torch.from_numpy(self._conditions()),
                steps=plan.steps,
                batches=plan.batches,
                seed=self._recipe.seed,
                progress=self._listen("straight head"),
            )
            _keep(head.state_dict(), kept)
        self._straight = head.eval()
        return self._straight

    def _conditions(self) -> np.ndarray:
        """Of lessons in which the model itself drives: what the head will be asked."""
        plan = self._recipe.straightening
        lessons = self._workshop.lessons(
            "lessons",
            seeds=range(plan.first_seed, plan.first_seed + plan.lessons),
            model=self._base,
            learner_share=1.0,
        )
        examples = rehearse(
            self._base,
            lessons,
            scene=self._workshop.scene,
            processes=self._workshop.processes,
            blind=() if self._model.build.wrist else ("wrist",),
            progress=lambda done, total: self._workshop.tell("looking at lessons", done=done, total=total),
        )
        if not len(examples):
            raise UserMistake(
                f"{lessons}: the model acted in none of the lessons", remedy="more [straightening] lessons"
            )
        return examples.conditions

    def _calibration_stills(self) -> Shards:
        plan = self._recipe.quantising
        return self._stills("calibration stills", plan.first_seed, plan.count)

    def _stills(self, name: str, first_seed: int, count: int) -> Shards:
        return make_stills(
            self._folder / name,
            scene=self._workshop.scene,
            first_seed=first_seed,
            count=count,
            processes=self._workshop.processes,
            progress=lambda done, total: self._workshop.tell(name, done=done, total=total),
        )

    def _write(self, folder: Path, facts: dict[str, Any], graphs: Mapping[str, bytes] = NO_GRAPHS) -> None:
        """Complete or not there; without graphs with all weights, to be computed eagerly."""
        partial = folder.with_name(f"{folder.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        with told_when_unkept(folder):
            partial.mkdir(parents=True)
            for name, content in graphs.items():
                (partial / f"{name}.onnx").write_bytes(content)
            card = Card(
                architecture=ARCHITECTURE,
                version=self._card.version,
                sha256=save_weights(_kept(self._model) if graphs else self._model, partial),
                calibration=self._card.calibration,
                build=self._card.build,
                engine="onnxruntime" if graphs else "eager",
                graphs={name: hashlib.sha256(content).hexdigest() for name, content in graphs.items()},
                facts={
                    **facts,
                    "made from": self._card.sha256,
                    "recipe": msgspec.to_builtins(self._recipe),
                    "made with": f"torch {torch.__version__}, {_version('onnx')}, {_version('onnxruntime')}",
                },
            )
            write_card(partial, card)
            os.replace(partial, folder)

    def _listen(self, stage: str) -> Progress:
        return lambda step, steps, figures: self._workshop.tell(stage, done=step + 1, total=steps, figures=figures)


def _is_whole(folder: Path) -> bool:
    """Whether the variant is there as it was made."""
    try:
        load_ready(folder)
    except ModelRefused:
        return False
    return True


def _kept(model: FlowVla) -> Kept:
    kept = Kept()
    kept.reader.load_state_dict(model.reader.state_dict())
    kept.seen_mean.copy_(model.seen_mean)
    kept.seen_std.copy_(model.seen_std)
    return kept


def _keep(state: dict[str, Any], file: Path) -> None:
    """Complete or not there."""
    with kept_whole(file) as partial:
        partial.write_bytes(save(state))


def _version(name: str) -> str:
    return f"{name} {version(name)}"
