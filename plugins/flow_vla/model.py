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
from runtime.keeping import kept_whole
from runtime.messages.codec import NOT_DECODED
from runtime.messages.lines import a_line, is_line
from runtime.mistakes import UserMistake, quoted
from runtime.plugin_host.model_card import VERSION_LETTERS

ARCHITECTURE = "flow_vla/1"
WEIGHTS_ALONE = ("torch", "eager")
ENGINES = (*WEIGHTS_ALONE, "onnxruntime")
WEIGHTS = "weights.safetensors"
CARD = "card.json"
BYTES_MAX = 64 * 2**20
LARGEST = 65504.0
"""Of a weight: they are kept in half precision."""

_ABOVE_ZERO = ("seen_std",)
"""What is divided by."""

AS_IT_WAS = f"{CARD} and the weights belong together: copy both again from where they were made, or from the program's"


class ModelRefused(UserMistake):
    """A model that is not used; the text names the file, what was found and what was expected."""

    def __init__(self, what: str, *, remedy: str = AS_IT_WAS) -> None:
        super().__init__(what, remedy=remedy)


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
    engine: str = "torch"
    """How eyes and head are kept and computed: `torch`, weights from a training, of which graphs for ONNX Runtime are
    made when they are loaded; `eager`, weights that torch computes step by step, to compare with; `onnxruntime`,
    graphs in files of their own."""

    graphs: dict[str, str] = {}
    """With onnxruntime: sha256 of `<name>.onnx`, by name; see `graphs.NAMES`."""

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


class Kept(nn.Module):
    """What stays in torch's hands when another engine computes eyes and head: the sentence is read once a task."""

    seen_mean: Tensor
    seen_std: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.reader = Reader()
        self.register_buffer("seen_mean", torch.zeros(SIZE))
        self.register_buffer("seen_std", torch.ones(SIZE))


def save_model(model: FlowVla, folder: Path, *, version: str, facts: dict[str, Any]) -> None:
    """Write weights and card; half precision is enough and halves the size."""
    digest = save_weights(model, folder)
    write_card(folder, Card(ARCHITECTURE, version, digest, model.calibration, model.build, facts=facts))


def save_weights(model: nn.Module, folder: Path) -> str:
    """Write the weights alone; returns the sha256 of their file. Raises `UserMistake` where they cannot be written."""
    halves = {name: tensor.detach().to(torch.float16) for name, tensor in model.state_dict().items()}
    content = save({name: half.contiguous().numpy() for name, half in halves.items()})  # memory is written as it lies
    with kept_whole(folder / WEIGHTS) as partial:
        folder.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def write_card(folder: Path, card: Card) -> None:
    """Last of all files: a folder with a card is complete."""
    with kept_whole(folder / CARD) as partial:
        partial.write_text(json.dumps(msgspec.to_builtins(card), indent=1) + "\n", encoding="utf-8")


def load_model(folder: Path) -> FlowVla:
    """Read and check; in evaluation mode. Raises `ModelRefused`."""
    card = load_card(folder)
    if card.engine not in WEIGHTS_ALONE:
        raise ModelRefused(f"{folder / CARD}: engine is {card.engine!r}, weights to go on with are torch's")
    model = FlowVla(card.build)
    _load_weights(model, folder, card)
    model.calibration = card.calibration
    return model.eval()


def load_kept(folder: Path, card: Card) -> Kept:
    """What is beside the graphs of another engine. Raises `ModelRefused`."""
    kept = Kept()
    _load_weights(kept, folder, card)
    return kept.eval()


def read_checked(file: Path, sha256: str) -> bytes:
    """The content of a file that is as small and has the hash as it should. Raises `ModelRefused`."""
    content = _read(file)
    digest = hashlib.sha256(content).hexdigest()
    if digest != sha256:
        raise ModelRefused(f"{file}: sha256 is {digest[:12]}…, the card says {sha256[:12]}…")
    return content


def _read(file: Path) -> bytes:
    try:
        if not file.is_file():
            raise ModelRefused(f"{file}: {'no regular file' if file.exists() else 'No such file or directory'}")
        if file.stat().st_size > BYTES_MAX:
            raise ModelRefused(f"{file}: {file.stat().st_size} bytes, at most {BYTES_MAX}")
        return file.read_bytes()
    except OSError as trouble:
        raise ModelRefused(f"{file}: {trouble.strerror}") from trouble


def _load_weights(model: nn.Module, folder: Path, card: Card) -> None:
    file = folder / WEIGHTS
    content = read_checked(file, card.sha256)
    try:
        tensors = load(content)
    except (SafetensorError, ValueError, KeyError) as trouble:
        raise ModelRefused(f"{file}: no safetensors file: {trouble}") from trouble
    model.load_state_dict(_checked(tensors, model.state_dict(), file))


def load_card(folder: Path) -> Card:
    """The card alone. Raises `ModelRefused`."""
    file = folder / CARD
    try:
        card = msgspec.json.decode(_read(file), type=Card)
    except NOT_DECODED as trouble:
        raise ModelRefused(f"{file}: no model card: {trouble}") from trouble
    if card.architecture != ARCHITECTURE:
        raise ModelRefused(f"{file}: architecture is {card.architecture!r}, must be {ARCHITECTURE!r}")
    if not is_line(card.version, VERSION_LETTERS):
        raise ModelRefused(f"{file}: version is {quoted(card.version)}, must be {a_line(VERSION_LETTERS)}")
    if card.engine not in ENGINES:
        raise ModelRefused(f"{file}: engine is {card.engine!r}, must be one of {', '.join(ENGINES)}")
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
        largest = float(np.abs(tensor.astype(np.float64)).max(initial=0.0))
        if not math.isfinite(largest):
            raise ModelRefused(f"{file}: {name} holds numbers that are not finite")
        if largest > LARGEST:
            raise ModelRefused(f"{file}: {name} holds {largest:g}, at most {LARGEST:g}")
        if name in _ABOVE_ZERO and float(tensor.min()) <= 0.0:
            raise ModelRefused(f"{file}: {name} holds {float(tensor.min()):g}, must be above 0")
        state[name] = torch.from_numpy(tensor.astype(np.float32))
    return state
