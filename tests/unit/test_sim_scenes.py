"""Scene files: what is read, what is refused, and where parts are put."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from sim_worlds.poses import matrix_of
from sim_worlds.scenes import SceneError, load_scene, scene_names
from sim_worlds.scenes.placement import circle_radius_m

TRAY = (Path(__file__).resolve().parents[2] / "sim_worlds/scenes/tray.toml").read_text(encoding="utf-8")


@pytest.fixture
def refused(tmp_path: Path) -> Callable[[str, str], SceneError]:
    """Replace a text in the tray scene and return the refusal."""

    def load(old: str, new: str) -> SceneError:
        assert old in TRAY
        path = tmp_path / "mine.toml"
        path.write_text(TRAY.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(SceneError) as caught:
            load_scene(path)
        assert caught.value.file == "mine.toml"
        return caught.value

    return load


def test_the_three_scenes_load_and_the_tray_comes_first():
    assert scene_names() == ("tray", "conveyor", "tray_iiwa")
    for name in scene_names():
        scene = load_scene(name)
        assert scene.description.scene == name
        assert 6 <= len(scene.description.parts) <= 8
        assert {camera.name for camera in scene.description.cameras} == {"overhead", "wrist"}


def test_only_the_description_tells_one_arm_from_another():
    tray, iiwa = load_scene("tray").description, load_scene("tray_iiwa").description
    assert tray.robot.name == "panda"
    assert iiwa.robot.name == "iiwa"
    assert tray.parts == iiwa.parts


def test_an_unknown_scene_is_refused_with_the_known_ones():
    with pytest.raises(SceneError, match="unknown scene. Known: tray, conveyor, tray_iiwa"):
        load_scene("warehouse")


def test_a_missing_file_is_refused_with_its_path():
    with pytest.raises(SceneError, match="No such file"):
        load_scene("nowhere/mine.toml")


@pytest.mark.parametrize(
    ("old", "new", "key", "limit"),
    [
        ("wall_height_m = 0.025", "wall_height_mm = 25", "tray.wall_height_mm", "did you mean wall_height_m"),
        ("wall_height_m = 0.025", "wall_height_m = 25.0", "tray.wall_height_m", "<= 0.1"),
        ("wall_height_m = 0.025", 'wall_height_m = "low"', "tray.wall_height_m", "must be float, got str"),
        ("mass_kg = 0.060", "mass_kg = -0.060", "part[0].mass_kg", ">= 0.005"),
        ('shape = "cube"', 'shape = "ball"', "part[0].shape", "must be one of cube, cylinder, flat box"),
        ('robot = "panda"', 'robot = "ur5"', "robot", "unknown robot. Known: iiwa, panda"),
        ('robot = "panda"', "", "robot", "must be given"),
        ("view_deg = 34.0", "view_deg = 0.5", "camera[0].view_deg", ">= 10.0"),
        ("view_deg = 34.0", "view_deg = 30.0", "camera[0].view_deg", "does not see tote left to its corner"),
        ("size_m = [0.042, 0.042, 0.042]", "size_m = [0.09, 0.09, 0.042]", "part[0].size_m", "the gripper opens 0.08"),
        ("size_m = [0.042, 0.042, 0.042]", "size_m = [42, 42, 42]", "part[0].size_m[0]", "<= 0.12"),
        ("centre_m = [0.48, 0.33]", "centre_m = [0.48, 0.20]", "tote[0].centre_m", "overlaps tray"),
        ("centre_m = [0.48, 0.33]", "centre_m = [0.48, 0.60]", "tote[0].centre_m", "outside the workspace"),
        ('name = "right"', 'name = "left"', "tote.name", "own name"),
        ("[0.85, 0.10, 0.10]", "[0.10, 0.65, 0.10]", "part.colour_rgb", "of hue; must be ≥ 20"),
        ("[0.85, 0.10, 0.10]", "[0.50, 0.50, 0.50]", "part[0].colour_rgb", "too grey"),
        ("target_m = [0.48, 0.0, 0.0]", "target_m = [0.48, 0.0, 1.45]", "camera[0].target_m", "must differ"),
        ("upper_m = [0.72, 0.45, 0.65]", "upper_m = [0.10, 0.45, 0.65]", "workspace.lower_m", "below upper_m"),
        ("gap_m = 0.028", "gap_m = 0.15", "placement", "no room for 6 parts"),
        ("[placement]", "[placement", "file", "not valid TOML"),
        ("up = [1.0, 0.0, 0.0]", "up = [nan, 0.0, 0.0]", "camera[0].up[0]", "finite"),
        ("up = [1.0, 0.0, 0.0]", "up = [1e308, 1e308, 0.0]", "camera[0].up", "direction"),
        ("up = [1.0, 0.0, 0.0]", "up = [0.0, 0.0, 0.0]", "camera[0].up", "direction"),
        ("[placement]", "[light]\nlamp_direction = [0, nan, 1]\n[placement]", "light.lamp_direction[1]", "finite"),
        ("[placement]", "[light]\nlamp_direction = [0, 0, 0]\n[placement]", "light.lamp_direction", "direction"),
        ('name = "right"', 'name = "Left"', "tote.name", "own name"),
        ('name = "right"', 'name = "  "', "tote[1].name", "must be a word"),
        ('name = "right"', 'name = "r\\u0007ight"', "tote[1].name", "control characters"),
        ('colour = "red"', 'colour = "r\\ted"', "part[0].colour", "control characters"),
        ("size_m = [1.2, 1.3]", "size_m = [0.6, 1.3]", "table.size_m", "not under tray"),
        ("eye_m = [0.48, 0.0, 1.45]", "eye_m = [0.48, 0.0, 1.20]", "camera[0].view_deg", "does not see"),
    ],
)
def test_a_mistake_is_refused_with_file_key_value_and_limit(refused, old: str, new: str, key: str, limit: str):
    trouble = refused(old, new)
    assert trouble.key == key
    assert limit in trouble.limit
    assert "mine.toml" in trouble.what
    assert key in trouble.what
    assert trouble.remedy


@pytest.mark.parametrize("name", ["tray", "conveyor", "tray_iiwa"])
def test_the_same_seed_gives_the_same_layout_and_another_gives_another(name: str):
    scene = load_scene(name)
    assert scene.place(7, 3) == scene.place(7, 3)
    assert scene.place(7, 3) != scene.place(7, 4)
    assert scene.place(7, 3) != scene.place(8, 3)


def test_two_hundred_layouts_keep_parts_apart_and_off_the_walls():
    scene = load_scene("tray")
    tray, rules = scene.description.tray, scene.placement
    radii = [circle_radius_m(part) for part in scene.description.parts]
    for refill in range(200):
        spots = [placed.part_in_base.position_m for placed in scene.place(1, refill)]
        for (first, r1), (second, r2) in itertools.combinations(zip(spots, radii, strict=True), 2):
            assert math.dist(first[:2], second[:2]) >= r1 + r2 + rules.gap_m - 1e-9
        for spot, radius in zip(spots, radii, strict=True):
            for axis in (0, 1):
                room = tray.inner_half_extents_m[axis] - rules.wall_margin_m - radius
                assert abs(spot[axis] - tray.centre_in_base_m[axis]) <= room + 1e-9


@pytest.mark.parametrize("name", ["tray", "conveyor", "tray_iiwa"])
def test_the_overhead_camera_sees_the_tray_and_the_middle_of_both_totes(name: str):
    cell = load_scene(name).description
    camera = next(one for one in cell.cameras if one.name == "overhead")
    camera_in_base = matrix_of(camera.camera_in_parent)
    (x, y, z), (half_x, half_y) = cell.tray.centre_in_base_m, cell.tray.inner_half_extents_m
    points = [(x + a * half_x, y + b * half_y, z) for a in (-1, 1) for b in (-1, 1)]
    points += [tote.centre_in_base_m for tote in cell.totes]
    for point in points:
        seen = camera_in_base[:3, :3].T @ (point - camera_in_base[:3, 3])
        column = camera.width_px / 2 + camera.focal_px * seen[0] / seen[2]
        row = camera.height_px / 2 + camera.focal_px * seen[1] / seen[2]
        assert seen[2] > 0
        assert 4 < column < camera.width_px - 4
        assert 4 < row < camera.height_px - 4


def test_an_area_beyond_the_stretched_arm_is_refused(tmp_path: Path):
    far = TRAY.replace("upper_m = [0.72,", "upper_m = [2.00,").replace("size_m = [1.2, 1.3]", "size_m = [2.0, 1.3]")
    far = far.replace("centre_m = [0.50, 0.0]", "centre_m = [1.10, 0.0]", 1).replace(
        "centre_m = [0.35", "centre_m = [0.9"
    )
    (tmp_path / "far.toml").write_text(far, encoding="utf-8")
    with pytest.raises(SceneError, match="the arm reaches less than") as caught:
        load_scene(tmp_path / "far.toml")
    assert caught.value.key == "tray.centre_m"


def test_a_part_longer_than_its_tote_is_refused(tmp_path: Path):
    long = TRAY.replace("[0.10, 0.095]", "[0.10, 0.045]").replace("[0.060, 0.036, 0.024]", "[0.110, 0.036, 0.024]")
    (tmp_path / "long.toml").write_text(long, encoding="utf-8")
    with pytest.raises(SceneError, match="longer than tote") as caught:
        load_scene(tmp_path / "long.toml")
    assert caught.value.key == "part[4].size_m"
