"""Both places of the guard bound to one cell, as the fast loop gets them; evidence and counts."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest

from runtime.guardrail.guard import CellGuard
from runtime.guardrail.limiter_bits import LimiterBit
from runtime.guardrail.limits import Margins
from runtime.guardrail.verdicts import COMMAND_LIMITER, PLAN_GATE, reject
from runtime.messages.plan import ACCEPTED, Reason, Severity
from runtime.messages.state import Mode
from runtime.ports import Guard
from tests.support.guarded import NOW_NS, cell_with_walls, command_of, good_plan, reference_at, state_at

MIDDLE_M = np.array([[0.5, 0.0, 0.3]])


@pytest.fixture
def guard() -> CellGuard:
    return CellGuard(cell_with_walls())


def _away(count: int) -> np.ndarray:
    """Frames far from one another and from everything else."""
    frames = np.tile(np.eye(4), (count, 7, 1, 1))
    frames[..., 0, 3] = 0.6
    frames[..., 2, 3] = 0.5 + 0.5 * np.arange(7)
    return frames


def test_the_guard_keeps_its_port(guard: CellGuard) -> None:
    port: Guard = guard
    assert port.check_plan(good_plan(), now_ns=NOW_NS, mode=Mode.AUTO, last_plan_id=0) == ACCEPTED


def test_a_path_is_judged_with_the_cells_limits(guard: CellGuard) -> None:
    middle = 0.5 * (guard.limits.reference_lower_rad + guard.limits.reference_upper_rad)
    path = np.tile(middle, (3, 1))
    assert guard.check_path(path, step_period_s=0.1, delay_s=0.05, last_applied_rad=middle).passed
    verdict = guard.check_path(path + 9.0, step_period_s=0.1, delay_s=0.05, last_applied_rad=middle)
    assert verdict.reason is Reason.POSITION


def test_space_is_judged_for_tool_and_arm(guard: CellGuard) -> None:
    frames = _away(1)
    assert guard.check_space(frames, MIDDLE_M).passed
    assert guard.check_space(frames, MIDDLE_M - [0.0, 0.0, 1.0]).reason is Reason.FLOOR
    frames[:, 6, :3, 3] = [0.5, 0.0, -0.05]
    assert guard.check_space(frames, MIDDLE_M).reason is Reason.SCENE_CLEARANCE


def test_a_command_is_limited_and_explained(guard: CellGuard) -> None:
    middle = 0.5 * (guard.limits.reference_lower_rad + guard.limits.reference_upper_rad)
    _, bits = guard.limit(command_of(np.full(7, 500.0), sequence=1), state_at(middle), reference_at(middle))
    assert bits == LimiterBit.TORQUE | LimiterBit.TORQUE_RATE
    assert not guard.demands_stop(bits)
    assert guard.explain().reason is Reason.TORQUE
    _, bits = guard.limit(command_of(np.zeros(7), sequence=0), state_at(middle), reference_at(middle))
    assert guard.demands_stop(bits)


def test_margins_and_period_reach_the_rules() -> None:
    guard = CellGuard(cell_with_walls(), margins=Margins(torque_rate_fraction=0.5), period_s=0.002)
    middle = 0.5 * (guard.limits.reference_lower_rad + guard.limits.reference_upper_rad)
    limited, _ = guard.limit(command_of(np.full(7, 50.0), sequence=1), state_at(middle), reference_at(middle))
    np.testing.assert_allclose(limited.torque_nm, 1000.0 * 0.5 * 0.002)


def test_verdicts_are_counted_by_place_and_reason(guard: CellGuard) -> None:
    stale = reject(Reason.STALE, measured=1.0, limit=0.4, unit="s")
    for count in (1, 2):
        report = guard.report(stale, stamp_ns=5, at_limiter=False, plan_id=3, policy="p")
        assert (report.place, report.count, report.plan_id, report.policy) == (PLAN_GATE, count, 3, "p")
        assert report.verdict is stale
    report = guard.report(stale, stamp_ns=5, at_limiter=True, plan_id=3, policy="p")
    assert (report.place, report.count) == (COMMAND_LIMITER, 1)
    assert guard.report(ACCEPTED, stamp_ns=5, at_limiter=False, plan_id=4, policy="p").count == 1


@pytest.mark.parametrize(
    ("value", "shown"),
    [(math.nan, 0.0), (math.inf, sys.float_info.max), (-math.inf, -sys.float_info.max), (10**400, sys.float_info.max)],
    ids=["nan", "inf", "-inf", "huge integer"],
)
def test_evidence_is_always_a_number_that_any_reader_can_hold(value: float, shown: float) -> None:
    verdict = reject(Reason.VELOCITY, measured=value, limit=value)
    assert (verdict.severity, verdict.measured, verdict.limit) == (Severity.REJECT, shown, shown)
