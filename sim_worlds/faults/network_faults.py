"""F41 network latency: chunks are held back between planner and control."""

from __future__ import annotations

from runtime.messages.faults import FaultOrder
from runtime.messages.plan import Plan
from sim_worlds.faults.schedule import Schedule

_CORRELATION = 0.5
"""Of one delay with the last, as tc-netem's delay correlation."""


class NetworkFaults:
    """Keeps the promise of `runtime.ports.PlanSeam`."""

    def __init__(self) -> None:
        self._schedule = Schedule(("F41",))
        self._last = 0.0

    def apply(self, orders: tuple[FaultOrder, ...], now_ns: int) -> None:
        """The whole desired set."""
        self._schedule.apply(orders, now_ns)

    def effective(self) -> tuple[str, ...]:
        """Ids of the faults that are on."""
        return self._schedule.effective()

    def delay_s(self, plan: Plan, now_ns: int) -> float:
        """How long this chunk is held back; never negative."""
        del plan
        injection = self._schedule.active("F41", now_ns)
        if injection is None:
            self._last = 0.0
            return 0.0
        fresh = float(injection.random.standard_normal())
        self._last = _CORRELATION * self._last + (1.0 - _CORRELATION**2) ** 0.5 * fresh
        return max(injection.parameter("delay_s") + injection.parameter("jitter_s") * self._last, 0.0)
