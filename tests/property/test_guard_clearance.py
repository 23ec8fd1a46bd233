"""Distances against brute force, and clearance verdicts against distances measured another way."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from runtime.guardrail.clearance import Clearance
from runtime.guardrail.distances import between_segments, to_boxes
from runtime.guardrail.limits import Margins, limits_of
from runtime.messages.geometry import Box, Pose
from runtime.messages.plan import Reason
from runtime.messages.robot import Capsule
from tests.support.guarded import cell_with_walls

CELL = cell_with_walls()
LIMITS = limits_of(CELL)
CLEARANCE = Clearance(CELL, LIMITS)
FAR_M = 10.0
FROM_ITSELF = Clearance(CELL, limits_of(CELL, Margins(self_clearance_m=FAR_M)))
FROM_SCENE = Clearance(CELL, limits_of(CELL, Margins(self_clearance_m=-FAR_M, scene_clearance_m=FAR_M)))
_GRID = np.linspace(0.0, 1.0, 101)
_METRE = st.floats(-1.0, 1.0).map(lambda value: round(value, 6))  # no subnormal lengths
_ENDS = arrays(np.float64, (2, 3), elements=_METRE)
_SPECIAL_ENDS = st.sampled_from(
    [
        np.zeros((2, 3)),
        np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]),
        np.array([[-1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]),
        np.array([[0.0, 0.5, 0.0], [1.0, 0.5, 0.0]]),
        np.array([[0.3, 0.3, -1.0], [0.3, 0.3, 1.0]]),
        np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]),
    ]
)
_SEGMENT = st.one_of(_ENDS, _SPECIAL_ENDS)


def _points(segment: np.ndarray) -> np.ndarray:
    return segment[0] + _GRID[:, None] * (segment[1] - segment[0])


def _step(segment: np.ndarray) -> float:
    return float(np.linalg.norm(segment[1] - segment[0])) / (len(_GRID) - 1)


@settings(max_examples=100)
@given(a=_SEGMENT, b=_SEGMENT)
def test_the_distance_of_two_segments_is_the_least_between_any_two_of_their_points(
    a: np.ndarray, b: np.ndarray
) -> None:
    exact = float(between_segments(a[:1], a[1:], b[:1], b[1:])[0])
    gaps = _points(a)[:, None, :] - _points(b)[None, :, :]
    sampled = float(np.sqrt((gaps**2).sum(axis=2).min()))
    assert exact <= sampled + 1e-9
    assert exact >= sampled - 0.5 * (_step(a) + _step(b)) - 1e-9
    mirrored = float(between_segments(b[1:], b[:1], a[1:], a[:1])[0])
    assert exact == pytest.approx(mirrored, abs=1e-7)


@settings(max_examples=100)
@given(segment=_SEGMENT, half=arrays(np.float64, 3, elements=st.floats(0.001, 0.8)))
def test_the_distance_to_a_box_is_the_least_of_any_point_of_the_segment(segment: np.ndarray, half: np.ndarray) -> None:
    exact = float(to_boxes(segment[:1], segment[1:], half[None])[0])
    outside = np.maximum(np.abs(_points(segment)) - half, 0.0)
    sampled = float(np.linalg.norm(outside, axis=1).min())
    assert exact <= sampled + 1e-9
    assert exact >= sampled - 0.5 * _step(segment) - 1e-9


# ── verdicts ─────────────────────────────────────────────────────────────────────────────────────


def _frames(seed: int, *, steps: int, spread_m: float) -> np.ndarray:
    """Any rigid frames around the cell; the clearance rules need no real arm."""
    random = np.random.default_rng(seed)
    frames = np.tile(np.eye(4), (steps, 7, 1, 1))
    rotations, _ = np.linalg.qr(random.normal(size=(steps, 7, 3, 3)))
    rotations[np.linalg.det(rotations) < 0] *= -1.0
    frames[..., :3, :3] = rotations
    frames[..., :3, 3] = random.uniform(-spread_m, spread_m, (steps, 7, 3)) + [0.3, 0.0, 0.6]
    return frames


def _capsule_points(frames: np.ndarray, capsule: Capsule) -> np.ndarray:
    """Points along the capsule's segment in the base frame, [steps, points, 3]."""
    frame = frames[:, capsule.joint] if capsule.joint >= 0 else np.tile(np.eye(4), (len(frames), 1, 1))
    ends = np.array([capsule.start_m, capsule.end_m])
    points = _points(ends)
    return np.einsum("sij,pj->spi", frame[:, :3, :3], points) + frame[:, None, :3, 3]


def _least_to_itself(frames: np.ndarray) -> float:
    capsules = CELL.robot.capsules
    ignored = {frozenset(pair) for pair in CELL.robot.ignored_pairs}
    least = math.inf
    for one in range(len(capsules)):
        for other in range(one + 1, len(capsules)):
            if frozenset((one, other)) in ignored:
                continue
            gaps = (
                _capsule_points(frames, capsules[one])[:, :, None] - _capsule_points(frames, capsules[other])[:, None]
            )
            distance = float(np.sqrt((gaps**2).sum(axis=-1).min()))
            least = min(least, distance - capsules[one].radius_m - capsules[other].radius_m)
    return least


def _least_to_scene(frames: np.ndarray) -> float:
    least = math.inf
    for capsule in CELL.robot.capsules:
        if capsule.joint <= 0:
            continue
        points = _capsule_points(frames, capsule)
        for box in CELL.obstacles:
            local = _in_box(points, box)
            outside = np.maximum(np.abs(local) - box.half_extents_m, 0.0)
            least = min(least, float(np.linalg.norm(outside, axis=-1).min()) - capsule.radius_m)
    return least


def _in_box(points: np.ndarray, box: Box) -> np.ndarray:
    """Points in the box's frame: turned back by its quaternion, v + 2 u × (u × v + w v) with u conjugate."""
    *vector, w = box.centre_in_base.orientation_xyzw
    u = -np.array(vector)
    apart = points - np.array(box.centre_in_base.position_m)
    return apart + 2.0 * np.cross(u, np.cross(u, apart) + w * apart)


@settings(max_examples=40)
@given(seed=st.integers(0, 10_000), steps=st.integers(1, 4), spread=st.floats(0.2, 1.5))
def test_a_verdict_agrees_with_distances_sampled_along_every_capsule(seed: int, steps: int, spread: float) -> None:
    frames = _frames(seed, steps=steps, spread_m=spread)
    itself, scene = _least_to_itself(frames), _least_to_scene(frames)
    verdict = CLEARANCE.check(frames)
    slack = 0.003  # of the sampling along capsules of 20 cm
    if itself < LIMITS.margins.self_clearance_m:
        assert verdict.reason is Reason.SELF_CLEARANCE
        assert itself - slack <= verdict.measured <= itself + 1e-9
    elif itself > LIMITS.margins.self_clearance_m + slack:
        if scene < LIMITS.margins.scene_clearance_m:
            assert verdict.reason is Reason.SCENE_CLEARANCE
            assert scene - slack <= verdict.measured <= scene + 1e-9
        elif scene > LIMITS.margins.scene_clearance_m + slack:
            assert verdict.passed
    assert itself - slack <= FROM_ITSELF.check(frames).measured <= itself + 1e-9
    assert scene - slack <= FROM_SCENE.check(frames).measured <= scene + 1e-9


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("place", [(0, 0, 0, 3), (2, 6, 1, 1)])
def test_frames_that_are_no_numbers_are_refused(value: float, place: tuple[int, ...]) -> None:
    frames = _frames(1, steps=3, spread_m=1.0)
    frames[place] = value
    assert CLEARANCE.check(frames).reason is Reason.NOT_FINITE


def test_the_evidence_names_pair_and_step() -> None:
    frames = np.tile(np.eye(4), (3, 7, 1, 1))
    frames[..., :3, 3] = [0.3, 0.0, 0.9]
    frames[:, 2, 0, 3], frames[:, 4, 0, 3] = 0.1, 0.6  # apart from one another
    assert CLEARANCE.check(frames).passed
    frames[2, 6, :3, 3] = [0.5, 0.0, -0.03]
    verdict = CLEARANCE.check(frames)
    assert verdict.reason is Reason.SCENE_CLEARANCE
    assert verdict.detail == "capsule 3 (joint 6) and table, step 2"


def test_a_cell_without_capsules_or_boxes_has_nothing_to_hit() -> None:
    bare = msgspec.structs.replace(
        CELL, obstacles=(), robot=msgspec.structs.replace(CELL.robot, capsules=(), ignored_pairs=())
    )
    margins = Margins(self_clearance_m=FAR_M, scene_clearance_m=FAR_M)
    assert Clearance(bare, limits_of(bare, margins)).check(_frames(1, steps=2, spread_m=0.1)).passed


def test_neighbours_that_may_touch_and_the_pedestal_on_its_table_are_not_held_against_the_arm() -> None:
    robot = msgspec.structs.replace(
        CELL.robot,
        capsules=(Capsule(-1, (0, 0, 0), (0, 0, 0.1), 0.1), Capsule(0, (0, 0, 0), (0, 0, 0.1), 0.1)),
        ignored_pairs=((1, 0),),
    )
    table = Box("table", Pose((0.0, 0.0, -0.05)), (0.6, 0.6, 0.05))
    clearance = Clearance(msgspec.structs.replace(CELL, robot=robot, obstacles=(table,)), LIMITS)
    assert clearance.check(np.tile(np.eye(4), (1, 7, 1, 1))).passed


@settings(max_examples=60)
@given(seed=st.integers(0, 10_000), spread=st.floats(0.2, 1.0))
def test_who_is_too_near_already_may_leave_and_never_comes_nearer(seed: int, spread: float) -> None:
    frames = _frames(seed, steps=4, spread_m=spread)
    begin, path = frames[:1], frames[1:]
    verdict = CLEARANCE.check(path, begin=begin)
    for check, margin_m in (
        (FROM_ITSELF, LIMITS.margins.self_clearance_m),
        (FROM_SCENE, LIMITS.margins.scene_clearance_m),
    ):
        there, way = check.check(begin).measured, check.check(path).measured
        allowed = there if 0.0 < there < margin_m else margin_m
        if way < allowed - 1e-6:
            assert not verdict.passed
            break
    else:
        assert verdict.passed


def test_the_arm_gets_out_of_a_margin_but_not_deeper_into_it() -> None:
    frames = np.tile(np.eye(4), (3, 7, 1, 1))
    frames[..., :3, 3] = [0.3, 0.0, 0.9]
    frames[:, 2, 0, 3], frames[:, 4, 0, 3] = 0.1, 0.6
    frames[:, 6, :3, 3] = [0.5, 0.0, 0.03]
    above_table_m = float(FROM_SCENE.check(frames[:1]).measured)

    def at(clearance_m: float) -> np.ndarray:
        moved = frames[:1].copy()
        moved[0, 6, 2, 3] += clearance_m - above_table_m
        return moved

    inside = at(0.0015)
    assert CLEARANCE.check(inside).reason is Reason.SCENE_CLEARANCE
    out = np.concatenate([at(0.0015), at(0.0018), at(0.01)])
    assert CLEARANCE.check(out, begin=inside).passed
    assert CLEARANCE.check(np.concatenate([at(0.0014), at(0.01)]), begin=inside).reason is Reason.SCENE_CLEARANCE
    assert CLEARANCE.check(out, begin=at(0.01)).reason is Reason.SCENE_CLEARANCE
    assert CLEARANCE.check(at(-0.001), begin=at(-0.001)).reason is Reason.SCENE_CLEARANCE
    broken = inside.copy()
    broken[0, 0, 0, 0] = math.nan
    assert CLEARANCE.check(out, begin=broken).reason is Reason.SCENE_CLEARANCE
