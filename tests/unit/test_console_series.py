"""The histories behind the plots: what they keep, what they say of a moment, what they show from far away."""

from __future__ import annotations

import numpy as np
import pytest

from twin_app.model.series import GAP_NS, SeriesBlock

MS = 1_000_000


def filled(samples: int, *, capacity: int = 100_000, columns: int = 2) -> SeriesBlock:
    block = SeriesBlock(columns, capacity=capacity)
    for index in range(samples):
        block.append((index + 1) * MS, [float(index)] * columns)
    return block


def test_the_cursor_shows_the_last_known_sample_and_never_one_of_the_future() -> None:
    block = filled(10)
    assert block.last_known(MS // 2) is None
    for moment_ns, expected in ((MS, 0.0), (3 * MS - 1, 1.0), (3 * MS, 2.0), (99 * MS, 9.0)):
        known = block.last_known(moment_ns)
        assert known is not None
        assert known[0] <= moment_ns
        assert known[1][0] == expected


def test_a_full_ring_forgets_the_oldest_and_stays_as_large() -> None:
    block = filled(1000, capacity=256)
    assert len(block) == 256
    first_ns, last_ns = block.span_ns
    assert last_ns == 1000 * MS
    assert first_ns > 700 * MS
    assert block.last_known(first_ns - 1) is None


@pytest.mark.parametrize("points", [50, 200, 1000])
@pytest.mark.parametrize("samples", [10, 900, 20_000])
def test_a_reduced_view_keeps_every_extreme(samples: int, points: int) -> None:
    block = SeriesBlock(1, capacity=100_000)
    values = np.random.default_rng(3).normal(size=samples)
    values[samples // 3] = 40.0
    values[samples // 2] = -40.0
    for index, value in enumerate(values):
        block.append((index + 1) * MS, [value])
    view = block.view(0, samples * MS, points=points)
    assert len(view.times_ns) <= 4 * points + 2
    assert view.high.max() == 40.0
    assert view.low.min() == -40.0
    assert (np.diff(view.times_ns) > 0).all()
    assert view.times_ns[-1] == samples * MS


def test_a_view_of_a_ring_that_went_round_many_times_is_in_order_and_of_the_present() -> None:
    block = filled(5_000, capacity=1_024, columns=1)
    view = block.view(0, 5_000 * MS, points=100)
    assert (np.diff(view.times_ns) > 0).all()
    assert (np.diff(view.high[:, 0]) >= 0).all()
    assert view.high[-1, 0] == 4_999.0


def test_a_silence_leaves_a_gap() -> None:
    block = filled(3)
    block.append(3 * MS + GAP_NS + 1, [1.0, 1.0])
    values = block.view(0, 10 * GAP_NS, points=100).low[:, 0]
    assert np.isnan(values).sum() == 1


def test_a_sample_from_the_past_is_dropped() -> None:
    block = filled(3)
    block.append(2 * MS, [9.0, 9.0])
    assert len(block) == 3


@pytest.mark.parametrize("piece", [1, 7, 64, 500, 3000])
def test_adding_many_at_once_is_the_same_as_adding_one_by_one(piece: int) -> None:
    random = np.random.default_rng(5)
    steps = random.choice([0, MS, 2 * MS, GAP_NS + MS], p=[0.05, 0.6, 0.3, 0.05], size=3000)
    stamps, values = np.cumsum(steps) + MS, random.normal(size=(3000, 3))
    one, many = SeriesBlock(3, capacity=1024), SeriesBlock(3, capacity=1024)
    for stamp, row in zip(stamps.tolist(), values, strict=True):
        one.append(stamp, row)
    for begin in range(0, 3000, piece):
        many.extend(stamps[begin : begin + piece], values[begin : begin + piece])
    assert len(one) == len(many)
    for points in (20, 100, 2000):
        expected, found = (block.view(0, int(stamps[-1]), points=points) for block in (one, many))
        np.testing.assert_array_equal(expected.times_ns, found.times_ns)
        np.testing.assert_array_equal(expected.low, found.low)
        np.testing.assert_array_equal(expected.high, found.high)
