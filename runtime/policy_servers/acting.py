"""From a model's answer to poses or joint angles of this cell, as its mapping file says."""

from __future__ import annotations

import math
from collections.abc import Mapping as Readable
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runtime.messages.cell import CellDescription
from runtime.messages.geometry import Pose, Quaternion, Vector3
from runtime.perception.poses import compose, inverse, product
from runtime.policy_servers.arrays import Array, described
from runtime.policy_servers.exchange import Answer, Mismatch
from runtime.policy_servers.mapping import Mapping
from runtime.policy_servers.parts import ACTION_PARTS, DELTA_ACTIONS, EVERY_JOINT, JOINT_ACTIONS, columns_of
from runtime.policy_servers.rotations import (
    NoRotation,
    from_euler,
    from_rotation_vector,
    from_six,
    unit,
)
from runtime.ports import Observation

Rows = NDArray[np.float64]
"""float64[steps, numbers]."""

LARGEST_NUMBER = 1e6
"""Beyond it no unit makes sense of a number, and sums and squares of such numbers may overflow."""

WIDTH_SLACK_M = 0.002
"""A width that is so little beyond the gripper's is its end."""


class AnswerRefused(Exception):
    """An answer that cannot become a chunk; nothing moves because of it."""

    def __init__(self, mismatches: Sequence[Mismatch]) -> None:
        super().__init__("; ".join(map(str, mismatches)))
        self.mismatches = tuple(mismatches)


@dataclass(frozen=True, slots=True)
class Chunk:
    """What the model wants, in this cell's terms: poses or joint angles, one a step."""

    gripper_in_base: tuple[Pose, ...]
    joints_rad: tuple[tuple[float, ...], ...]
    gripper_width_m: tuple[float, ...]


class Actor:
    """Reads answers; knows nothing of where they came from."""

    def __init__(self, mapping: Mapping, cell: CellDescription) -> None:
        self._mapping = mapping
        self._joints = len(cell.robot.joints)
        self._width_max_m = cell.robot.gripper.width_max_m
        self._tool = Pose(mapping.tool.position_m, mapping.tool.orientation_xyzw)
        self._tool_back = inverse(self._tool)

    def chunk(self, answer: Answer, observation: Observation) -> Chunk:
        """The answer as a chunk, counted from this observation; raises `AnswerRefused`."""
        mismatches = self.mismatches(answer)
        if mismatches:
            raise AnswerRefused(mismatches)
        rows = self.rows(answer.arrays)
        widths = self._widths(rows)
        try:
            if any(part in JOINT_ACTIONS for part in rows):
                return Chunk((), self._joint_targets(rows, observation), widths)
            return Chunk(self._poses(rows, observation), (), widths)
        except NoRotation as trouble:
            raise AnswerRefused([Mismatch("orientation", "a rotation", str(trouble))]) from trouble

    def mismatches(self, answer: Answer) -> tuple[Mismatch, ...]:
        """Every array of the mapping that is missing, misshapen, of the wrong type, not finite or absurd."""
        found: list[Mismatch] = []
        lengths: set[int] = set()
        for action in self._mapping.action:
            columns = columns_of(action.parts, joints=self._joints)
            expected = f"float[{self._mapping.steps.horizon} or more, {columns}]"
            array = answer.arrays.get(action.key)
            if array is None:
                found.append(Mismatch(action.key, expected, f"only {', '.join(sorted(answer.arrays)) or 'no arrays'}"))
            elif array.dtype.kind != "f" or array.ndim != 2 or array.shape[1] != columns:
                found.append(Mismatch(action.key, expected, described(array)))
            elif array.shape[0] < self._mapping.steps.horizon:
                steps = f"{self._mapping.steps.horizon} steps or more"
                found.append(Mismatch(action.key, steps, f"{array.shape[0]} steps"))
            elif strange := _first_strange(array):
                found.append(Mismatch(action.key, f"finite numbers within ±{LARGEST_NUMBER:g}", strange))
            else:
                lengths.add(array.shape[0])
        if len(lengths) > 1:
            found.append(Mismatch("actions", "as many steps of everything", " and ".join(map(str, sorted(lengths)))))
        return tuple(found)

    def rows(self, arrays: Readable[str, Array]) -> dict[str, Rows]:
        """Each part's own columns, of the steps that are used."""
        found: dict[str, Rows] = {}
        for action in self._mapping.action:
            array = arrays[action.key][: self._mapping.steps.rows_used].astype(np.float64)
            start = 0
            for part in action.parts:
                width = self._joints if ACTION_PARTS[part] == EVERY_JOINT else ACTION_PARTS[part]
                found[part] = array[:, start : start + width]
                start += width
        return found

    def _widths(self, rows: Readable[str, Rows]) -> tuple[float, ...]:
        """Gripper widths in m; what is a hair beyond the gripper's ends is put there, more is left for the gate."""
        if "gripper_width_m" in rows:
            raw = rows["gripper_width_m"][:, 0].tolist()
            return tuple(self._at_end(width_m) for width_m in raw)
        if "gripper_open" in rows:
            closed = 1.0 - rows["gripper_open"][:, 0]
        elif "gripper_closed" in rows:
            closed = rows["gripper_closed"][:, 0]
        else:
            closed = rows["gripper_close_sign"][:, 0]
        limit = self._mapping.gripper.closed_above
        if limit is not None:
            closed = (closed > limit).astype(np.float64)
        elif "gripper_close_sign" in rows:
            closed = 0.5 * (closed + 1.0)
        return tuple((self._width_max_m * (1.0 - np.clip(closed, 0.0, 1.0))).tolist())

    def _at_end(self, width_m: float) -> float:
        if -WIDTH_SLACK_M <= width_m <= self._width_max_m + WIDTH_SLACK_M:
            return min(max(width_m, 0.0), self._width_max_m)
        return width_m

    def _joint_targets(self, rows: Readable[str, Rows], observation: Observation) -> tuple[tuple[float, ...], ...]:
        units = self._mapping.units
        if "joint_position_rad" in rows:
            targets = rows["joint_position_rad"]
        elif "joint_position_deg" in rows:
            targets = np.radians(rows["joint_position_deg"])
        elif "joint_velocity" in rows:
            speed_rad_s = rows["joint_velocity"] * units.joint_velocity_rad_s
            targets = observation.q_rad + np.cumsum(speed_rad_s * self._mapping.steps.period_s, axis=0)
        else:
            deltas = rows["joint_delta"] * units.joint_delta_rad
            chained = units.deltas == "chained"
            targets = observation.q_rad + (np.cumsum(deltas, axis=0) if chained else deltas)
        return tuple(tuple(step) for step in targets.tolist())

    def _poses(self, rows: Readable[str, Rows], observation: Observation) -> tuple[Pose, ...]:
        if any(part in DELTA_ACTIONS for part in rows):
            tools = self._by_deltas(rows, compose(observation.gripper_in_base, self._tool))
        else:
            tools = [Pose(_vector(place), turn) for place, turn in zip(_places(rows), _turns(rows), strict=True)]
        return tuple(compose(tool, self._tool_back) for tool in tools)

    def _by_deltas(self, rows: Readable[str, Rows], start: Pose) -> list[Pose]:
        """Shifts and turns along the axes of the base, from step to step or all from the start."""
        units = self._mapping.units
        shifts_m = _triples(rows, "position_delta", ("x_delta", "y_delta", "z_delta")) * units.position_delta_m
        turns = _delta_turns(rows, units.rotation_delta_rad)
        poses: list[Pose] = []
        place, turn = np.array(start.position_m), start.orientation_xyzw
        for shift_m, delta in zip(shifts_m, turns, strict=True):
            if units.deltas == "from_start":
                place, turn = np.array(start.position_m), start.orientation_xyzw
            place = place + shift_m
            turn = unit(product(delta, turn))
            poses.append(Pose(_vector(place), turn))
        return poses


def _first_strange(array: Array) -> str:
    """The first number that is not finite or absurd, and where it is; empty when there is none."""
    values = array.astype(np.float64)
    strange = np.argwhere(~(np.abs(values) <= LARGEST_NUMBER))
    if not len(strange):
        return ""
    row, column = map(int, strange[0])
    return f"{values[row, column]} in step {row}, column {column}"


def _vector(values: NDArray[np.float64]) -> Vector3:
    return (float(values[0]), float(values[1]), float(values[2]))


def _triples(rows: Readable[str, Rows], whole: str, pieces: tuple[str, str, str]) -> Rows:
    """Three numbers a step, from one part or from its pieces; a missing piece is zero."""
    if whole in rows:
        return rows[whole]
    steps = len(next(iter(rows.values())))
    return np.concatenate([rows.get(piece, np.zeros((steps, 1))) for piece in pieces], axis=1)


def _places(rows: Readable[str, Rows]) -> Rows:
    return _triples(rows, "position_m", ("x_m", "y_m", "z_m"))


def _turns(rows: Readable[str, Rows]) -> list[Quaternion]:
    if "quaternion_xyzw" in rows:
        return [unit(step) for step in rows["quaternion_xyzw"].tolist()]
    if "quaternion_wxyz" in rows:
        return [unit((x, y, z, w)) for w, x, y, z in rows["quaternion_wxyz"].tolist()]
    if "rotation_vector_rad" in rows:
        return [from_rotation_vector(step) for step in rows["rotation_vector_rad"].tolist()]
    if "rotation_6d" in rows:
        return [from_six(step) for step in rows["rotation_6d"].tolist()]
    return [from_euler(step) for step in _triples(rows, "euler_rad", ("roll_rad", "pitch_rad", "yaw_rad")).tolist()]


def _delta_turns(rows: Readable[str, Rows], unit_rad: float) -> list[Quaternion]:
    if "rotation_vector_delta" in rows:
        return [from_rotation_vector(step) for step in (rows["rotation_vector_delta"] * unit_rad).tolist()]
    angles = _triples(rows, "euler_delta", ("roll_delta", "pitch_delta", "yaw_delta")) * unit_rad
    return [from_euler(step) for step in angles.tolist()]


def farthest_step_m(poses: Sequence[Pose], start: Pose) -> float:
    """Longest way between neighbouring poses, the first counted from where the gripper is."""
    before = [start, *poses[:-1]]
    return max((math.dist(a.position_m, b.position_m) for a, b in zip(before, poses, strict=True)), default=0.0)
