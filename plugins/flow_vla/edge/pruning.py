"""Smaller eyes: whole channels are taken out, so that less is computed, not only more zeros."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from plugins.flow_vla.eyes import Block, Eye

LANES = 16
"""Channels that one instruction of a current processor takes: a count between is computed like the next one above."""

Layer = nn.Conv2d | nn.Linear


@dataclass(frozen=True, slots=True)
class Channels:
    """Channels that come and go together: who writes them and who reads them."""

    writers: tuple[Layer, ...]
    readers: tuple[Layer, ...]

    def importance(self) -> Tensor:
        """f32[channels]: how large the weights are that write a channel, times those that read it.

        After the norm of filters in Li et al.: Pruning filters for efficient ConvNets, 2017.
        """
        written = sum(layer.weight.square().flatten(1).sum(dim=1) for layer in self.writers)
        read = sum(layer.weight.square().transpose(0, 1).flatten(1).sum(dim=1) for layer in self.readers)
        return torch.as_tensor(written * read).sqrt()

    def keep(self, share: float) -> None:
        """Take out all but the most important ones, at least `share` of them and whole `LANES`."""
        importance = self.importance()
        count = min(len(importance), -(-round(share * len(importance)) // LANES) * LANES)
        kept = importance.topk(count).indices.sort().values
        for layer in self.writers:
            layer.weight = nn.Parameter(layer.weight[kept].clone())
            if layer.bias is not None:
                layer.bias = nn.Parameter(layer.bias[kept].clone())
        for layer in self.readers:
            layer.weight = nn.Parameter(layer.weight[:, kept].clone())


def prune(eye: Eye, *, share: float) -> None:
    """Take channels out of every layer of an eye, in place; it has to be taught again afterwards."""
    with torch.no_grad():
        for channels in channels_of(eye):
            channels.keep(share)


def channels_of(eye: Eye) -> list[Channels]:
    """All channels within an eye; pictures and answers keep theirs."""
    net = eye.encoder
    fine, middle, coarse, out = _blocks(net.fine), _blocks(net.middle), (net.coarse,), _blocks(net.out)
    into_fine, into_out = _layer(net.stem, 2), _layer(net.out, 0)
    answers = (eye.looks, eye.kinds, eye.offset, eye.height, eye.room)
    return [
        Channels((_layer(net.stem, 0),), (into_fine,)),
        Channels((into_fine, *_ends(fine), net.up_fine), (*_starts(fine), net.down, into_out)),
        Channels((net.down, *_ends(middle), net.up_middle), (*_starts(middle), net.deep, net.up_fine)),
        Channels((net.deep, *_ends(coarse)), (*_starts(coarse), net.up_middle)),
        Channels((into_out, *_ends(out)), (*_starts(out), *answers)),
        *(Channels((block.first,), (block.second,)) for block in (*fine, *middle, *coarse, *out)),
    ]


def size_of(module: nn.Module) -> int:
    """How many numbers it holds."""
    return sum(parameter.numel() for parameter in module.parameters())


def _layer(layers: nn.Sequential, index: int) -> nn.Conv2d:
    layer = layers[index]
    assert isinstance(layer, nn.Conv2d)
    return layer


def _blocks(layers: nn.Sequential) -> tuple[Block, ...]:
    return tuple(layer for layer in layers if isinstance(layer, Block))


def _starts(blocks: tuple[Block, ...]) -> tuple[nn.Conv2d, ...]:
    return tuple(block.first for block in blocks)


def _ends(blocks: tuple[Block, ...]) -> tuple[nn.Conv2d, ...]:
    return tuple(block.second for block in blocks)
