"""Before anything moves: does what the server takes and gives fit this cell? Everything that does not is listed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from runtime.messages.cell import CellDescription
from runtime.messages.geometry import Pose
from runtime.policy_servers.acting import Chunk, farthest_step_m
from runtime.policy_servers.exchange import Mismatch
from runtime.policy_servers.mapping import Mapping, StateMapping
from runtime.policy_servers.parts import STATE_PARTS, Measured
from runtime.ports import Observation

FASTER_THAN_POSSIBLE = 3.0
"""So many times a limit means another unit, not a brisk policy: degrees are 57 times radians."""

TOOL_SPEED_M_S = 1.7
BEYOND_REACH_M = 2.0
"""A first target so far from the gripper means millimetres, or another frame."""

JOINT_SLACK_RAD = 0.3
WIDTH_SLACK_M = 0.01


def cell_mismatches(mapping: Mapping, cell: CellDescription) -> tuple[Mismatch, ...]:
    """What the mapping file wants of a cell that this one does not have."""
    return tuple(_cell_mismatches(mapping, cell))


def _cell_mismatches(mapping: Mapping, cell: CellDescription) -> Iterable[Mismatch]:
    have = {camera.name for camera in cell.cameras}
    for camera in mapping.camera:
        if camera.camera not in have:
            yield Mismatch(
                f"camera of {camera.key}", " or ".join(sorted(have)) or "none, as this cell has none", camera.camera
            )
    joints = len(cell.robot.joints)
    for state in mapping.state:
        width = state_width(state, joints=joints)
        if state.names and len(state.names) != width:
            yield Mismatch(state.key, f"{width} names for {width} numbers of this arm", f"{len(state.names)} names")


def state_width(state: StateMapping, *, joints: int) -> int:
    """How many numbers a state vector has."""
    sample = Measured([0.0] * joints, [0.0] * joints, Pose((0.0, 0.0, 0.0)), 0.0, 1.0, 0.0)
    return sum(len(STATE_PARTS[part](sample)) for part in state.parts)


def motion_mismatches(
    chunk: Chunk, observation: Observation, *, mapping: Mapping, cell: CellDescription
) -> tuple[Mismatch, ...]:
    """Whether a chunk that the server gave without being obeyed is in the units that the mapping says.

    Orders of magnitude only: whether a chunk may move the arm is for the plan gate to say, each time.
    """
    found: list[Mismatch] = []
    if chunk.joints_rad:
        found += _joint_mismatches(chunk.joints_rad, observation, mapping=mapping, cell=cell)
    else:
        found += _pose_mismatches(chunk, observation, mapping=mapping)
    width_max_m = cell.robot.gripper.width_max_m
    for width_m in chunk.gripper_width_m:
        if not -WIDTH_SLACK_M <= width_m <= width_max_m + WIDTH_SLACK_M:
            found.append(Mismatch("gripper width", f"0…{width_max_m:g} m", f"{width_m:.3g} m"))
            break
    return tuple(found)


def _joint_mismatches(
    joints_rad: Sequence[Sequence[float]], observation: Observation, *, mapping: Mapping, cell: CellDescription
) -> Iterable[Mismatch]:
    targets = np.array(joints_rad)
    steps = np.diff(np.vstack([observation.q_rad, targets]), axis=0)
    for index, joint in enumerate(cell.robot.joints):
        low, high = joint.position_lower_rad - JOINT_SLACK_RAD, joint.position_upper_rad + JOINT_SLACK_RAD
        column = targets[:, index]
        if not (low <= column.min() and column.max() <= high):
            far = float(column[np.argmax(np.abs(column))])
            yield Mismatch(
                joint.name, f"{low + JOINT_SLACK_RAD:.2f}…{high - JOINT_SLACK_RAD:.2f} rad", f"{far:.3g} rad"
            )
            continue
        speed_rad_s = float(np.abs(steps[:, index]).max()) / mapping.steps.period_s
        if speed_rad_s > FASTER_THAN_POSSIBLE * joint.velocity_rad_s:
            yield Mismatch(joint.name, f"at most {joint.velocity_rad_s:.2f} rad/s", f"{speed_rad_s:.3g} rad/s")


def _pose_mismatches(chunk: Chunk, observation: Observation, *, mapping: Mapping) -> Iterable[Mismatch]:
    here = observation.gripper_in_base
    away_m = math.dist(chunk.gripper_in_base[0].position_m, here.position_m)
    if away_m > BEYOND_REACH_M:
        yield Mismatch("first position", f"within {BEYOND_REACH_M:g} m of the gripper", f"{away_m:.3g} m away")
        return
    speed_m_s = farthest_step_m(chunk.gripper_in_base, here) / mapping.steps.period_s
    if speed_m_s > FASTER_THAN_POSSIBLE * TOOL_SPEED_M_S:
        yield Mismatch("tool speed", f"at most {TOOL_SPEED_M_S:g} m/s", f"{speed_m_s:.3g} m/s")


def latency_mismatch(took_s: float, *, mapping: Mapping) -> tuple[Mismatch, ...]:
    """A server that is slower than the mapping allows, each time."""
    if took_s <= mapping.reply_within_s:
        return ()
    expected = f"within {mapping.reply_within_s * 1e3:.0f} ms (reply_within_s of the mapping)"
    return (Mismatch("answer", expected, f"after {took_s * 1e3:.0f} ms"),)
