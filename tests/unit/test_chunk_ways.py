"""The ways from chunk to chunk that are compared: what each does to chunks, without a cell."""

from __future__ import annotations

import numpy as np
import pytest

from plugins.flow_vla.chunks import decode, encode
from plugins.flow_vla.flow import HORIZON
from runtime.picking.following import Waypoint
from runtime.picking.funnel import HandState
from tests.bench.asynchronous_execution import jerk_rad_s3
from tests.bench.chunk_ways import seam_of, shifted, soft_mask

HAND = HandState(0.5, 0.1, 0.2, 0.3)


def straight() -> tuple[list[Waypoint], list[float]]:
    return [Waypoint(0.5 + 0.02 * (step + 1), 0.1, 0.2, 0.3) for step in range(HORIZON)], [0.08] * 4 + [0.02] * 4


def test_a_shifted_chunk_waits_and_then_says_the_same_later() -> None:
    points, widths = straight()
    moved, opened = decode(HAND, shifted(HAND, encode(HAND, points, widths), late_s=0.15))
    assert [round(point.x_m, 3) for point in moved[:4]] == [0.5, 0.5, 0.53, 0.55]
    assert [round(width, 2) for width in opened] == [0.08] * 6 + [0.02] * 2
    same = shifted(HAND, encode(HAND, points, widths), late_s=0.0)
    assert same == pytest.approx(encode(HAND, points, widths), abs=1e-6)


def test_what_arrives_too_late_to_be_changed_binds_surely_and_the_rest_less_and_less() -> None:
    mask = soft_mask(7, frozen=3)
    assert mask[:3].tolist() == [1.0, 1.0, 1.0]
    assert np.all(np.diff(mask[2:]) < 0.0)
    assert 0.0 < mask[-1] < 0.2
    assert soft_mask(2, frozen=3).tolist() == [1.0, 1.0]


def test_a_seam_is_measured_in_place_turn_and_speed() -> None:
    seam = seam_of(HAND, HandState(0.5, 0.13, 0.24, 0.1, vx_m_s=0.2))
    assert (seam.gap_m, seam.turn_rad, seam.speed_gap_m_s) == pytest.approx((0.05, 0.2, 0.2))


def test_jerk_is_that_of_a_known_motion_and_rest_does_not_count() -> None:
    time_s = 0.01 * np.arange(200)
    q_rad = np.stack([2.0 * time_s**3, np.zeros(200)], axis=1)
    moving = jerk_rad_s3(q_rad, period_s=0.01)
    assert moving == pytest.approx(12.0 / np.sqrt(2.0), rel=0.01)
    rested = np.concatenate([np.repeat(q_rad[:1], 300, axis=0), q_rad])
    assert jerk_rad_s3(rested, period_s=0.01) == pytest.approx(moving, rel=0.05)
    assert jerk_rad_s3(q_rad[:3], period_s=0.01) == 0.0
