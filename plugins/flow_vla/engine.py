"""What computes the networks of the policy: torch as they were trained, or something quicker behind the same seam."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from plugins.flow_vla.flow import ACTION, STEPS, FlowHead
from plugins.flow_vla.grounding import Grounding
from plugins.flow_vla.turns import sampled

SAMPLES = 8
"""Chunks drawn at each look; the one in their middle is carried out, their spread is a signal."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the eye of one camera answers to one question about one picture."""

    heat: NDArray[np.float32]
    """f32[CELLS² + 1]: logits of the cells, row by row, and of `none`, places left aside."""

    kinds: NDArray[np.float32] = field(repr=False)
    """f32[10, CELLS, CELLS]: logits of a part's middle, of its colours and its shapes."""

    offset: NDArray[np.float32] = field(repr=False)
    """f32[2, CELLS, CELLS]: from the cell's middle to the part's, in cells."""

    height: NDArray[np.float32] = field(repr=False)
    """f32[CELLS, CELLS]: of the part's middle above the floor of the tray, in centimetres."""

    room: NDArray[np.float32] = field(repr=False)
    """f32[CELLS²]: logits of a good place to put something down."""


class Engine(Protocol):
    """The networks of one policy. Belongs to one thread."""

    def see(self, camera: str, image: NDArray[np.uint8], asked: NDArray[np.float32]) -> Seen:
        """One picture u8[128, 128, 3] and one question f32[ASKED]; the picture is kept for `turn`."""
        ...

    def turn(self, camera: str, frame: NDArray[np.float32]) -> NDArray[np.float32]:
        """Shares f32[TURNS] of the directions, from a piece of the picture seen last.

        `frame`: f32[2, 3], see `turns.frame_of`.
        """
        ...

    def draw(self, condition: NDArray[np.float32], noise: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
        """Chunks f32[SAMPLES, ACTION], one for every start in `noise`, and the logit of having finished.

        `condition`: f32[SIZE]; `noise`: f32[SAMPLES, ACTION], see `Noise`.
        """
        ...


class TorchEngine:
    """Torch, step by step, as the networks were trained."""

    def __init__(self, grounding: Grounding, head: FlowHead, *, steps: int = STEPS) -> None:
        self._grounding = _ordered(grounding)
        self._head = head
        self._steps = steps
        self._pictures: dict[str, Tensor] = {}

    def see(self, camera: str, image: NDArray[np.uint8], asked: NDArray[np.float32]) -> Seen:
        """See `Engine`."""
        with torch.inference_mode():
            picture = torch.from_numpy(image.astype(np.float32) / np.float32(255.0)).permute(2, 0, 1)[None]
            seen = getattr(self._grounding, camera)(picture)
            question = torch.from_numpy(asked)[None]
            heat = self._grounding.heat(camera, seen, question)
        self._pictures[camera] = picture
        arrays = {name: seen[name][0].numpy() for name in ("kinds", "offset", "height", "room")}
        return Seen(
            heat=heat[0].numpy(),
            kinds=arrays["kinds"],
            offset=arrays["offset"],
            height=arrays["height"],
            room=arrays["room"].reshape(-1),
        )

    def turn(self, camera: str, frame: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `Engine`."""
        with torch.inference_mode():
            piece = sampled(self._pictures[camera], torch.from_numpy(frame)[None])
            return self._grounding.turners[camera](piece).softmax(dim=1)[0].numpy()

    def draw(self, condition: NDArray[np.float32], noise: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
        """See `Engine`."""
        with torch.inference_mode():
            one = torch.from_numpy(condition)[None]
            start = torch.from_numpy(noise)
            drawn = self._head.draw(one.expand(len(start), -1), noise=start, steps=self._steps)
            return drawn.numpy(), float(self._head.finished(one)[0, 0])


def _ordered(grounding: Grounding) -> Grounding:
    """A copy with channels last in memory, as pictures come: a look is a tenth quicker, the same but for rounding."""
    own = copy.deepcopy(grounding)
    lay_out(own, torch.channels_last)
    return own


def lay_out(net: nn.Module, memory_format: torch.memory_format) -> None:
    """Order the weights of convolutions in memory."""
    for weight in net.parameters():
        if weight.dim() == len("nchw"):
            weight.data = weight.data.contiguous(memory_format=memory_format)


def as_picture(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """f32[1, 3, 128, 128] within 0…1."""
    return np.ascontiguousarray(image.transpose(2, 0, 1))[None].astype(np.float32) / np.float32(255.0)


class Noise:
    """Where drawings start: anew at every look, so that no pose is left for ever by the same chunk that leads to it."""

    def __init__(self) -> None:
        """The same row of starts for every task."""
        self._random = np.random.default_rng(0xF10)

    def next(self) -> NDArray[np.float32]:
        """f32[SAMPLES, ACTION], normally distributed."""
        return self._random.standard_normal((SAMPLES, ACTION), dtype=np.float32)
