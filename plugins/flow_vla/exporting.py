"""The networks of a model as ONNX graphs, one for each question that is asked of them: half a second's work."""

from __future__ import annotations

import io
import threading
import warnings

import torch
from torch import Tensor, nn
from torch.jit._trace import TracerWarning  # which torch exports under a name that type checkers refuse
from torch.nn import functional

from plugins.flow_vla.flow import FlowHead
from plugins.flow_vla.graphs import CAMERAS, INPUTS, OUTPUTS
from plugins.flow_vla.grounding import Grounding
from plugins.flow_vla.turns import PIECE_PX

OPSET = 20
"""The newest that torch's tracing exporter writes."""

_ONE_AT_A_TIME = threading.Lock()
"""The exporter keeps what it is at in globals."""


class See(nn.Module):
    """An eye with its question."""

    def __init__(self, net: Grounding, camera: str) -> None:
        super().__init__()
        self.net, self.camera = net, camera

    def forward(self, picture: Tensor, asked: Tensor) -> tuple[Tensor, ...]:
        """In the order of `graphs.OUTPUTS`."""
        seen = getattr(self.net, self.camera)(picture)
        heat = self.net.heat(self.camera, seen, asked)
        return heat, *(seen[name] for name in ("kinds", "offset", "height", "room"))


class Turn(nn.Module):
    """The close look, with the taking of the piece."""

    places: Tensor

    def __init__(self, net: Grounding, camera: str) -> None:
        super().__init__()
        self.turner = net.turners[camera]
        middles = (torch.arange(PIECE_PX) + 0.5) * 2.0 / PIECE_PX - 1.0
        down, across = torch.meshgrid(middles, middles, indexing="ij")
        places = torch.stack((across, down, torch.ones_like(across)), dim=2).reshape(-1, 3)
        self.register_buffer("places", places, persistent=False)

    def forward(self, picture: Tensor, frame: Tensor) -> Tensor:
        """Shares; the grid is written out, where `turns.sampled` asks torch for the same one."""
        grid = (self.places @ frame[0].T).reshape(1, PIECE_PX, PIECE_PX, 2)
        piece = functional.grid_sample(picture, grid, mode="bilinear", padding_mode="border", align_corners=False)
        return self.turner(piece).softmax(dim=1)


class Act(nn.Module):
    """The head with all its steps."""

    def __init__(self, head: FlowHead, steps: int) -> None:
        super().__init__()
        self.head, self.steps = head, steps

    def forward(self, condition: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """Chunks, and the logit of having finished."""
        drawn = self.head.draw(condition.expand(len(noise), -1), noise=noise, steps=self.steps)
        return drawn, self.head.finished(condition)


def export_eyes(net: Grounding) -> dict[str, bytes]:
    """Eyes and close looks of both cameras."""
    graphs = {f"see_{camera}": _exported(See(net, camera), "see") for camera in CAMERAS}
    return graphs | {f"turn_{camera}": _exported(Turn(net, camera), "turn") for camera in CAMERAS}


def export_head(head: FlowHead, *, steps: int) -> dict[str, bytes]:
    """The head, its steps unrolled."""
    return {"act": _exported(Act(head, steps), "act")}


def _exported(module: nn.Module, kind: str) -> bytes:
    """By tracing. torch's newer exporter gives the same graphs, but takes ten times as long and two more libraries."""
    inputs = tuple(torch.zeros(shape) for shape in INPUTS[kind].values())
    content = io.BytesIO()
    with _ONE_AT_A_TIME, warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", TracerWarning)  # shapes are meant to be fixed
        torch.onnx.export(
            module.eval(),
            inputs,
            content,  # type: ignore[arg-type]  # the tracing exporter takes a stream
            input_names=list(INPUTS[kind]),
            output_names=list(OUTPUTS[kind]),
            opset_version=OPSET,
            dynamo=False,
        )
    return content.getvalue()
