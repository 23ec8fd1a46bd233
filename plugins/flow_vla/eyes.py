"""The image encoder of one camera: a small residual network, and what each cell of its picture is taken to be.

A picture of 128 x 128 pixels becomes 32 x 32 cells. Words come in late: what a cell looks like is compared with what
the sentence asks for, so that one look at a picture answers any number of questions about it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

SIDE_PX = 128
CELLS = 32
CELL_PX = SIDE_PX // CELLS
TURNS = 18
"""Directions of the hand's x axis in half a turn: 10 degrees each."""

LOOKS = 32
"""Length of the vector that says what a cell looks like."""

KINDS = 1 + 6 + 3
"""A part's middle, its colours, its shapes."""


class Block(nn.Module):
    """Two convolutions and a way round them (He et al.: Deep residual learning, 2016)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """The same shape."""
        return functional.relu(x + self.second(functional.relu(self.first(x))))


class Encoder(nn.Module):
    """From a picture to features of its cells, with a wide surrounding (a U-Net of three levels)."""

    def __init__(self, widths: tuple[int, int, int] = (32, 64, 96)) -> None:
        super().__init__()
        fine, middle, coarse = widths
        self.stem = nn.Sequential(
            nn.Conv2d(3, 16, 3, stride=2, padding=1), nn.ReLU(), nn.Conv2d(16, fine, 3, stride=2, padding=1), nn.ReLU()
        )
        self.fine = nn.Sequential(Block(fine), Block(fine))
        self.down = nn.Conv2d(fine, middle, 3, stride=2, padding=1)
        self.middle = nn.Sequential(Block(middle), Block(middle))
        self.deep = nn.Conv2d(middle, coarse, 3, stride=2, padding=1)
        self.coarse = Block(coarse)
        self.up_middle = nn.Conv2d(coarse, middle, 1)
        self.up_fine = nn.Conv2d(middle, fine, 1)
        self.out = nn.Sequential(nn.Conv2d(fine, 48, 1), nn.ReLU(), Block(48))
        self.channels = 48

    def forward(self, picture: Tensor) -> Tensor:
        """f32[n, 3, 128, 128] within 0…1 → features f32[n, 48, 32, 32]."""
        fine = self.fine(self.stem(2.0 * picture - 1.0))
        middle = self.middle(functional.relu(self.down(fine)))
        coarse = self.coarse(functional.relu(self.deep(middle)))
        middle = functional.relu(middle + functional.interpolate(self.up_middle(coarse), scale_factor=2.0))
        fine = functional.relu(fine + functional.interpolate(self.up_fine(middle), scale_factor=2.0))
        return self.out(fine)


class Eye(nn.Module):
    """One camera: its encoder and, for every cell, what it looks like, and where its thing is."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder()
        channels = self.encoder.channels
        self.looks = nn.Conv2d(channels, LOOKS, 1)
        self.kinds = nn.Conv2d(channels, KINDS, 1)
        self.offset = nn.Conv2d(channels, 2, 1)
        self.height = nn.Conv2d(channels, 1, 1)
        self.room = nn.Conv2d(channels, 1, 1)

    def forward(self, picture: Tensor) -> dict[str, Tensor]:
        """See `Sight` for the shapes."""
        features = self.encoder(picture)
        return {
            "looks": self.looks(features),
            "kinds": self.kinds(features),
            "offset": torch.tanh(self.offset(features)),
            "height": self.height(features)[:, 0],
            "room": self.room(features)[:, 0],
        }
