"""Which stretch of time the plots show, and round numbers on their axes."""

from __future__ import annotations

import math

import pytest

from twin_app.model.axis import log_ticks, time_ticks, value_ticks
from twin_app.model.time_window import LONGEST_NS, SECOND_NS, SHORTEST_NS, TimeWindow

EDGE = 1_000 * SECOND_NS


def test_zooming_while_live_stays_live() -> None:
    window = TimeWindow().zoomed(0.5, at=0.2, edge_ns=EDGE)
    assert window.following
    assert window.bounds_ns(EDGE) == (EDGE - 30 * SECOND_NS, EDGE)


def test_zooming_a_held_window_keeps_the_moment_under_the_mouse() -> None:
    window = TimeWindow(60 * SECOND_NS, EDGE - 100 * SECOND_NS)
    begin, end = window.bounds_ns(EDGE)
    under = begin + (end - begin) // 4
    begin, end = window.zoomed(0.25, at=0.25, edge_ns=EDGE).bounds_ns(EDGE)
    assert abs(begin + (end - begin) // 4 - under) < 10


def test_panning_into_the_past_leaves_live_and_panning_back_to_the_edge_returns() -> None:
    window = TimeWindow().panned(-12 * SECOND_NS, edge_ns=EDGE)
    assert not window.following
    assert window.behind_s(EDGE) == pytest.approx(12.0)
    assert window.behind_s(EDGE + SECOND_NS) == pytest.approx(13.0)
    assert window.panned(13 * SECOND_NS, edge_ns=EDGE).following


@pytest.mark.parametrize("factor", [1e-12, 1e12])
def test_the_stretch_stays_within_sense(factor: float) -> None:
    window = TimeWindow().zoomed(factor, at=0.5, edge_ns=EDGE)
    assert SHORTEST_NS <= window.span_ns <= LONGEST_NS


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-3.0, 2.5), (1e-6, 9e-6), (20.0, 155.0), (5.0, 5.0)])
def test_ticks_lie_inside_the_range_and_are_few(low: float, high: float) -> None:
    ticks = value_ticks(low, high, most=4)
    assert 1 <= len(ticks) <= 5
    assert all(low - 1e-9 <= tick <= high + 1e-9 for tick in ticks)


def test_time_ticks_are_round_on_the_clock_of_the_wall() -> None:
    offset_ns = 17 * SECOND_NS
    ticks, step_s = time_ticks(0, 60 * SECOND_NS, most=6, offset_ns=offset_ns)
    assert step_s == 10
    assert all((tick + offset_ns) % (10 * SECOND_NS) == 0 for tick in ticks)


@pytest.mark.parametrize("most", [2, 4, 7])
@pytest.mark.parametrize(
    ("low", "high"), [(0.0123, 0.0131), (0.2, 0.9), (0.11, 0.19), (0.03, 4.0), (1e-6, 1e3), (4.0, 5.0), (0.999, 1.001)]
)
def test_a_logarithmic_axis_always_has_numbers_and_never_a_crowd(low: float, high: float, most: int) -> None:
    ticks = log_ticks(math.log10(low), math.log10(high), most=most)
    assert 2 <= len(ticks) <= most + 2
    assert all(0.999 * low <= tick <= 1.001 * high for tick in ticks)
    assert ticks == sorted(ticks)


def test_a_logarithmic_axis_has_powers_of_ten_where_there_are_enough() -> None:
    assert log_ticks(-3.2, 0.5, most=4) == pytest.approx([0.001, 0.01, 0.1, 1.0])
    assert all(map(math.isfinite, log_ticks(-6.1, math.log10(1.7e308) + 0.1, most=4)))
    assert log_ticks(-0.9, 0.1, most=4) == pytest.approx([0.2, 0.5, 1.0])
