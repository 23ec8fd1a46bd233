"""How to turn the hand for a grip: a close look at the part, always at the same scale.

The direction of a part's faces is lost in cells of four pixels, so a piece of the picture around it is taken out,
a fixed number of millimetres wide whatever the distance, and looked at by a small network of its own.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from plugins.flow_vla.eyes import SIDE_PX, TURNS, Block

PIECE_M = 0.12
PIECE_PX = 32


class Turner(nn.Module):
    """A piece of a picture to logits of the directions of the hand's x axis, half a turn, as seen in the picture."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, 16, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1),
            nn.ReLU(),
            Block(32),
            nn.Conv2d(32, 48, 3, stride=2, padding=1),
            nn.ReLU(),
            Block(48),
            nn.Conv2d(48, 48, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(48 * (PIECE_PX // 8) ** 2, 96),
            nn.ReLU(),
            nn.Linear(96, TURNS),
        )

    def forward(self, pieces: Tensor) -> Tensor:
        """f32[n, 3, 32, 32] within 0…1 → f32[n, TURNS]."""
        return self.layers(2.0 * pieces - 1.0)


def pieces(pictures: Tensor, pixels: Tensor, sides_px: Tensor, turned_rad: Tensor | None = None) -> Tensor:
    """Squares around pixels: f32[n, 3, 32, 32]; what lies outside the picture repeats its border.

    `pictures`: f32[n, 3, 128, 128]; `pixels`: f32[n, 2], column and row; `sides_px`: f32[n]; `turned_rad`: f32[n],
    by which the piece's right is turned from the picture's right towards its bottom.
    """
    turned = torch.zeros_like(sides_px) if turned_rad is None else turned_rad
    scale = sides_px / SIDE_PX
    cosine, sine = scale * turned.cos(), scale * turned.sin()
    centre = 2.0 * pixels / SIDE_PX - 1.0
    first = torch.stack((cosine, -sine, centre[:, 0]), dim=1)
    second = torch.stack((sine, cosine, centre[:, 1]), dim=1)
    return sampled(pictures, torch.stack((first, second), dim=1))


def sampled(pictures: Tensor, frames: Tensor) -> Tensor:
    """Squares f32[n, 3, 32, 32] of pictures; `frames` f32[n, 2, 3] place the square -1…1 in the picture's -1…1."""
    grid = functional.affine_grid(frames, [len(pictures), 3, PIECE_PX, PIECE_PX], align_corners=False)
    return functional.grid_sample(pictures, grid, mode="bilinear", padding_mode="border", align_corners=False)


def frame_of(pixel: tuple[float, float], side_px: float) -> NDArray[np.float32]:
    """f32[2, 3] of an upright square around a pixel, column and row."""
    scale = side_px / SIDE_PX
    column, row = (2.0 * value / SIDE_PX - 1.0 for value in pixel)
    return np.array([[scale, 0.0, column], [0.0, scale, row]], dtype=np.float32)


def side_px(focal_px: float, depth_m: float) -> float:
    """How many pixels a piece is wide at this depth."""
    return PIECE_M * focal_px / max(depth_m, 0.02)
