"""A model ready to work: what the policy keeps of it, whatever computes its networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from plugins.flow_vla.calibration import Calibration
from plugins.flow_vla.condition import SIZE
from plugins.flow_vla.engine import SAMPLES, Engine, TorchEngine
from plugins.flow_vla.eyes import SIDE_PX
from plugins.flow_vla.flow import ACTION, STEPS
from plugins.flow_vla.grounding import Grounding
from plugins.flow_vla.model import BUILD, Build, Card, FlowVla, ModelRefused, load_card, load_kept, load_model
from plugins.flow_vla.reader import Reader
from plugins.flow_vla.slots import ASKED


@dataclass(frozen=True, slots=True)
class Ready:
    """Belongs to one thread."""

    reader: Reader
    engine: Engine
    calibration: Calibration
    seen_mean: NDArray[np.float32]
    seen_std: NDArray[np.float32]
    build: Build = BUILD
    grounding: Grounding | None = None
    """The eyes as torch has them; None where graphs are all there is."""

    def strangeness(self, condition: NDArray[np.float32]) -> float:
        """Distance of a condition from those of the training, in their standard deviations."""
        off = (condition - self.seen_mean) / self.seen_std
        return float(np.sqrt(np.square(np.clip(off, -20.0, 20.0)).mean()))

    def warm(self, cameras: Sequence[str]) -> None:
        """Run every network once: the first time costs more, and is not to be a look of a task."""
        for camera in cameras:
            self.engine.see(camera, np.zeros((SIDE_PX, SIDE_PX, 3), np.uint8), np.zeros(ASKED, np.float32))
            self.engine.turn(camera, np.zeros((2, 3), np.float32))
        self.engine.draw(np.zeros(SIZE, np.float32), np.zeros((SAMPLES, ACTION), np.float32))


def ready(model: FlowVla) -> Ready:
    """Weights in evaluation mode, computed by torch step by step."""
    return _ready(model, TorchEngine(model.grounding, model.head))


def load_ready(folder: Path) -> Ready:
    """Read and check what the folder's card tells of. Raises `ModelRefused`."""
    card = load_card(folder)
    if card.engine == "onnxruntime":
        return _from_files(folder, card)
    model = load_model(folder)
    for_comparison = card.engine == "eager" or card.build.regression or not card.build.grounded
    return ready(model) if for_comparison else _from_weights(model)


def _from_weights(model: FlowVla) -> Ready:
    """The same numbers in about half the time."""
    from plugins.flow_vla.exporting import export_eyes, export_head  # libraries that training does without
    from plugins.flow_vla.onnx_engine import OnnxEngine

    return _ready(model, OnnxEngine(export_eyes(model.grounding) | export_head(model.head, steps=STEPS)))


def _from_files(folder: Path, card: Card) -> Ready:
    if not card.build.grounded:
        raise ModelRefused(f"{folder}: a policy without grounding runs in torch alone, the engine is {card.engine!r}")
    from plugins.flow_vla.graphs import load_graphs
    from plugins.flow_vla.onnx_engine import OnnxEngine

    kept = load_kept(folder, card)
    return Ready(
        reader=kept.reader,
        engine=OnnxEngine(load_graphs(folder, card)),
        calibration=card.calibration,
        seen_mean=kept.seen_mean.numpy(),
        seen_std=kept.seen_std.numpy(),
        build=card.build,
    )


def _ready(model: FlowVla, engine: Engine) -> Ready:
    return Ready(
        reader=model.reader,
        engine=engine,
        calibration=model.calibration,
        seen_mean=model.seen_mean.numpy(),
        seen_std=model.seen_std.numpy(),
        build=model.build,
        grounding=model.grounding,
    )
