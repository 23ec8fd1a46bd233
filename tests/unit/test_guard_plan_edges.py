"""The plan gate at its edges: what lies exactly on a limit passes, and a refusal tells measured value and limit."""

from __future__ import annotations

import msgspec
import pytest

from runtime.guardrail.limits import limits_of
from runtime.guardrail.plan_gate import MAX_HORIZON, check_plan
from runtime.messages.geometry import Pose
from runtime.messages.plan import Plan, Reason, Verdict
from runtime.messages.state import Mode
from tests.support.guarded import NOW_NS, cell_with_walls, good_plan

LIMITS = limits_of(cell_with_walls())
MARGINS = LIMITS.margins
LAST_ID = 6
change = msgspec.structs.replace


def _judge(plan: Plan) -> Verdict:
    return check_plan(plan, now_ns=NOW_NS, mode=Mode.AUTO, last_plan_id=LAST_ID, limits=LIMITS)


def _steps(steps: int) -> Plan:
    return change(good_plan(steps=steps, period_s=0.01), observation_stamp_ns=NOW_NS - 1, issued_ns=NOW_NS)


def _at(x: float, y: float, z: float) -> Plan:
    return change(good_plan(steps=1), gripper_in_base=(Pose((x, y, z), (1.0, 0.0, 0.0, 0.0)),))


@pytest.mark.parametrize(
    "edge",
    [
        pytest.param(_steps(1), id="one step"),
        pytest.param(
            change(_steps(MAX_HORIZON), gripper_in_base=good_plan().gripper_in_base[:1] * MAX_HORIZON),
            id="as many steps as there may be",
        ),
        pytest.param(_at(0.5, 0.0, LIMITS.floor_z_m), id="on the floor"),
        pytest.param(_at(*LIMITS.workspace_upper_m), id="in the upper corner of the workspace"),
        pytest.param(_at(*LIMITS.workspace_lower_m), id="in the lower corner of the workspace"),
        pytest.param(change(good_plan(), gripper_width_m=(0.0,) * 4 + (LIMITS.gripper_width_m,) * 4), id="widths"),
        pytest.param(change(good_plan(), gripper_force_n=LIMITS.gripper_force_n, confidence=1.0), id="full force"),
        pytest.param(change(good_plan(), gripper_force_n=0.0, confidence=0.0), id="no force"),
        pytest.param(change(good_plan(), expires_ns=NOW_NS + 1), id="about to expire"),
        pytest.param(change(good_plan(), plan_id=LAST_ID + 1), id="next id"),
    ],
)
def test_a_plan_on_the_very_edge_of_a_rule_passes(edge: Plan) -> None:
    assert _judge(edge).passed


@pytest.mark.parametrize(
    ("broken", "measured", "limit"),
    [
        (change(good_plan(), observation_stamp_ns=NOW_NS - 500_000_000), 0.5, MARGINS.plan_age_s),
        (change(good_plan(), issued_ns=NOW_NS + 30_000_000), -0.03, -MARGINS.plan_lead_s),
        (change(good_plan(), issued_ns=NOW_NS - 100_000_000), 0.02, 0.0),
        (change(good_plan(), expires_ns=NOW_NS - 250_000_000), 0.25, 0.0),
        (change(good_plan(), expires_ns=NOW_NS + 7_000_000_000), 7.0, MARGINS.plan_duration_s),
        (change(good_plan(), step_period_s=1.0), 8.0, MARGINS.plan_duration_s),
        (good_plan(steps=1, period_s=0.05), 0.08, 0.05),
        (change(good_plan(), plan_id=3), 3, LAST_ID),
        (change(good_plan(), gripper_force_n=99.0), 99.0, LIMITS.gripper_force_n),
        (_at(0.5, 2.0, 0.3), 2.0, LIMITS.workspace_upper_m[1]),
        (_at(-0.5, 0.0, 0.3), -0.5, LIMITS.workspace_lower_m[0]),
        (_at(0.5, 0.0, -0.1), -0.1, LIMITS.floor_z_m),
    ],
)
def test_a_refusal_tells_what_was_measured_and_what_is_allowed(broken: Plan, measured: float, limit: float) -> None:
    verdict = _judge(broken)
    assert not verdict.passed
    assert (verdict.measured, verdict.limit) == (pytest.approx(measured), pytest.approx(limit))


def test_a_refusal_names_the_step() -> None:
    poses = good_plan().gripper_in_base
    far = change(poses[5], position_m=(0.5, 0.5, 0.2))
    verdict = _judge(change(good_plan(), gripper_in_base=(*poses[:5], far, *poses[6:])))
    assert (verdict.reason, verdict.detail, verdict.unit) == (Reason.VELOCITY, "tool, step 5", "m/s")
