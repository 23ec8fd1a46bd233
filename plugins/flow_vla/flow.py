"""The action head: conditioned flow matching from noise to a chunk.

A straight path x_t = (1 - t) * noise + t * chunk is learned by its velocity chunk - noise (Lipman et al.: Flow
matching for generative modelling, 2023; Black et al.: pi0, 2024); a chunk is drawn by a few Euler steps.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

HORIZON = 8
PER_STEP = 5
"""Ahead, to the left and up in the hand's frame, turn, and opening of the fingers."""

ACTION = HORIZON * PER_STEP
STEPS = 5
FREQUENCIES = 8


class Layer(nn.Module):
    """One residual layer."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.wide = nn.Linear(width, 2 * width)
        self.back = nn.Linear(2 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """The same shape."""
        return x + self.back(functional.gelu(self.wide(self.norm(x))))


class FlowHead(nn.Module):
    """Chunks for a condition. `regression`: one chunk straight from the condition, to compare with."""

    def __init__(self, condition: int, *, width: int = 192, layers: int = 3, regression: bool = False) -> None:
        super().__init__()
        self.regression = regression
        self.entry = nn.Linear(condition, width)
        self.noisy = nn.Linear(ACTION + 2 * FREQUENCIES, width)
        self.layers = nn.Sequential(*(Layer(width) for _ in range(layers)))
        self.exit = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, ACTION))
        self.finished = nn.Sequential(nn.Linear(condition, 64), nn.GELU(), nn.Linear(64, 1))

    def velocity(self, condition: Tensor, noisy: Tensor, time: Tensor) -> Tensor:
        """f32[n, ACTION] of the flow at `time` f32[n]."""
        return self._velocity(self.entry(condition), noisy, _clock(time))

    def loss(self, condition: Tensor, chunk: Tensor, weight: Tensor) -> Tensor:
        """Flow-matching loss, or squared error for the regression; both per chunk and weighted."""
        if self.regression:
            guess = self.velocity(condition, torch.zeros_like(chunk), torch.zeros(len(chunk)))
            return (weight * (guess - chunk).square().mean(dim=1)).mean()
        noise = torch.randn_like(chunk)
        time = torch.rand(len(chunk))
        noisy = noise + time[:, None] * (chunk - noise)
        error = self.velocity(condition, noisy, time) - (chunk - noise)
        return (weight * error.square().mean(dim=1)).mean()

    def draw(self, condition: Tensor, *, noise: Tensor, steps: int = STEPS) -> Tensor:
        """One chunk f32[n, ACTION] for every condition and noise."""
        if self.regression:
            return self.velocity(condition, torch.zeros_like(noise), torch.zeros(len(noise)))
        chunk, entry = noise, self.entry(condition)
        for clock in _clock(torch.arange(steps) / steps):
            chunk = chunk + self._velocity(entry, chunk, clock.expand(len(noise), -1)) / steps
        return chunk

    def _velocity(self, entry: Tensor, noisy: Tensor, clock: Tensor) -> Tensor:
        return self.exit(self.layers(entry + self.noisy(torch.cat((noisy, clock), dim=1))))


def _clock(time: Tensor) -> Tensor:
    """f32[n, 2 * FREQUENCIES] of times f32[n] within 0…1."""
    angles = time[:, None] * (2.0 ** torch.arange(FREQUENCIES)) * 3.1416
    return torch.cat((angles.sin(), angles.cos()), dim=1)
