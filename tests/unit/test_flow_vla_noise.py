"""Where chunks start from: new at every look, the same for every task."""

from __future__ import annotations

import numpy as np

from plugins.flow_vla.engine import SAMPLES, Noise
from plugins.flow_vla.flow import ACTION


def test_looks_differ_and_tasks_are_repeatable() -> None:
    one, other = Noise(), Noise()
    first, second = one.next(), one.next()
    assert first.shape == (SAMPLES, ACTION)
    assert first.dtype == np.float32
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(other.next(), first)
    np.testing.assert_array_equal(other.next(), second)


def test_many_looks_are_normally_distributed() -> None:
    noise = Noise()
    drawn = np.stack([noise.next() for _ in range(200)])
    assert abs(float(drawn.mean())) < 0.02
    assert abs(float(drawn.std()) - 1.0) < 0.02
