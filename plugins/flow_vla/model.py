"""The weights and their card: read with distrust, refused by name when anything is not as the card says."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from msgspec import Struct
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save
from torch import Tensor, nn

from plugins.flow_vla.ablation import attending
from plugins.flow_vla.calibration import Calibration
from plugins.flow_vla.condition import SIZE
from plugins.flow_vla.flow import FlowHead
from plugins.flow_vla.grounding import Grounding
from plugins.flow_vla.reader import Reader
from runtime.mistakes import UserMistake

ARCHITECTURE = "flow_vla/1"
WEIGHTS = "weights.safetensors"
CARD = "card.json"
BYTES_MAX = 64 * 2**20


class ModelRefused(UserMistake):
    """A model that is not used; the text names the file, what was found and what was expected."""


class Build(Struct, frozen=True, forbid_unknown_fields=True):
    """How the policy is put together; other than so only to see what a part is worth."""

    regression: bool = False
    """One chunk straight from the condition, without flow."""

    relative: bool = True
    """Chunks as seen from the hand; otherwise in the base frame."""

    wrist: bool = True
    """Looks through the wrist camera."""

    grounded: bool = True
    """Acts on what the grounding believes; otherwise on attention alone, see `plugins/flow_vla/ablation`."""


class Card(Struct, frozen=True):
    """What the model is, was made of, and can do."""

    architecture: str
    version: str
    sha256: str
    """Of the weights' file."""

    calibration: Calibration = Calibration()
    build: Build = Build()
    facts: dict[str, Any] = {}
    """Seeds, data hashes, sizes, times and figures, for people."""


BUILD = Build()


class FlowVla(nn.Module):
    """Reader, eyes and head, with what is known of the conditions of the training."""

    seen_mean: Tensor
    seen_std: Tensor

    def __init__(self, build: Build = BUILD) -> None:
        super().__init__()
        self.build = build
        self.reader = Reader()
        self.grounding = Grounding()
        size = SIZE if build.grounded else attending.SIZE
        self.head = FlowHead(size, regression=build.regression)
        self.register_buffer("seen_mean", torch.zeros(size))
        self.register_buffer("seen_std", torch.ones(size))
        self.calibration = Calibration()

    def strangeness(self, condition: NDArray[np.float32]) -> float:
        """Distance of a condition from those of the training, in their standard deviations."""
        off = (condition - self.seen_mean.numpy()) / self.seen_std.numpy()
        return float(np.sqrt(np.square(np.clip(off, -20.0, 20.0)).mean()))


def save_model(model: FlowVla, folder: Path, *, version: str, facts: dict[str, Any]) -> None:
    """Write weights and card; half precision is enough and halves the size."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.detach().to(torch.float16).numpy() for name, tensor in model.state_dict().items()}
    content = save(tensors)
    (folder / WEIGHTS).write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    card = Card(ARCHITECTURE, version, digest, model.calibration, model.build, facts)
    (folder / CARD).write_text(json.dumps(msgspec.to_builtins(card), indent=1) + "\n", encoding="utf-8")


def load_model(folder: Path) -> FlowVla:
    """Read and check; in evaluation mode. Raises `ModelRefused`."""
    card = load_card(folder)
    file = folder / WEIGHTS
    try:
        if file.stat().st_size > BYTES_MAX:
            raise ModelRefused(f"{file}: {file.stat().st_size} bytes, at most {BYTES_MAX}")
        content = file.read_bytes()
    except OSError as trouble:
        raise ModelRefused(f"{file}: {trouble.strerror}") from trouble
    digest = hashlib.sha256(content).hexdigest()
    if digest != card.sha256:
        raise ModelRefused(f"{file}: sha256 is {digest[:12]}…, the card says {card.sha256[:12]}…")
    try:
        tensors = load(content)
    except (SafetensorError, ValueError, KeyError) as trouble:
        raise ModelRefused(f"{file}: no safetensors file: {trouble}") from trouble
    model = FlowVla(card.build)
    model.load_state_dict(_checked(tensors, model.state_dict(), file))
    model.calibration = card.calibration
    return model.eval()


def load_card(folder: Path) -> Card:
    """The card alone. Raises `ModelRefused`."""
    file = folder / CARD
    try:
        card = msgspec.json.decode(file.read_bytes(), type=Card)
    except OSError as trouble:
        raise ModelRefused(f"{file}: {trouble.strerror}") from trouble
    except msgspec.MsgspecError as trouble:
        raise ModelRefused(f"{file}: {trouble}") from trouble
    if card.architecture != ARCHITECTURE:
        raise ModelRefused(f"{file}: architecture is {card.architecture!r}, must be {ARCHITECTURE!r}")
    return card


def _checked(tensors: dict[str, NDArray[Any]], wanted: dict[str, Tensor], file: Path) -> dict[str, Tensor]:
    """Every tensor there, of its shape, of floats, finite, and none besides."""
    if strange := sorted(set(tensors) ^ set(wanted)):
        raise ModelRefused(f"{file}: tensor {strange[0]!r} is {'missing' if strange[0] in wanted else 'not known'}")
    state: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if tensor.dtype not in (np.float16, np.float32):
            raise ModelRefused(f"{file}: {name} is {tensor.dtype}, must be float16 or float32")
        if tensor.shape != tuple(wanted[name].shape):
            raise ModelRefused(f"{file}: {name} is {tensor.shape}, must be {tuple(wanted[name].shape)}")
        if not math.isfinite(float(np.abs(tensor.astype(np.float64)).max(initial=0.0))):
            raise ModelRefused(f"{file}: {name} holds numbers that are not finite")
        state[name] = torch.from_numpy(tensor.astype(np.float32))
    return state
