"""Between a model's terms and this cell's: pictures, states, orientations, actions."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from runtime.messages.geometry import Pose, Quaternion
from runtime.perception.poses import product
from runtime.perception.projection import rotation
from runtime.policy_servers import rotations
from runtime.policy_servers.acting import Actor, AnswerRefused, Chunk
from runtime.policy_servers.exchange import Answer
from runtime.policy_servers.mapping import CameraMapping, Mapping, read_mapping
from runtime.policy_servers.observing import Observer, fitted
from runtime.policy_servers.parts import columns_of
from runtime.policy_servers.preflight import motion_mismatches
from runtime.policy_servers.self_judgement import Agreement, Stillness
from runtime.ports import Observation
from tests.support.policy_servers import CELL, mapping_path, observation

UNIT = arrays(np.float64, 4, elements=st.floats(-1.0, 1.0)).filter(lambda q: np.linalg.norm(q) > 0.1)
CUPOLA: Quaternion = (0.5, -0.5, 0.5, 0.5)


def turn_of(values: Any) -> Quaternion:
    x, y, z, w = (np.asarray(values) / np.linalg.norm(values)).tolist()
    return (x, y, z, w)


def same_turn(a: Quaternion, b: Quaternion) -> bool:
    return abs(sum(x * y for x, y in zip(a, b, strict=True))) > 1.0 - 1e-9


@given(UNIT)
def test_every_way_to_write_an_orientation_leads_back(values: Any) -> None:
    turn = turn_of(values)
    assert same_turn(rotations.from_matrix(rotation(turn)), turn)
    assert same_turn(rotations.from_rotation_vector(rotations.to_rotation_vector(turn)), turn)
    assert same_turn(rotations.from_euler(rotations.to_euler(turn)), turn)
    assert same_turn(rotations.from_six(rotations.to_six(turn)), turn)


def test_orientations_follow_the_conventions_that_are_written_down() -> None:
    quarter_about_z = (0.0, 0.0, math.sqrt(0.5), math.sqrt(0.5))
    assert rotations.to_rotation_vector(quarter_about_z) == pytest.approx((0.0, 0.0, math.pi / 2))
    assert rotations.to_euler(quarter_about_z) == pytest.approx((0.0, 0.0, math.pi / 2))
    assert rotations.to_six(quarter_about_z) == pytest.approx((0.0, 1.0, 0.0, -1.0, 0.0, 0.0))
    roll_then_yaw = rotations.from_euler((math.pi / 2, 0.0, math.pi / 2))
    assert rotation(roll_then_yaw) @ [0.0, 1.0, 0.0] == pytest.approx([0.0, 0.0, 1.0])


@pytest.mark.parametrize("numbers", [(0.0,) * 6, (1.0, 0.0, 0.0, 2.0, 0.0, 0.0)])
def test_six_numbers_that_span_no_plane_are_no_rotation(numbers: tuple[float, ...]) -> None:
    with pytest.raises(rotations.NoRotation):
        rotations.from_six(numbers)


# ── what goes out ────────────────────────────────────────────────────────────────────────────────


def test_droid_is_shown_what_its_training_data_looks_like() -> None:
    seen = observation(3, width_m=0.02)
    look = Observer(read_mapping(mapping_path("openpi", "droid")), CELL).look(seen, prompt="pick")
    assert look.pictures["observation/exterior_image_1_left"].shape == (1, 224, 224, 3)
    assert look.states["observation/joint_position"].tolist() == seen.q_rad.tolist()
    assert look.states["observation/gripper_position"].tolist() == pytest.approx([0.75])
    assert look.prompt == "pick"


def test_libero_is_shown_position_axis_angle_and_both_fingers() -> None:
    seen = observation(3, width_m=0.03)
    look = Observer(read_mapping(mapping_path("openpi", "libero")), CELL).look(seen, prompt="pick")
    state = look.states["observation/state"]
    assert state[:3].tolist() == list(seen.gripper_in_base.position_m)
    vector = rotations.to_rotation_vector(seen.gripper_in_base.orientation_xyzw)
    assert state[3:6].tolist() == pytest.approx(list(vector))
    assert state[6:].tolist() == pytest.approx([0.015, -0.015])


def test_a_model_that_wants_the_past_gets_the_nearest_frames() -> None:
    observer = Observer(read_mapping(mapping_path("groot", "droid")), CELL)
    shown = [observer.look(observation(number), prompt="").pictures["wrist_image_left"] for number in range(1, 16)]
    assert shown[0].shape == (2, 180, 320, 3)
    assert shown[0][0].max(axis=(0, 1))[1] == 1  # before a second has passed: the first one
    past, now = (frames[:, 90, 160, 1] for frames in (shown[14][:1], shown[14][1:]))
    assert (past.tolist(), now.tolist()) == ([5], [15])


@pytest.mark.parametrize(("fit", "corner", "middle"), [("pad", 0, 100), ("stretch", 100, 100), ("crop", 100, 100)])
def test_a_picture_is_fitted_as_the_mapping_says(fit: Any, corner: int, middle: int) -> None:
    image = np.full((60, 120, 3), 100, dtype=np.uint8)
    out = fitted(image, CameraMapping("overhead", "x", size_px=(64, 64), fit=fit))
    assert out.shape == (64, 64, 3)
    assert (out[0, 0, 0], out[32, 32, 0]) == (corner, middle)
    first = fitted(image, CameraMapping("overhead", "x", size_px=(64, 64), fit=fit, channels_first=True))
    assert np.array_equal(first, out.transpose(2, 0, 1))


# ── what comes back ──────────────────────────────────────────────────────────────────────────────


def mapping_with(tmp_path: Path, parts: list[str], more: str = "") -> Mapping:
    text = mapping_path("openpi").read_text().replace("celltwin = true", "celltwin = false")
    words = ", ".join(f'"{part}"' for part in parts)
    text = text.replace('parts = ["position_m", "quaternion_xyzw", "gripper_width_m"]', f"parts = [{words}]")
    path = tmp_path / "mine.toml"
    path.write_text(text + more)
    return read_mapping(path)


def chunk_of(mapping: Mapping, rows: Any, *, seen: Any = None) -> Chunk:
    answer = Answer({"actions": np.array(rows, dtype=np.float32)})
    return Actor(mapping, CELL).chunk(answer, seen or observation(1))


def test_joint_velocities_are_integrated_from_where_the_arm_was_seen() -> None:
    mapping = read_mapping(mapping_path("openpi", "droid"))
    seen = observation(1)
    rows = np.zeros((15, 8), dtype=np.float32)
    rows[:, 0], rows[3:, 7] = 0.5, 0.9
    chunk = chunk_of(mapping, rows, seen=seen)
    assert len(chunk.joints_rad) == 10  # of 15: the mapping uses ten
    moved = [step[0] - seen.q_rad[0] for step in chunk.joints_rad]
    assert moved == pytest.approx([0.1 * (step + 1) for step in range(10)], abs=1e-5)  # 0.5 of 0.2 rad a step
    assert all(step[1:] == pytest.approx(seen.q_rad[1:]) for step in chunk.joints_rad)
    assert chunk.gripper_width_m == pytest.approx((0.08,) * 3 + (0.0,) * 7)


def test_chained_pose_deltas_add_up_along_the_axes_of_the_base() -> None:
    mapping = read_mapping(mapping_path("openpi", "libero"))
    seen = observation(1)
    rows = np.zeros((10, 7), dtype=np.float32)
    rows[:, 2], rows[:, 5], rows[:, 6] = 0.2, 0.1, -1.0
    chunk = chunk_of(mapping, rows, seen=seen)
    x, y, z = seen.gripper_in_base.position_m
    places = np.array([pose.position_m for pose in chunk.gripper_in_base])
    assert places == pytest.approx(np.array([(x, y, z + 0.01 * (step + 1)) for step in range(10)]), abs=1e-6)
    turned = product(rotations.from_rotation_vector((0, 0, 0.5)), seen.gripper_in_base.orientation_xyzw)
    assert same_turn(chunk.gripper_in_base[-1].orientation_xyzw, turned)
    assert chunk.gripper_width_m == (0.08,) * 10


def test_deltas_from_the_start_do_not_add_up(tmp_path: Path) -> None:
    more = '\n[units]\ndeltas = "from_start"\n'
    mapping = mapping_with(tmp_path, ["position_delta", "gripper_open"], more)
    seen = observation(1)
    chunk = chunk_of(mapping, [[0.01 * n, 0, 0, 0.25] for n in range(1, 5)], seen=seen)
    x = seen.gripper_in_base.position_m[0]
    assert [pose.position_m[0] for pose in chunk.gripper_in_base] == pytest.approx([x + 0.01 * n for n in range(1, 5)])
    assert chunk.gripper_width_m == pytest.approx((0.02,) * 4)


@pytest.mark.parametrize(
    ("parts", "numbers"),
    [
        (["quaternion_wxyz"], [CUPOLA[3], *CUPOLA[:3]]),
        (["rotation_vector_rad"], rotations.to_rotation_vector(CUPOLA)),
        (["euler_rad"], rotations.to_euler(CUPOLA)),
        (["roll_rad", "pitch_rad", "yaw_rad"], rotations.to_euler(CUPOLA)),
        (["rotation_6d"], rotations.to_six(CUPOLA)),
    ],
)
def test_a_pose_is_read_in_every_way_to_write_its_orientation(parts: list[str], numbers: Any, tmp_path: Path) -> None:
    mapping = mapping_with(tmp_path, ["unused", "x_m", "y_m", "z_m", *parts, "gripper_width_m"])
    chunk = chunk_of(mapping, [[9.0, 0.4, 0.1, 0.3, *numbers, 0.05]] * 4)
    assert chunk.gripper_in_base[0].position_m == pytest.approx((0.4, 0.1, 0.3))
    assert same_turn(chunk.gripper_in_base[0].orientation_xyzw, CUPOLA)


def test_a_model_with_another_tool_frame_is_shown_and_obeyed_in_it(tmp_path: Path) -> None:
    more = "\n[tool]\nposition_m = [0.0, 0.0, 0.1]\n"
    mapping = mapping_with(tmp_path, ["position_m", "quaternion_xyzw", "gripper_width_m"], more)
    seen = observation(1)
    measured = Observer(mapping, CELL).measured(seen)
    place, turn = measured.tool_in_base.position_m, measured.tool_in_base.orientation_xyzw
    assert math.dist(place, seen.gripper_in_base.position_m) == pytest.approx(0.1)
    chunk = chunk_of(mapping, [[*place, *turn, 0.05]] * 4, seen=seen)
    assert chunk.gripper_in_base[0].position_m == pytest.approx(seen.gripper_in_base.position_m, abs=1e-6)


def test_a_width_a_hair_beyond_the_gripper_is_its_end_and_more_is_left_to_the_gate(tmp_path: Path) -> None:
    mapping = mapping_with(tmp_path, ["joint_position_rad", "gripper_width_m"])
    rows = [[0.0] * 7 + [width] for width in (0.0801, -0.001, 0.5, 0.04)]
    assert chunk_of(mapping, rows).gripper_width_m == pytest.approx((0.08, 0.0, 0.5, 0.04))


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.zeros((8, 8), dtype=np.int32), "came int32[8, 8]"),
        (np.zeros((8, 7), dtype=np.float32), "expected float[4 or more, 8], came float32[8, 7]"),
        (np.zeros(8, dtype=np.float32), "came float32[8]"),
        (np.zeros((1, 8, 8), dtype=np.float32), "came float32[1, 8, 8]"),
        (np.zeros((0, 8), dtype=np.float32), "came 0 steps"),
        (np.full((8, 8), np.inf, dtype=np.float32), "inf in step 0, column 0"),
        (
            np.full((8, 8), -1.1e6, dtype=np.float64),
            "finite numbers within ±1e+06, came -1100000.0 in step 0, column 0",
        ),
    ],
)
def test_an_array_of_another_form_is_refused_with_what_was_expected(array: Any, said: str) -> None:
    mapping = read_mapping(mapping_path("openpi"))
    with pytest.raises(AnswerRefused) as refusal:
        Actor(mapping, CELL).chunk(Answer({"actions": array}), observation(1))
    assert said in str(refusal.value)


@pytest.mark.parametrize(
    ("parts", "spoilt"),
    [
        (["position_m", "rotation_vector_rad", "gripper_width_m"], 3),
        (["position_m", "euler_rad", "gripper_width_m"], 3),
        (["position_m", "quaternion_xyzw", "gripper_width_m"], 0),
        (["position_m", "rotation_6d", "gripper_width_m"], 3),
        (["position_delta", "rotation_vector_delta", "gripper_open"], 3),
        (["joint_velocity", "gripper_closed"], 0),
        (["joint_delta", "gripper_closed"], 0),
        (["joint_position_deg", "gripper_close_sign"], 0),
        (["joint_position_rad", "gripper_width_m"], 7),
    ],
)
@pytest.mark.parametrize("number", [1e155, -1e308])
def test_absurd_numbers_are_a_refused_answer_and_no_failure_of_the_policy(
    parts: list[str], spoilt: int, number: float, tmp_path: Path
) -> None:
    mapping = mapping_with(tmp_path, parts)
    rows = np.zeros((8, columns_of(parts, joints=7)))
    rows[:, spoilt] = number
    with pytest.raises(AnswerRefused, match=f"in step 0, column {spoilt}"):
        Actor(mapping, CELL).chunk(Answer({"actions": rows}), observation(1))


def test_a_missing_array_is_told_with_what_came_instead() -> None:
    actor = Actor(read_mapping(mapping_path("groot", "droid")), CELL)
    arms: dict[str, Any] = {"arm": np.zeros((16, 7), dtype=np.float32)}
    keys = [(one.key, one.came) for one in actor.mismatches(Answer(arms))]
    assert keys == [("joint_position", "only arm"), ("gripper_position", "only arm")]
    uneven: dict[str, Any] = {
        "joint_position": np.zeros((16, 7), np.float32),
        "gripper_position": np.zeros((17, 1), np.float32),
    }
    assert [one.key for one in actor.mismatches(Answer(uneven))] == ["actions"]


@pytest.mark.parametrize(
    ("factor", "expected"), [(1.0, []), (57.3, ["joint"]), (1000.0, ["joint"])], ids=["radians", "degrees", "millirad"]
)
def test_joint_targets_in_another_unit_are_noticed_before_motion(
    factor: float, expected: list[str], tmp_path: Path
) -> None:
    mapping = mapping_with(tmp_path, ["joint_position_rad", "gripper_closed"])
    seen = observation(1)
    chunk = chunk_of(mapping, [[*(seen.q_rad * factor), 0.0]] * 4, seen=seen)
    found = motion_mismatches(chunk, seen, mapping=mapping, cell=CELL)
    assert all("joint" in one.key for one in found)
    assert bool(found) == bool(expected)


# ── what is said of a model that only acts ───────────────────────────────────────────────────────


def line_of_poses(offset_m: float, *, shift: int) -> Chunk:
    poses = tuple(Pose((0.4 + 0.01 * (step + shift), offset_m, 0.3)) for step in range(8))
    return Chunk(poses, (), (0.04,) * 8)


def test_chunks_that_agree_on_the_same_moments_make_a_model_sure() -> None:
    agreement = Agreement()
    first, _ = agreement.judge(line_of_poses(0.0, shift=0), stamp_ns=0, period_s=0.1)
    same, _ = agreement.judge(line_of_poses(0.0, shift=1), stamp_ns=100_000_000, period_s=0.1)
    other, signals = agreement.judge(line_of_poses(0.02, shift=2), stamp_ns=200_000_000, period_s=0.1)
    assert (first, same, other) == pytest.approx((0.5, 1.0, 0.5))
    assert signals[0].value == pytest.approx(0.02)


def staying(seen: Observation, *, joints: bool = False) -> Chunk:
    """What a model says that wants nothing any more."""
    widths = (seen.gripper_width_m,) * 4
    if joints:
        return Chunk((), (tuple(seen.q_rad.tolist()),) * 4, widths)
    return Chunk((seen.gripper_in_base,) * 4, (), widths)


def stillness_at(stillness: Stillness, seen: Observation) -> float:
    return stillness.seconds(staying(seen), seen)


def test_stillness_is_counted_from_the_last_motion() -> None:
    stillness = Stillness()
    assert stillness_at(stillness, observation(1)) == 0.0
    assert stillness_at(stillness, observation(11)) == pytest.approx(1.0)  # 10 mrad: still
    assert stillness_at(stillness, observation(31)) == 0.0  # 30 mrad away
    assert stillness_at(stillness, observation(31, width_m=0.01)) == 0.0


def asking(seen: Observation, what: str) -> Chunk:
    """A chunk that stays but for its last step."""
    here = seen.gripper_in_base
    x, y, z = here.position_m
    turn = product(rotations.from_rotation_vector((0.0, 0.0, 0.1)), here.orientation_xyzw)
    still, still_joints = staying(seen), staying(seen, joints=True)
    joints = tuple((seen.q_rad + 0.1 * (np.arange(len(seen.q_rad)) == 3)).tolist())
    return {
        "a way": replace(still, gripper_in_base=(here, Pose((x, y, z + 0.02), here.orientation_xyzw))),
        "a turn": replace(still, gripper_in_base=(here, Pose(here.position_m, turn))),
        "a joint": replace(still_joints, joints_rad=(still_joints.joints_rad[0], joints)),
        "open": replace(still, gripper_width_m=(seen.gripper_width_m, 0.08)),
        "close": replace(still, gripper_width_m=(seen.gripper_width_m, 0.0)),
    }[what]


@pytest.mark.parametrize("what", ["a way", "a turn", "a joint", "open", "close"])
def test_an_arm_that_is_not_driven_though_its_model_asks_for_motion_is_not_done(what: str) -> None:
    stillness = Stillness()
    seen = observation(1)
    for pause_s in (0.0, 10.0, 20.0):
        later = replace(seen, stamp_ns=seen.stamp_ns + round(pause_s * 1e9))
        assert stillness.seconds(asking(later, what), later) == 0.0
    after = replace(seen, stamp_ns=seen.stamp_ns + 23_000_000_000)
    assert stillness_at(stillness, after) == pytest.approx(3.0)  # it asks for rest now


@pytest.mark.parametrize("joints", [True, False])
def test_a_model_that_trembles_and_presses_on_what_it_holds_asks_for_nothing(*, joints: bool) -> None:
    stillness = Stillness()
    for seconds in (0, 4):
        seen = replace(observation(1), gripper_force_n=20.0, stamp_ns=seconds * 1_000_000_000)
        x, y, z = seen.gripper_in_base.position_m
        chunk = Chunk(
            () if joints else (Pose((x + 0.005, y, z), seen.gripper_in_base.orientation_xyzw),),
            (tuple((seen.q_rad + 0.01).tolist()),) if joints else (),
            (0.0,),
        )
        assert stillness.seconds(chunk, seen) == seconds
