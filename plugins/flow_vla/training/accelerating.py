"""The eyes are taught on a GPU where torch finds one; everything else is small, or is simulation, and stays here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch
from torch import nn

Net = TypeVar("Net", bound=nn.Module)


def accelerator() -> torch.device:
    """The first GPU that torch can use, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


@contextmanager
def on_accelerator(net: Net) -> Iterator[Net]:
    """The network, moved there, and back on the processor afterwards. Make its optimiser inside."""
    net.to(accelerator())
    try:
        yield net
    finally:
        net.cpu()


def device_of(net: nn.Module) -> torch.device:
    """Where its weights are."""
    return next(net.parameters()).device
