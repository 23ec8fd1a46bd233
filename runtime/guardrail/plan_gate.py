"""The plan gate: is this action chunk something that System 1 may look at? Every rule a pure function.

`check_plan` is the whole gate for a chunk as it arrives. What needs inverse kinematics first is in `joint_path`
(limits along the joint path) and `clearance` (distances to itself and to the cell).
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from runtime.guardrail.limits import Limits
from runtime.guardrail.verdicts import reject
from runtime.messages.geometry import Quaternion
from runtime.messages.plan import ACCEPTED, Plan, Reason, Verdict
from runtime.messages.state import Mode
from runtime.modes import POLICY_MODES

MAX_HORIZON = 64
"""More steps than any policy here uses; bounds the work of one chunk."""

_UNIT_TOLERANCE = 1e-3


def check_plan(plan: Plan, *, now_ns: int, mode: Mode, last_plan_id: int, limits: Limits) -> Verdict:
    """Judge a chunk on arrival, from form to content; the first rule that refuses gives the verdict.

    `last_plan_id` is the newest id seen from this planner process (-1: none yet), accepted or not.
    """
    for verdict in (
        check_shape(plan, limits=limits),
        check_finite(plan),
        check_values(plan),
    ):
        if not verdict.passed:
            return verdict
    for verdict in (
        check_sequence(plan, last_plan_id=last_plan_id),
        check_age(plan, now_ns=now_ns, limits=limits),
        check_expiry(plan, now_ns=now_ns, limits=limits),
        check_mode(mode),
        check_gripper(plan, limits=limits),
        check_workspace(plan, limits=limits),
        check_tool_speed(plan, limits=limits),
    ):
        if not verdict.passed:
            return verdict
    return ACCEPTED


def check_shape(plan: Plan, *, limits: Limits) -> Verdict:
    """Exactly one kind of target, `horizon` of everything, as many joints as the arm has."""
    if not 1 <= plan.horizon <= MAX_HORIZON:
        return reject(Reason.SHAPE, measured=plan.horizon, limit=MAX_HORIZON, unit="steps", detail="horizon")
    kinds = (len(plan.gripper_in_base) > 0) + (len(plan.joints_rad) > 0)
    if kinds != 1:
        return reject(Reason.SHAPE, measured=kinds, limit=1, unit="kinds of target", detail="poses or joints")
    targets = len(plan.gripper_in_base) + len(plan.joints_rad)
    if targets != plan.horizon:
        return reject(Reason.SHAPE, measured=targets, limit=plan.horizon, unit="steps", detail="targets")
    widths = len(plan.gripper_width_m)
    if widths != plan.horizon:
        return reject(Reason.SHAPE, measured=widths, limit=plan.horizon, unit="steps", detail="gripper_width_m")
    for step, joints in enumerate(plan.joints_rad):
        if len(joints) != limits.joints:
            return reject(Reason.SHAPE, measured=len(joints), limit=limits.joints, unit="joints", detail=f"step {step}")
    return ACCEPTED


def check_finite(plan: Plan) -> Verdict:
    """No NaN and no infinity anywhere in the chunk."""
    for name, values in _numbers_of(plan):
        for value in values:
            if not math.isfinite(value):
                return reject(Reason.NOT_FINITE, measured=1, limit=0, unit="values", detail=f"{name} is {value}")
    return ACCEPTED


def _numbers_of(plan: Plan) -> Iterable[tuple[str, tuple[float, ...]]]:
    yield "step_period_s", (plan.step_period_s,)
    yield "confidence", (plan.confidence,)
    yield "gripper_force_n", (plan.gripper_force_n,)
    yield "gripper_width_m", plan.gripper_width_m
    for step, pose in enumerate(plan.gripper_in_base):
        yield f"position of step {step}", pose.position_m
        yield f"orientation of step {step}", pose.orientation_xyzw
    for step, joints in enumerate(plan.joints_rad):
        yield f"joints of step {step}", joints
    for signal in plan.signals:
        yield f"signal {signal.name}", (signal.value, signal.pull)


def check_values(plan: Plan) -> Verdict:
    """Values that are numbers but mean nothing: no duration, confidence beyond 1, quaternion of no unit length."""
    if not plan.step_period_s > 0.0:
        return reject(Reason.SCHEMA, measured=plan.step_period_s, limit=0.0, unit="s", detail="step_period_s")
    if not 0.0 <= plan.confidence <= 1.0:
        return reject(Reason.SCHEMA, measured=plan.confidence, limit=1.0, detail="confidence")
    for step, pose in enumerate(plan.gripper_in_base):
        length = math.hypot(*pose.orientation_xyzw)
        if abs(length - 1.0) > _UNIT_TOLERANCE:
            return reject(Reason.SCHEMA, measured=length, limit=1.0, detail=f"orientation of step {step}")
    return ACCEPTED


def check_sequence(plan: Plan, *, last_plan_id: int) -> Verdict:
    """Ids strictly increase: a replayed, doubled or overtaken chunk is refused."""
    if plan.plan_id <= last_plan_id:
        return reject(Reason.SEQUENCE, measured=plan.plan_id, limit=last_plan_id, detail="plan_id")
    return ACCEPTED


def check_age(plan: Plan, *, now_ns: int, limits: Limits) -> Verdict:
    """Refuse a plan made from an observation that is too old, or from a clock that is ahead of the cell's."""
    age_s = (now_ns - plan.observation_stamp_ns) * 1e-9
    if age_s > limits.margins.plan_age_s:
        return reject(Reason.STALE, measured=age_s, limit=limits.margins.plan_age_s, unit="s", detail="observation")
    lead_s = max(-age_s, (plan.issued_ns - now_ns) * 1e-9)
    if lead_s > limits.margins.plan_lead_s:
        return reject(
            Reason.STALE, measured=-lead_s, limit=-limits.margins.plan_lead_s, unit="s", detail="stamp in the future"
        )
    if plan.issued_ns < plan.observation_stamp_ns:
        early_s = (plan.observation_stamp_ns - plan.issued_ns) * 1e-9
        return reject(Reason.SCHEMA, measured=early_s, limit=0.0, unit="s", detail="issued before observed")
    return ACCEPTED


def check_expiry(plan: Plan, *, now_ns: int, limits: Limits) -> Verdict:
    """Refuse a plan that has expired, whose last step is past, or that would drive for too long."""
    if now_ns >= plan.expires_ns:
        over_s = (now_ns - plan.expires_ns) * 1e-9
        return reject(Reason.EXPIRED, measured=over_s, limit=0.0, unit="s", detail="expires_ns")
    longest_s = limits.margins.plan_duration_s
    duration_s = plan.horizon * plan.step_period_s
    if duration_s > longest_s:
        return reject(Reason.SCHEMA, measured=duration_s, limit=longest_s, unit="s", detail="duration of the chunk")
    remaining_s = (plan.expires_ns - now_ns) * 1e-9
    if remaining_s > longest_s:
        return reject(Reason.SCHEMA, measured=remaining_s, limit=longest_s, unit="s", detail="expiry too far ahead")
    age_s = (now_ns - plan.observation_stamp_ns) * 1e-9
    if age_s >= duration_s:
        return reject(Reason.EXPIRED, measured=age_s, limit=duration_s, unit="s", detail="last step has passed")
    return ACCEPTED


def check_mode(mode: Mode) -> Verdict:
    """Chunks are executed only while a policy or the fallback drives."""
    if mode not in POLICY_MODES:
        return reject(Reason.MODE, measured=0.0, limit=1.0, detail=f"mode is {mode.value}")
    return ACCEPTED


def check_gripper(plan: Plan, *, limits: Limits) -> Verdict:
    """Width and force that the gripper has."""
    for step, width_m in enumerate(plan.gripper_width_m):
        if not 0.0 <= width_m <= limits.gripper_width_m:
            return reject(
                Reason.GRIPPER, measured=width_m, limit=limits.gripper_width_m, unit="m", detail=f"width of step {step}"
            )
    if not 0.0 <= plan.gripper_force_n <= limits.gripper_force_n:
        return reject(
            Reason.GRIPPER, measured=plan.gripper_force_n, limit=limits.gripper_force_n, unit="N", detail="force"
        )
    return ACCEPTED


def check_workspace(plan: Plan, *, limits: Limits) -> Verdict:
    """Every pose target inside the box and above the floor. Joint targets: `joint_path.check_tool_path`."""
    for step, pose in enumerate(plan.gripper_in_base):
        verdict = check_tool_position(pose.position_m, limits=limits, detail=f"step {step}")
        if not verdict.passed:
            return verdict
    return ACCEPTED


def check_tool_position(position_m: tuple[float, float, float], *, limits: Limits, detail: str) -> Verdict:
    """One position of the tool centre point in the base frame: above the floor, inside the box."""
    height_m = position_m[2]
    if not height_m >= limits.floor_z_m:
        return reject(Reason.FLOOR, measured=height_m, limit=limits.floor_z_m, unit="m", detail=detail)
    bounds = zip("xyz", position_m, limits.workspace_lower_m, limits.workspace_upper_m, strict=True)
    for axis, value_m, lower_m, upper_m in bounds:
        if not lower_m <= value_m <= upper_m:
            limit_m = upper_m if value_m > upper_m else lower_m
            return reject(Reason.WORKSPACE, measured=value_m, limit=limit_m, unit="m", detail=f"{axis} of {detail}")
    return ACCEPTED


def check_tool_speed(plan: Plan, *, limits: Limits) -> Verdict:
    """Consecutive pose targets no farther apart than the arm's Cartesian limits allow in a step."""
    period_s = plan.step_period_s
    pairs = zip(plan.gripper_in_base, plan.gripper_in_base[1:], strict=False)
    for step, (here, there) in enumerate(pairs, start=1):
        speed_m_s = math.dist(here.position_m, there.position_m) / period_s
        if not speed_m_s <= limits.margins.tool_speed_m_s:
            limit = limits.margins.tool_speed_m_s
            return reject(Reason.VELOCITY, measured=speed_m_s, limit=limit, unit="m/s", detail=f"tool, step {step}")
        turn_rad_s = _turn_rad(here.orientation_xyzw, there.orientation_xyzw) / period_s
        if not turn_rad_s <= limits.margins.tool_turn_rad_s:
            limit = limits.margins.tool_turn_rad_s
            return reject(Reason.VELOCITY, measured=turn_rad_s, limit=limit, unit="rad/s", detail=f"tool, step {step}")
    return ACCEPTED


def _turn_rad(here: Quaternion, there: Quaternion) -> float:
    aligned = abs(sum(a * b for a, b in zip(here, there, strict=True)))
    return 2.0 * math.acos(min(1.0, aligned / (math.hypot(*here) * math.hypot(*there))))
