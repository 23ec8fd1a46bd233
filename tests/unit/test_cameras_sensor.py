"""Noise of the sensor and the play in the cameras' mounting."""

from __future__ import annotations

import numpy as np
import pytest

from runtime.messages.cell import CameraDescription
from runtime.messages.geometry import Pose
from sim_worlds.cameras.mounting import MISMATCH, mount
from sim_worlds.cameras.sensor import Sensor

CAMERAS = (
    CameraDescription("overhead", 128, 128, 240.0, 10.0, False, Pose((0.5, 0.0, 1.4), (1.0, 0.0, 0.0, 0.0))),
    CameraDescription("wrist", 128, 128, 110.0, 10.0, True, Pose((0.07, 0.0, 0.02))),
)


@pytest.mark.parametrize("noise", [0.004, 0.008, 0.05, 0.3])
def test_noise_has_the_stated_strength_at_mid_grey_and_no_bias(noise: float) -> None:
    sensor = Sensor(width_px=128, height_px=128, noise=noise, seed=1)
    grey = np.full((128, 128, 3), 128, dtype=np.uint8)
    pictures = np.stack([sensor.expose(grey) for _ in range(8)]).astype(float)
    rounding = 1.0 / 255.0 / 12.0**0.5
    clipped_at_the_ends = 0.2 if noise > 0.1 else 0.04
    assert pictures.std() / 255.0 == pytest.approx((noise**2 + rounding**2) ** 0.5, rel=clipped_at_the_ends)
    assert abs(pictures.mean() - 128.0) < 0.6


def test_bright_pixels_are_noisier_than_dark_ones_and_none_wraps_around() -> None:
    sensor = Sensor(width_px=64, height_px=64, noise=0.02, seed=1)
    spread = [sensor.expose(np.full((64, 64, 3), level, np.uint8)).astype(float).std() for level in (30, 128, 220)]
    assert spread[0] < spread[1] < spread[2]
    assert sensor.expose(np.full((64, 64, 3), 255, np.uint8)).min() > 200
    assert sensor.expose(np.zeros((64, 64, 3), np.uint8)).max() < 40


def test_noise_differs_from_picture_to_picture_and_repeats_with_the_seed() -> None:
    grey = np.full((128, 128, 3), 90, np.uint8)
    first, again = (Sensor(width_px=128, height_px=128, noise=0.01, seed=7) for _ in range(2))
    one, two = first.expose(grey), first.expose(grey)
    assert not np.array_equal(one, two)
    assert np.array_equal(one, again.expose(grey))


def test_without_noise_the_picture_stays_and_is_a_copy() -> None:
    picture = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    exposed = Sensor(width_px=2, height_px=2, noise=0.0, seed=0).expose(picture)
    assert np.array_equal(exposed, picture)
    assert exposed is not picture


@pytest.mark.parametrize("level", MISMATCH)
def test_a_mounted_camera_is_off_by_no_more_than_its_level_allows(level: str) -> None:
    position_m, angle_rad = MISMATCH[level]
    for seed in range(20):
        for ideal, real in zip(
            mount(CAMERAS, mismatch="none", seed=seed), mount(CAMERAS, mismatch=level, seed=seed), strict=True
        ):
            error = np.linalg.inv(ideal.camera_in_parent) @ real.camera_in_parent
            assert np.abs(error[:3, 3]).max() <= 2.0 * position_m + 1e-12
            assert np.arccos(np.clip((np.trace(error[:3, :3]) - 1) / 2, -1, 1)) <= 2.0 * angle_rad * 3**0.5 + 1e-6


def test_the_mounting_error_is_never_zero_by_default_and_comes_from_the_seed() -> None:
    exact = mount(CAMERAS, mismatch="none", seed=1)[0].camera_in_parent
    low = [mount(CAMERAS, mismatch="low", seed=seed)[0].camera_in_parent for seed in (1, 1, 2)]
    assert not np.allclose(low[0], exact, atol=1e-6)
    assert np.array_equal(low[0], low[1])
    assert not np.array_equal(low[0], low[2])
