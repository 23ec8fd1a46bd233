"""How verdicts are made and counted."""

from __future__ import annotations

import sys
from collections import Counter

from runtime.messages.plan import Reason, Severity, Verdict, VerdictReport

PLAN_GATE = "plan gate"
COMMAND_LIMITER = "command limiter"


def reject(reason: Reason, *, measured: float, limit: float, unit: str = "", detail: str = "") -> Verdict:
    """The thing judged is not used at all. Evidence is always finite, so that every reader can hold it."""
    return Verdict(Severity.REJECT, reason, _finite(measured), _finite(limit), unit, detail)


def _finite(value: float) -> float:
    if value != value:  # NaN; `math.isnan` would refuse an integer beyond all floats
        return 0.0
    return float(max(-sys.float_info.max, min(sys.float_info.max, value)))


class VerdictTally:
    """Counts verdicts by place and reason since start. Owned by one stage; not for several threads."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, Reason]] = Counter()

    def report(self, verdict: Verdict, *, stamp_ns: int, place: str, plan_id: int, policy: str) -> VerdictReport:
        """The verdict as telemetry, counted."""
        self._counts[place, verdict.reason] += 1
        count = self._counts[place, verdict.reason]
        return VerdictReport(stamp_ns, place, plan_id, policy, verdict, count)
