"""What the endurance run reads of processes, and what it makes of it."""

import os
import subprocess

import pytest

from twin_app.assembly.verify.stock import Stock, drift, held, stock_of


def test_one_more_descriptor_and_more_memory_are_seen() -> None:
    before = stock_of(os.getpid())
    kept = bytearray(64 << 20)
    with open("/dev/null", encoding="utf-8"):
        after = stock_of(os.getpid())
    assert before is not None
    assert after is not None
    assert after.descriptors == before.descriptors + 1
    assert after.memory_mib > before.memory_mib + 50.0
    assert len(kept) == 64 << 20


def test_a_process_that_is_gone_holds_nothing() -> None:
    process = subprocess.Popen(["true"])
    process.wait()
    assert stock_of(process.pid) is None


def test_a_leak_is_told_from_a_spike() -> None:
    assert drift([100.0] * 50 + [900.0] + [100.0] * 49) == (100.0, 100.0)
    assert drift([float(value) for value in range(100)]) == (4.5, 94.5)
    leaking = held([Stock(100.0 + 0.2 * index, 20 + index // 50) for index in range(100)])
    assert leaking["memory_change"] > 0.15
    assert leaking["descriptors"] == [20, 21]


def test_nothing_sampled_is_no_figure() -> None:
    with pytest.raises(ValueError, match="nothing was sampled"):
        drift([])
