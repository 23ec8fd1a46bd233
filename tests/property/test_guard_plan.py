"""The plan gate over all ways to break a plan: a good one passes, each breach is refused with its own reason."""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from runtime.guardrail.limits import limits_of
from runtime.guardrail.plan_gate import MAX_HORIZON, check_plan
from runtime.messages.geometry import Pose
from runtime.messages.plan import Plan, Reason, Severity, Signal, Verdict
from runtime.messages.state import Mode
from runtime.modes import POLICY_MODES
from tests.support.guarded import NOW_NS, cell_with_walls, good_joint_plan, good_plan

LIMITS = limits_of(cell_with_walls())
MARGINS = LIMITS.margins
LAST_ID = 6
change = msgspec.structs.replace

_NOT_FINITE = st.sampled_from([math.nan, math.inf, -math.inf])
_BEYOND = st.floats(1e-6, 1e3)


def _judge(plan: Plan, *, mode: Mode = Mode.AUTO, now_ns: int = NOW_NS, last: int = LAST_ID) -> Verdict:
    return check_plan(plan, now_ns=now_ns, mode=mode, last_plan_id=last, limits=LIMITS)


def _step(draw: st.DrawFn, plan: Plan) -> int:
    return draw(st.integers(0, plan.horizon - 1))


def _with(values: tuple, index: int, value: object) -> tuple:
    return (*values[:index], value, *values[index + 1 :])


def _position(plan: Plan, step: int, axis: int, value: float) -> Plan:
    pose = plan.gripper_in_base[step]
    moved = change(pose, position_m=_with(pose.position_m, axis, value))
    return change(plan, gripper_in_base=_with(plan.gripper_in_base, step, moved))


@st.composite
def _good(draw: st.DrawFn) -> Plan:
    """Any plan that keeps every rule, poses or joints."""
    steps = draw(st.integers(1, 16))
    period_s = draw(st.floats(0.02, 0.3))
    age_ns = draw(st.integers(0, round(min(MARGINS.plan_age_s, steps * period_s * 0.99) * 1e9)))
    plan = good_plan(steps=steps, period_s=period_s, plan_id=draw(st.integers(LAST_ID + 1, 10**9)))
    plan = change(
        plan,
        observation_stamp_ns=NOW_NS - age_ns,
        issued_ns=NOW_NS - draw(st.integers(0, age_ns)),
        expires_ns=NOW_NS + draw(st.integers(1, round(MARGINS.plan_duration_s * 1e9))),
        gripper_width_m=tuple(draw(st.floats(0.0, LIMITS.gripper_width_m)) for _ in range(steps)),
        gripper_force_n=draw(st.floats(0.0, LIMITS.gripper_force_n)),
        confidence=draw(st.floats(0.0, 1.0)),
    )
    if draw(st.booleans()):
        return change(plan, gripper_in_base=(), joints_rad=good_joint_plan(LIMITS, steps=steps).joints_rad)
    reach = MARGINS.tool_speed_m_s * period_s * 0.5
    return change(plan, gripper_in_base=_line(draw, steps, min(reach, 0.2 / steps)))


def _line(draw: st.DrawFn, steps: int, stride_m: float) -> tuple[Pose, ...]:
    """Small strides from the middle of the workspace, with any fixed orientation of unit length."""
    raw = [draw(st.floats(-1.0, 1.0)) for _ in range(4)]
    length = math.hypot(*raw)
    x, y, z, w = raw if length >= 0.1 else (0.0, 0.0, 0.0, length or 1.0)
    orientation = (x / (length or 1.0), y / (length or 1.0), z / (length or 1.0), w / (length or 1.0))
    directions = [draw(st.tuples(*[st.floats(-0.5, 0.5)] * 3)) for _ in range(steps)]
    here = (0.5, 0.0, 0.4)
    poses = []
    for direction in directions:
        here = tuple(a + stride_m * b for a, b in zip(here, direction, strict=True))
        poses.append(Pose(here, orientation))
    return tuple(poses)


@settings(max_examples=200)
@given(plan=_good(), mode=st.sampled_from(sorted(POLICY_MODES, key=str)))
def test_every_plan_that_keeps_the_rules_passes(plan: Plan, mode: Mode) -> None:
    assert _judge(plan, mode=mode).severity is Severity.PASS


# ── all ways to break one ────────────────────────────────────────────────────────────────────────

Breach = Callable[[st.DrawFn, Plan], Plan]
BREACHES: dict[str, tuple[Reason, Breach]] = {}


def _breach(reason: Reason) -> Callable[[Breach], Breach]:
    def enter(breach: Breach) -> Breach:
        BREACHES[breach.__name__.strip("_")] = (reason, breach)
        return breach

    return enter


@_breach(Reason.SHAPE)
def _wrong_horizon(draw: st.DrawFn, plan: Plan) -> Plan:
    return change(plan, horizon=draw(st.integers(-5, 200).filter(lambda steps: steps != plan.horizon)))


@_breach(Reason.SHAPE)
def _no_targets(draw: st.DrawFn, plan: Plan) -> Plan:
    return change(plan, gripper_in_base=(), joints_rad=())


@_breach(Reason.SHAPE)
def _both_kinds_of_target(draw: st.DrawFn, plan: Plan) -> Plan:
    return change(plan, joints_rad=((0.0,) * 7,) * plan.horizon)


@_breach(Reason.SHAPE)
def _too_few_or_many_widths(draw: st.DrawFn, plan: Plan) -> Plan:
    count = draw(st.integers(0, 20).filter(lambda count: count != plan.horizon))
    return change(plan, gripper_width_m=(0.05,) * count)


@_breach(Reason.SHAPE)
def _too_few_or_many_targets(draw: st.DrawFn, plan: Plan) -> Plan:
    count = draw(st.integers(1, 20).filter(lambda count: count != plan.horizon))
    return change(plan, gripper_in_base=plan.gripper_in_base[:1] * count)


@_breach(Reason.SHAPE)
def _too_long(draw: st.DrawFn, plan: Plan) -> Plan:
    steps = draw(st.integers(MAX_HORIZON + 1, MAX_HORIZON + 40))
    return change(
        plan, horizon=steps, gripper_in_base=plan.gripper_in_base[:1] * steps, gripper_width_m=(0.05,) * steps
    )


@_breach(Reason.SHAPE)
def _joints_missing_or_extra(draw: st.DrawFn, plan: Plan) -> Plan:
    joints = good_joint_plan(LIMITS, steps=plan.horizon).joints_rad
    wrong = (0.0,) * draw(st.integers(0, 12).filter(lambda count: count != LIMITS.joints))
    return change(plan, gripper_in_base=(), joints_rad=_with(joints, _step(draw, plan), wrong))


@_breach(Reason.NOT_FINITE)
def _position_not_finite(draw: st.DrawFn, plan: Plan) -> Plan:
    return _position(plan, _step(draw, plan), draw(st.integers(0, 2)), draw(_NOT_FINITE))


@_breach(Reason.NOT_FINITE)
def _orientation_not_finite(draw: st.DrawFn, plan: Plan) -> Plan:
    step = _step(draw, plan)
    pose = plan.gripper_in_base[step]
    spoilt = change(pose, orientation_xyzw=_with(pose.orientation_xyzw, draw(st.integers(0, 3)), draw(_NOT_FINITE)))
    return change(plan, gripper_in_base=_with(plan.gripper_in_base, step, spoilt))


@_breach(Reason.NOT_FINITE)
def _joint_not_finite(draw: st.DrawFn, plan: Plan) -> Plan:
    joints = good_joint_plan(LIMITS, steps=plan.horizon).joints_rad
    step = _step(draw, plan)
    spoilt = _with(joints[step], draw(st.integers(0, 6)), draw(_NOT_FINITE))
    return change(plan, gripper_in_base=(), joints_rad=_with(joints, step, spoilt))


@_breach(Reason.NOT_FINITE)
def _scalar_not_finite(draw: st.DrawFn, plan: Plan) -> Plan:
    return change(
        plan, **{draw(st.sampled_from(["step_period_s", "confidence", "gripper_force_n"])): draw(_NOT_FINITE)}
    )


@_breach(Reason.NOT_FINITE)
def _width_not_finite(draw: st.DrawFn, plan: Plan) -> Plan:
    return change(plan, gripper_width_m=_with(plan.gripper_width_m, _step(draw, plan), draw(_NOT_FINITE)))


@_breach(Reason.NOT_FINITE)
def _signal_not_finite(draw: st.DrawFn, plan: Plan) -> Plan:
    return change(plan, signals=(*plan.signals, Signal("x", draw(_NOT_FINITE))))


@_breach(Reason.SCHEMA)
def _period_not_positive(draw: st.DrawFn, plan: Plan) -> Plan:
    return change(plan, step_period_s=draw(st.floats(-1e6, 0.0)))


@_breach(Reason.SCHEMA)
def _confidence_beyond_0_and_1(draw: st.DrawFn, plan: Plan) -> Plan:
    return change(plan, confidence=draw(st.one_of(_BEYOND.map(lambda x: 1.0 + x), _BEYOND.map(lambda x: -x))))


@_breach(Reason.SCHEMA)
def _quaternion_of_another_length(draw: st.DrawFn, plan: Plan) -> Plan:
    step = _step(draw, plan)
    factor = draw(st.one_of(st.floats(0.0, 0.998), st.floats(1.002, 1e200)))
    pose = plan.gripper_in_base[step]
    scaled = change(pose, orientation_xyzw=tuple(value * factor for value in pose.orientation_xyzw))
    return change(plan, gripper_in_base=_with(plan.gripper_in_base, step, scaled))


@_breach(Reason.SEQUENCE)
def _replayed(draw: st.DrawFn, plan: Plan) -> Plan:
    return change(plan, plan_id=draw(st.integers(-(2**63), LAST_ID)))


@_breach(Reason.STALE)
def _observation_too_old(draw: st.DrawFn, plan: Plan) -> Plan:
    age_ns = round(MARGINS.plan_age_s * 1e9) + draw(st.integers(1, 2**60))
    return change(plan, observation_stamp_ns=NOW_NS - age_ns)


@_breach(Reason.STALE)
def _from_a_clock_ahead(draw: st.DrawFn, plan: Plan) -> Plan:
    lead_ns = round(MARGINS.plan_lead_s * 1e9) + draw(st.integers(1_000, 2**60))
    field = draw(st.sampled_from([("issued_ns",), ("observation_stamp_ns", "issued_ns")]))
    return change(plan, **dict.fromkeys(field, NOW_NS + lead_ns))


@_breach(Reason.SCHEMA)
def _issued_before_it_was_observed(draw: st.DrawFn, plan: Plan) -> Plan:
    return change(plan, issued_ns=plan.observation_stamp_ns - draw(st.integers(1, 2**60)))


@_breach(Reason.EXPIRED)
def _expired(draw: st.DrawFn, plan: Plan) -> Plan:
    return change(plan, expires_ns=NOW_NS - draw(st.integers(0, 2**60)))


@_breach(Reason.EXPIRED)
def _last_step_has_passed(draw: st.DrawFn, plan: Plan) -> Plan:
    period_s = draw(st.floats(1e-6, 0.079)) / plan.horizon
    return change(plan, step_period_s=period_s, gripper_in_base=plan.gripper_in_base[:1] * plan.horizon)


@_breach(Reason.SCHEMA)
def _valid_for_too_long(draw: st.DrawFn, plan: Plan) -> Plan:
    return change(plan, expires_ns=NOW_NS + round(MARGINS.plan_duration_s * 1e9) + draw(st.integers(1_000, 2**60)))


@_breach(Reason.SCHEMA)
def _lasting_too_long(draw: st.DrawFn, plan: Plan) -> Plan:
    return change(plan, step_period_s=MARGINS.plan_duration_s / plan.horizon * draw(st.floats(1.001, 1e200)))


@_breach(Reason.GRIPPER)
def _width_out_of_range(draw: st.DrawFn, plan: Plan) -> Plan:
    wrong = draw(st.one_of(_BEYOND.map(lambda x: LIMITS.gripper_width_m + x), _BEYOND.map(lambda x: -x)))
    return change(plan, gripper_width_m=_with(plan.gripper_width_m, _step(draw, plan), wrong))


@_breach(Reason.GRIPPER)
def _force_out_of_range(draw: st.DrawFn, plan: Plan) -> Plan:
    return change(
        plan,
        gripper_force_n=draw(st.one_of(_BEYOND.map(lambda x: LIMITS.gripper_force_n + x), _BEYOND.map(lambda x: -x))),
    )


@_breach(Reason.WORKSPACE)
def _out_of_the_workspace(draw: st.DrawFn, plan: Plan) -> Plan:
    axis, above = draw(st.sampled_from([(0, False), (0, True), (1, False), (1, True), (2, True)]))
    beyond = draw(st.floats(1e-6, 1e300))
    value = LIMITS.workspace_upper_m[axis] + beyond if above else LIMITS.workspace_lower_m[axis] - beyond
    return _position(plan, _step(draw, plan), axis, value)


@_breach(Reason.FLOOR)
def _below_the_floor(draw: st.DrawFn, plan: Plan) -> Plan:
    return _position(plan, _step(draw, plan), 2, LIMITS.floor_z_m - draw(st.floats(1e-9, 1e300)))


@_breach(Reason.VELOCITY)
def _tool_too_fast(draw: st.DrawFn, plan: Plan) -> Plan:
    jump = MARGINS.tool_speed_m_s * plan.step_period_s * draw(st.floats(1.001, 2.0))
    first = Pose((0.5, -0.5 * jump, 0.3), plan.gripper_in_base[0].orientation_xyzw)
    second = change(first, position_m=(0.5, 0.5 * jump, 0.3))
    return _halves(plan, first, second, draw(st.integers(1, plan.horizon - 1)))


@_breach(Reason.VELOCITY)
def _tool_turning_too_fast(draw: st.DrawFn, plan: Plan) -> Plan:
    angle = draw(st.floats(MARGINS.tool_turn_rad_s * plan.step_period_s * 1.001, math.pi))
    position = plan.gripper_in_base[0].position_m
    sign = draw(st.sampled_from([-1.0, 1.0]))  # q and -q are one orientation
    turned = Pose(position, (sign * math.cos(angle / 2), sign * math.sin(angle / 2), 0.0, 0.0))
    return _halves(plan, Pose(position, (1.0, 0.0, 0.0, 0.0)), turned, draw(st.integers(1, plan.horizon - 1)))


def _halves(plan: Plan, first: Pose, second: Pose, border: int) -> Plan:
    return change(plan, gripper_in_base=(first,) * border + (second,) * (plan.horizon - border))


@pytest.mark.parametrize("name", BREACHES)
@settings(max_examples=40)
@given(data=st.data())
def test_a_plan_broken_in_one_way_is_refused_for_this_reason(name: str, data: st.DataObject) -> None:
    reason, breach = BREACHES[name]
    broken = data.draw(st.composite(lambda draw: breach(draw, good_plan()))())
    verdict = _judge(broken)
    assert verdict.severity is Severity.REJECT
    assert verdict.reason is reason
    assert math.isfinite(verdict.measured)
    assert math.isfinite(verdict.limit)


@pytest.mark.parametrize("mode", Mode)
def test_plans_pass_only_where_a_policy_drives(mode: Mode) -> None:
    verdict = _judge(good_plan(), mode=mode)
    assert verdict.passed is (mode in POLICY_MODES)
    assert (verdict.reason is Reason.MODE) is (mode not in POLICY_MODES)


@settings(max_examples=100)
@given(data=st.data())
def test_a_plan_broken_in_two_ways_is_refused_all_the_same(data: st.DataObject) -> None:
    good = good_plan()
    changes: dict[str, object] = {}
    names = data.draw(st.lists(st.sampled_from(sorted(BREACHES)), min_size=2, max_size=2))
    assume(BREACHES[names[0]][0] is not BREACHES[names[1]][0])  # two of one kind may mend each other
    for name in names:
        broken = data.draw(st.composite(lambda draw, name=name: BREACHES[name][1](draw, good))())
        pairs = ((field, getattr(broken, field)) for field in Plan.__struct_fields__)
        further = {field: value for field, value in pairs if value != getattr(good, field)}
        assume(not changes.keys() & further.keys())  # and so may two of one field
        changes |= further
    assert not _judge(change(good, **changes)).passed


# ── any bytes that decode as a plan ──────────────────────────────────────────────────────────────

_ANY = st.floats()
_POSE = st.builds(Pose, st.tuples(_ANY, _ANY, _ANY), st.tuples(_ANY, _ANY, _ANY, _ANY))
_STAMP = st.integers(-(2**63), 2**63 - 1)
_PLAN = st.builds(
    Plan,
    plan_id=_STAMP,
    policy=st.text(max_size=3),
    policy_version=st.text(max_size=3),
    task_id=_STAMP,
    observation_id=_STAMP,
    observation_stamp_ns=st.one_of(_STAMP, st.just(NOW_NS - 10_000_000)),
    issued_ns=st.one_of(_STAMP, st.just(NOW_NS)),
    expires_ns=st.one_of(_STAMP, st.just(NOW_NS + 100_000_000)),
    step_period_s=_ANY,
    horizon=st.integers(-2, 70),
    gripper_in_base=st.lists(_POSE, max_size=3).map(tuple),
    joints_rad=st.lists(st.lists(_ANY, max_size=8).map(tuple), max_size=3).map(tuple),
    gripper_width_m=st.lists(_ANY, max_size=3).map(tuple),
    gripper_force_n=_ANY,
    confidence=_ANY,
    signals=st.lists(st.builds(Signal, st.text(max_size=2), _ANY), max_size=2).map(tuple),
)


@settings(max_examples=300)
@given(plan=_PLAN, mode=st.sampled_from(Mode), last=_STAMP)
def test_whatever_decodes_as_a_plan_gets_a_verdict(plan: Plan, mode: Mode, last: int) -> None:
    verdict = _judge(plan, mode=mode, last=last)
    assert math.isfinite(verdict.measured)
    assert math.isfinite(verdict.limit)
    if verdict.passed:
        assert mode in POLICY_MODES
        assert plan.plan_id > last
        assert plan.expires_ns > NOW_NS
        assert all(LIMITS.floor_z_m <= pose.position_m[2] for pose in plan.gripper_in_base)
