"""Robot files: what cannot be is refused with file, key, value and limit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sim_worlds.robots import load_robot, loading
from sim_worlds.tables import SceneError

PANDA = (loading.FOLDER / "panda.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("pattern", "put", "key", "limit"),
    [
        (r"trip_celsius = [\d.]+", "trip_celsius = 20.0", "robot.thermal.trip_celsius", "must be above derate_celsius"),
        (r"stribeck_velocity_rad_s = [\d.]+", "stribeck_velocity_rad_s = 0.0", "stribeck_velocity_rad_s", "positive"),
        (r"\{ joint = 0, start_m", "{ joint = 7, start_m", "robot.capsules[1].joint", "must be -1 (the base) to 6"),
    ],
)
def test_a_value_that_cannot_be_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pattern: str, put: str, key: str, limit: str
) -> None:
    text, count = re.subn(pattern, put, PANDA, count=1)
    assert count == 1
    (tmp_path / "panda.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(loading, "FOLDER", tmp_path)
    with pytest.raises(SceneError) as refused:
        load_robot("panda")
    assert key in str(refused.value)
    assert limit in str(refused.value)
