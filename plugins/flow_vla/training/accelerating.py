"""How the eyes are taught quickly; everything else is small, or is simulation.

On a GPU where torch finds one, with channels last in memory, as convolutions like it, and in bfloat16 where there are
instructions for it: with AVX-512 that halves the time, with AVX2 alone a step took sixteen seconds instead of one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch
from torch import nn

from plugins.flow_vla.engine import lay_out

Net = TypeVar("Net", bound=nn.Module)


def accelerator() -> torch.device:
    """The first GPU that torch can use, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


@contextmanager
def on_accelerator(net: Net) -> Iterator[Net]:
    """The network, moved there, and back on the processor afterwards. Make its optimiser inside."""
    net.to(accelerator())
    lay_out(net, torch.channels_last)
    try:
        yield net
    finally:
        net.cpu()
        lay_out(net, torch.contiguous_format)


def shortened(device: torch.device) -> torch.autocast:
    """A context in which networks compute in bfloat16 if this device can, in 32 bits if not."""
    able = device.type != "cpu" or torch.backends.cpu.get_cpu_capability() == "AVX512"
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=able)


def device_of(net: nn.Module) -> torch.device:
    """Where its weights are."""
    return next(net.parameters()).device
