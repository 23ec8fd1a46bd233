"""Tracks: noise is averaged, motion is learned, and a part that jumps is believed only when seen twice."""

from __future__ import annotations

import math

import numpy as np
import pytest

from plugins.programmed.track import PartTrack
from runtime.perception import Sighting

STEP_NS = 100_000_000


def sighting(x: float, y: float, *, step: int = 0, yaw: float = 0.0, pixel_m: float = 0.006) -> Sighting:
    return Sighting(
        part="red cube",
        stamp_ns=step * STEP_NS,
        x_m=x,
        y_m=y,
        z_m=0.02,
        yaw_rad=yaw,
        quality=0.9,
        residual=0.1,
        pixel_m=pixel_m,
        cut=False,
        place="tray",
        pixel=(64.0, 64.0),
        area_px=50.0,
        radius_px=4.0,
    )


def test_looking_again_makes_the_place_surer() -> None:
    random = np.random.default_rng(1)
    track = PartTrack(sighting(0.5, 0.1), velocity_m_s=(0.0, 0.0), symmetry_rad=0.0)
    first = track.std_m
    for step in range(1, 20):
        track.see(sighting(0.5 + random.normal(0, 0.002), 0.1 + random.normal(0, 0.002), step=step))
    assert math.hypot(track.x_m - 0.5, track.y_m - 0.1) < 0.002
    assert track.std_m < 0.5 * first


@pytest.mark.parametrize("speed", [0.03, 0.05, 0.06])
def test_the_belts_real_speed_is_learned_from_pictures(speed: float) -> None:
    track = PartTrack(sighting(0.4, 0.0), velocity_m_s=(0.0, 0.05), symmetry_rad=0.0)
    for step in range(1, 25):
        track.see(sighting(0.4, 0.1 * step * speed, step=step))
    assert track.velocity_m_s[1] == pytest.approx(speed, abs=0.003)
    assert track.at(34 * STEP_NS)[1] == pytest.approx(3.4 * speed, abs=0.006)


def test_one_stray_sighting_is_not_believed_but_two_are() -> None:
    track = PartTrack(sighting(0.5, 0.0), velocity_m_s=(0.0, 0.0), symmetry_rad=0.0)
    assert not track.see(sighting(0.6, 0.0, step=1))
    assert track.x_m == pytest.approx(0.5)
    assert track.see(sighting(0.601, 0.0, step=2))
    assert track.x_m == pytest.approx(0.601)


def test_the_yaw_of_a_cube_is_averaged_over_its_quarter_turns() -> None:
    track = PartTrack(sighting(0.5, 0.0, yaw=0.77), velocity_m_s=(0.0, 0.0), symmetry_rad=0.5 * math.pi)
    for step in range(1, 12):
        track.see(sighting(0.5, 0.0, step=step, yaw=-0.78 if step % 2 else 0.79))
    assert abs((track.yaw_rad - 0.785 + math.pi / 4) % (math.pi / 2) - math.pi / 4) < 0.03
