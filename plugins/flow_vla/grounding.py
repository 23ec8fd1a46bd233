"""Grounding: which cell of a picture is the thing that the sentence means, or none of them.

What is asked for and what a cell looks like meet as two vectors (late fusion), so that a picture is encoded once.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from plugins.flow_vla.eyes import CELLS, LOOKS, Eye
from plugins.flow_vla.slots import ASKED, PLACES
from plugins.flow_vla.turns import Turner

PLACE_AXES = {"left": (0.0, 1.0), "right": (0.0, -1.0), "near": (-1.0, 0.0), "far": (1.0, 0.0)}
"""Direction in the base frame, x and y."""


class Grounding(nn.Module):
    """Two eyes and the question to them."""

    def __init__(self) -> None:
        super().__init__()
        self.overhead = Eye()
        self.wrist = Eye()
        self.turners = nn.ModuleDict({"overhead": Turner(), "wrist": Turner()})
        self.question = nn.Sequential(nn.Linear(ASKED, 64), nn.ReLU(), nn.Linear(64, LOOKS))
        self.absent = nn.ModuleDict({"overhead": nn.Linear(LOOKS, 1), "wrist": nn.Linear(LOOKS, 1)})

    def heat(self, camera: str, seen: dict[str, Tensor], asked: Tensor) -> Tensor:
        """Logits f32[n, CELLS * CELLS + 1] of the cells, row by row, and of `none`, for one question a picture.

        `asked`: f32[n, ASKED].
        """
        question = self.question(asked)
        fit = torch.einsum("nchw,nc->nhw", seen["looks"], question).reshape(len(asked), CELLS * CELLS)
        return torch.cat((fit / LOOKS**0.5, self.absent[camera](question)), dim=1)


def leaning(place: NDArray[np.float32], where: NDArray[np.float64]) -> NDArray[np.float64]:
    """f64[cells]: how far each cell lies in the direction of a place, in half trays; no farther than the border.

    `place`: f32[places]; `where`: f64[cells, 2], x and y of every cell in half trays from the tray's middle.
    """
    axes = np.array([PLACE_AXES.get(name, (0.0, 0.0)) for name in PLACES])
    return np.clip(where, -1.0, 1.0) @ (place @ axes)
