"""Both places of the guard for one cell behind the Guard port: what the fast loop is handed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from runtime.guardrail.clearance import Clearance
from runtime.guardrail.command_limiter import CommandLimiter
from runtime.guardrail.joint_path import check_joint_path, check_tool_path
from runtime.guardrail.limiter_bits import demands_stop
from runtime.guardrail.limits import Margins, Vector, limits_of
from runtime.guardrail.plan_gate import check_plan
from runtime.guardrail.verdicts import COMMAND_LIMITER, PLAN_GATE, VerdictTally
from runtime.messages.cell import CellDescription
from runtime.messages.joint import JointCommand, JointReference, PlantState
from runtime.messages.plan import Plan, Verdict, VerdictReport
from runtime.messages.state import Mode


class CellGuard:
    """Binds the rules, the limiter and the tally of verdicts to one cell. For the fast loop's thread."""

    def __init__(self, cell: CellDescription, *, margins: Margins | None = None, period_s: float = 0.001) -> None:
        self.limits = limits_of(cell, margins)
        self.clearance = Clearance(cell, self.limits)
        self.limiter = CommandLimiter(self.limits, period_s=period_s)
        self.tally = VerdictTally()

    def check_plan(self, plan: Plan, *, now_ns: int, mode: Mode, last_plan_id: int) -> Verdict:
        """See `ports.Guard`."""
        return check_plan(plan, now_ns=now_ns, mode=mode, last_plan_id=last_plan_id, limits=self.limits)

    def check_path(
        self,
        path_rad: NDArray[np.float64],
        *,
        step_period_s: float,
        delay_s: float,
        last_applied_rad: Vector,
        first_step: int = 0,
    ) -> Verdict:
        """See `ports.Guard`."""
        return check_joint_path(
            path_rad,
            step_period_s=step_period_s,
            delay_s=delay_s,
            last_applied_rad=last_applied_rad,
            limits=self.limits,
            first_step=first_step,
        )

    def check_space(
        self,
        frames_in_base: NDArray[np.float64],
        tool_in_base_m: NDArray[np.float64],
        *,
        steps: Sequence[int] | None = None,
        begin_in_base: NDArray[np.float64] | None = None,
    ) -> Verdict:
        """See `ports.Guard`."""
        verdict = check_tool_path(tool_in_base_m, limits=self.limits, steps=steps)
        if not verdict.passed:
            return verdict
        return self.clearance.check(frames_in_base, steps=steps, begin=begin_in_base)

    def limit(self, command: JointCommand, state: PlantState, reference: JointReference) -> tuple[JointCommand, int]:
        """See `ports.Guard`."""
        return self.limiter.apply(command, state, reference)

    def demands_stop(self, bits: int) -> bool:
        """See `ports.Guard`."""
        return demands_stop(bits)

    def explain(self) -> Verdict:
        """See `ports.Guard`."""
        return self.limiter.explain()

    def report(self, verdict: Verdict, *, stamp_ns: int, at_limiter: bool, plan_id: int, policy: str) -> VerdictReport:
        """See `ports.Guard`."""
        place = COMMAND_LIMITER if at_limiter else PLAN_GATE
        return self.tally.report(verdict, stamp_ns=stamp_ns, place=place, plan_id=plan_id, policy=policy)
