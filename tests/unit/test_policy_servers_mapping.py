"""Mapping files: those that come with the program are sound, and what is wrong in one is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.policy_servers.mapping import MappingError, read_mapping, read_mapping_for
from runtime.policy_servers.preflight import cell_mismatches
from tests.support.policy_servers import CELL, PLUGINS, mapping_path

SHIPPED = sorted(PLUGINS.glob("*/mappings/*.toml"))
GOOD = mapping_path("openpi").read_text()


def test_there_are_mappings_for_the_public_models_and_for_our_own_server() -> None:
    names = {f"{path.parent.parent.name}/{path.stem}" for path in SHIPPED}
    assert {
        "openpi/celltwin",
        "openpi/droid",
        "openpi/libero",
        "groot/celltwin",
        "groot/droid",
        "groot/libero",
    } <= names
    assert {"lerobot_async/celltwin", "lerobot_async/joints"} <= names


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.parent.name}-{path.stem}")
def test_every_mapping_that_comes_with_the_program_fits_a_seven_joint_cell(path: Path) -> None:
    assert cell_mismatches(read_mapping(path), CELL) == ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('title = "', 'colour = "red"\ntitle = "', "colour"),
        ("period_s = 0.1", "period_s = 0", "steps.period_s: 0"),
        ("period_s = 0.1", 'period_s = "fast"', "period_s"),
        ("horizon = 4", "horizon = 0", "steps.horizon: 0"),
        ("horizon = 4", "horizon = 64", "the plan gate takes at most 5 s"),
        ("reply_within_s = 0.09", "reply_within_s = 0.5", "must be within 0.01…0.35"),
        ('parts = ["joint_position_rad"]', 'parts = ["joint_angles"]', "'joint_angles' is none of joint_position_rad"),
        ('parts = ["joint_position_rad"]', "parts = []", "observation/joint_position: empty"),
        ('"position_m", "quaternion_xyzw", ', '"position_m", ', "a pose needs a whole position"),
        ('"position_m", "quaternion_xyzw", ', "", "exactly one of joints, poses or pose deltas"),
        ('"quaternion_xyzw", "gripper_width_m"', '"quaternion_xyzw"', "0 parts for the gripper"),
        ('"quaternion_xyzw", ', '"quaternion_xyzw", "joint_delta", ', "exactly one of joints, poses or pose deltas"),
        ('"quaternion_xyzw", ', '"quaternion_xyzw", "position_m", ', "position_m is given 2 times"),
        ('"observation/wrist"', '"observation/overhead"', "'observation/overhead' is given 2 times"),
        ('protocol = "openpi"', 'protocol = "carrier pigeon"', "protocol"),
        ("[steps]", "[units]\njoint_delta_rad = nan\n[steps]", "units.joint_delta_rad: nan, must be within"),
        ("[steps]", "[gripper]\nclosed_above = inf\n[steps]", "gripper.closed_above: inf, must be within"),
        ("[steps]", "[tool]\norientation_xyzw = [0, 0, 0, 0]\n[steps]", "of length 0, must be 1"),
        ("[steps]", "[tool]\norientation_xyzw = [0, nan, 0, 1]\n[steps]", "of length nan, must be 1"),
        ("[steps]", "[tool]\nposition_m = [0, 0, 107]\n[steps]", "each must be within ±1"),
    ],
)
def test_what_is_wrong_in_a_mapping_is_named_with_file_key_and_limit(
    old: str, new: str, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.toml"
    assert old in GOOD
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(MappingError) as mistake:
        read_mapping(path)
    assert str(path) in str(mistake.value)
    assert said in str(mistake.value)


def test_a_mapping_for_another_protocol_or_none_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="this policy's server speaks 'groot'"):
        read_mapping_for("groot", mapping_path("openpi"))
    with pytest.raises(MappingError, match="no mapping file"):
        read_mapping(tmp_path / "missing.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(MappingError):
        read_mapping(tmp_path / "bytes.toml")


def test_a_lerobot_mapping_has_to_say_which_model_to_load(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(mapping_path("lerobot").read_text().replace("celltwin = true", ""))
    with pytest.raises(MappingError, match=r"section \[lerobot\]"):
        read_mapping(path)


def test_what_a_mapping_wants_and_the_cell_has_not_is_listed(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    text = mapping_path("lerobot", "joints").read_text()
    path.write_text(text.replace('camera = "wrist"', 'camera = "left_shoulder"').replace('"joint_7.pos", ', ""))
    mismatches = cell_mismatches(read_mapping(path), CELL)
    assert [str(one) for one in mismatches] == [
        "camera of wrist: expected overhead or wrist, came left_shoulder",
        "joints: expected 8 names for 8 numbers of this arm, came 7 names",
    ]
