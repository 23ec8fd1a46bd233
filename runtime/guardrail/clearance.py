"""Distances of the arm to itself and to the cell, on capsules and boxes, for several configurations at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runtime.guardrail.balls import Ends, balls_near_boxes, pairs_of_balls, place_segments
from runtime.guardrail.distances import between_segments, to_boxes
from runtime.guardrail.limits import Limits
from runtime.guardrail.verdicts import reject
from runtime.messages.cell import CellDescription
from runtime.messages.geometry import Quaternion
from runtime.messages.plan import ACCEPTED, Reason, Verdict

Frames = NDArray[np.float64]
"""float64[steps, joints, 4, 4]: the joints' frames in the base frame, from forward kinematics."""

TOUCHING_M = 0.0
ROUNDING_M = 1e-9
"""Of the same place reckoned twice."""

_PEDESTAL_JOINT = 0
"""The base and the first link stand on the table: their distance to fixed things does not depend on any plan."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """The pair with the least clearance of those that came near."""

    clearance_m: float
    step: int
    pair: str


class Clearance:
    """The arm's capsules and the cell's boxes, prepared; `check` is pure and any thread may call it."""

    def __init__(self, cell: CellDescription, limits: Limits) -> None:
        capsules = cell.robot.capsules
        self._margins = limits.margins
        self._joints = np.array([capsule.joint for capsule in capsules], dtype=np.intp).reshape(-1)
        self._ends = np.array([(c.start_m, c.end_m) for c in capsules], dtype=np.float64).reshape(-1, 2, 3)
        self._radius_m = np.array([capsule.radius_m for capsule in capsules], dtype=np.float64)
        self._reach_m = 0.5 * np.linalg.norm(self._ends[:, 1] - self._ends[:, 0], axis=1) + self._radius_m
        """Radius of the ball around each capsule."""

        self._names = tuple(f"capsule {index} (joint {c.joint})" for index, c in enumerate(capsules))
        self._first, self._second = _pairs(self._joints, cell.robot.ignored_pairs)
        self._moving = np.flatnonzero(self._joints > _PEDESTAL_JOINT)
        boxes = cell.obstacles
        self._box_names = tuple(box.name for box in boxes)
        self._base_in_box = np.array(
            [_rotation(box.centre_in_base.orientation_xyzw).T for box in boxes], dtype=np.float64
        ).reshape(-1, 3, 3)
        self._box_centre_m = np.array([b.centre_in_base.position_m for b in boxes], dtype=np.float64).reshape(-1, 3)
        self._box_half_m = np.array([box.half_extents_m for box in boxes], dtype=np.float64).reshape(-1, 3)

    def check(self, frames: Frames, *, steps: Sequence[int] | None = None, begin: Frames | None = None) -> Verdict:
        """Self clearance, then scene clearance, in all given configurations.

        `steps`: of the chunk, one a configuration, to be named in a refusal; without them they are counted.
        `begin`: float64[1, joints, 4, 4], where the arm is. Where that is nearer than the margin already, as after
        braking beside a wall, the path may be as near, so that the arm can get out; nearer never, and touching never.
        """
        if not np.all(np.isfinite(frames)):
            return reject(Reason.NOT_FINITE, measured=1, limit=0, detail="link frames")
        ends = self._ends_in_base(frames)
        for reason, nearest_of, margin_m in (
            (Reason.SELF_CLEARANCE, self._nearest_to_itself, self._margins.self_clearance_m),
            (Reason.SCENE_CLEARANCE, self._nearest_to_scene, self._margins.scene_clearance_m),
        ):
            found = nearest_of(ends, within_m=margin_m)
            if found is None:
                continue
            limit_m = margin_m if begin is None else self._limit_from(begin, nearest_of, margin_m)
            if not found.clearance_m >= limit_m:
                return _refuse(reason, found, limit_m, steps)
        return ACCEPTED

    def _limit_from(self, begin: Frames, nearest_of: Callable[..., Nearest | None], margin_m: float) -> float:
        """The margin, or what is left of it where the arm is."""
        there = nearest_of(self._ends_in_base(begin), within_m=margin_m) if np.all(np.isfinite(begin)) else None
        if there is None or there.clearance_m <= TOUCHING_M:
            return margin_m
        return min(margin_m, there.clearance_m - ROUNDING_M)

    def _ends_in_base(self, frames: Frames) -> Ends:
        ends = np.empty((len(frames), *self._ends.shape))
        place_segments(np.ascontiguousarray(frames, dtype=np.float64), self._joints, self._ends, ends)
        return ends

    def _nearest_to_itself(self, ends: Ends, *, within_m: float) -> Nearest | None:
        close = np.empty((len(ends) * len(self._first), 2), dtype=np.intp)
        count = pairs_of_balls(ends, self._first, self._second, self._reach_m, within_m, close)
        if count == 0:
            return None
        step, pair = close[:count].T
        first, second = self._first[pair], self._second[pair]
        one, other = ends[step, first], ends[step, second]
        clearance = between_segments(one[:, 0], one[:, 1], other[:, 0], other[:, 1])
        clearance -= self._radius_m[first] + self._radius_m[second]
        worst = int(np.argmin(clearance))
        if not clearance[worst] < within_m:
            return None
        names = f"{self._names[first[worst]]} and {self._names[second[worst]]}"
        return Nearest(float(clearance[worst]), int(step[worst]), names)

    def _nearest_to_scene(self, ends: Ends, *, within_m: float) -> Nearest | None:
        close = np.empty((len(ends) * len(self._moving) * len(self._box_half_m), 3), dtype=np.intp)
        boxes = (self._base_in_box, self._box_centre_m, self._box_half_m)
        count = balls_near_boxes(ends, self._moving, self._reach_m, within_m, *boxes, close)
        if count == 0:
            return None
        step, capsule, box = close[:count].T
        turn, centre = self._base_in_box[box], self._box_centre_m[box]
        start = np.einsum("pij,pj->pi", turn, ends[step, capsule, 0] - centre)
        end = np.einsum("pij,pj->pi", turn, ends[step, capsule, 1] - centre)
        clearance = to_boxes(start, end, self._box_half_m[box]) - self._radius_m[capsule]
        worst = int(np.argmin(clearance))
        if not clearance[worst] < within_m:
            return None
        name = f"{self._names[capsule[worst]]} and {self._box_names[box[worst]]}"
        return Nearest(float(clearance[worst]), int(step[worst]), name)


def _refuse(reason: Reason, nearest: Nearest, limit_m: float, steps: Sequence[int] | None) -> Verdict:
    detail = f"{nearest.pair}, step {nearest.step if steps is None else steps[nearest.step]}"
    return reject(reason, measured=nearest.clearance_m, limit=limit_m, unit="m", detail=detail)


def _pairs(joints: NDArray[np.intp], ignored: tuple[tuple[int, int], ...]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """All pairs of capsules on different links, without those that may touch."""
    skipped = {frozenset(pair) for pair in ignored}
    count = len(joints)
    pairs = [
        (first, second)
        for first in range(count)
        for second in range(first + 1, count)
        if joints[first] != joints[second] and frozenset((first, second)) not in skipped
    ]
    first, second = np.array(pairs, dtype=np.intp).reshape(-1, 2).T.copy()
    return first, second


def _rotation(orientation_xyzw: Quaternion) -> NDArray[np.float64]:
    x, y, z, w = orientation_xyzw
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
