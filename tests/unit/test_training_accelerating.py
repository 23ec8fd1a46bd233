"""The eyes are taught in the arithmetic that this processor is quick in, and come back as they are kept."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from plugins.flow_vla.training.accelerating import on_accelerator, shortened


@pytest.mark.parametrize(
    ("capability", "kind"), [("AVX512", torch.bfloat16), ("AVX2", torch.float32), ("DEFAULT", torch.float32)]
)
def test_short_numbers_only_where_there_are_instructions_for_them(
    monkeypatch: pytest.MonkeyPatch, capability: str, kind: torch.dtype
) -> None:
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    with shortened(torch.device("cpu")):
        assert nn.Conv2d(3, 4, 3)(torch.zeros(1, 3, 8, 8)).dtype is kind


def test_weights_come_back_to_the_processor_in_the_order_that_they_are_kept_in() -> None:
    net = nn.Conv2d(3, 4, 3)
    before = net.weight.detach().clone()
    with on_accelerator(net) as taught:
        assert taught.weight.is_contiguous(memory_format=torch.channels_last)
    assert net.weight.device.type == "cpu"
    assert net.weight.is_contiguous()
    assert torch.equal(net.weight, before)
