"""A cell with things to run into, plans that the guard accepts, and commands of an arm at rest."""

from __future__ import annotations

import msgspec
import numpy as np

from runtime.guardrail.limits import Limits, Vector
from runtime.messages.cell import CellDescription
from runtime.messages.geometry import Box, Pose
from runtime.messages.joint import JointCommand, JointReference, PlantState
from runtime.messages.plan import Plan, Signal
from tests.support.arms import empty_cell

NOW_NS = 5_000_000_000
"""The moment at which the tests' plans are judged."""

_DOWN = (1.0, 0.0, 0.0, 0.0)


def cell_with_walls() -> CellDescription:
    """The test arm with a table, a wall and a post that stands askew."""
    turned = (0.2, -0.4, 0.4, 0.8)
    return msgspec.structs.replace(
        empty_cell(),
        obstacles=(
            Box("table", Pose((0.5, 0.0, -0.05)), (0.6, 0.6, 0.03)),
            Box("wall", Pose((0.9, 0.0, 0.2)), (0.01, 0.5, 0.3)),
            Box("post", Pose((0.3, 0.45, 0.3), turned), (0.03, 0.06, 0.3)),
        ),
    )


def good_plan(*, steps: int = 8, plan_id: int = 7, period_s: float = 0.1) -> Plan:
    """A slow straight line above the tray, seen 80 ms and issued 10 ms before `NOW_NS`."""
    return Plan(
        plan_id=plan_id,
        policy="programmed",
        policy_version="1",
        task_id=3,
        observation_id=11,
        observation_stamp_ns=NOW_NS - 80_000_000,
        issued_ns=NOW_NS - 10_000_000,
        expires_ns=NOW_NS + 1_000_000_000,
        step_period_s=period_s,
        horizon=steps,
        gripper_in_base=tuple(Pose((0.5, 0.01 * step, 0.2), _DOWN) for step in range(steps)),
        joints_rad=(),
        gripper_width_m=(0.05,) * steps,
        gripper_force_n=30.0,
        confidence=0.8,
        signals=(Signal("segmentation", 0.9),),
    )


def good_joint_plan(limits: Limits, *, steps: int = 8) -> Plan:
    """The same envelope with joint targets in the middle of every joint's range."""
    middle = tuple(float(value) for value in 0.5 * (limits.reference_lower_rad + limits.reference_upper_rad))
    return msgspec.structs.replace(good_plan(steps=steps), gripper_in_base=(), joints_rad=(middle,) * steps)


def state_at(q_rad: Vector, *, dq_rad_s: Vector | None = None, stamp_ns: int = NOW_NS) -> PlantState:
    """What a healthy arm measures here."""
    joints = len(q_rad)
    still = np.zeros(joints) if dq_rad_s is None else dq_rad_s
    warm = np.full(joints, 30.0)
    return PlantState(0, stamp_ns, q_rad.copy(), still, np.zeros(joints), 0.05, 0.0, warm, warm, 0, 0, 0, 0, 0)


def reference_at(q_rad: Vector, *, dq_rad_s: Vector | None = None) -> JointReference:
    """A trajectory that is here."""
    still = np.zeros(len(q_rad))
    return JointReference(q_rad.copy(), still if dq_rad_s is None else dq_rad_s, still.copy())


def command_of(torque_nm: Vector, *, sequence: int, stamp_ns: int = NOW_NS, brake: bool = False) -> JointCommand:
    """A command with an ordinary gripper."""
    return JointCommand(sequence, stamp_ns, torque_nm, 0.05, 30.0, brake=brake, stopping=False, verdict=0)
