"""F20 loop overrun: the fast loop's ticks are held up before they start."""

from __future__ import annotations

from runtime.messages.faults import FaultOrder
from sim_worlds.faults.schedule import Schedule


class LoopFaults:
    """Keeps the promise of `runtime.ports.LoopSeam`. Asked once a tick; costs nothing while nothing is injected."""

    def __init__(self, *, period_s: float = 0.001) -> None:
        self._schedule = Schedule(("F20",))
        self._period_s = period_s
        self._idle = True

    def apply(self, orders: tuple[FaultOrder, ...], now_ns: int) -> None:
        """The whole desired set."""
        self._schedule.apply(orders, now_ns)
        self._idle = not self._schedule.orders

    def effective(self) -> tuple[str, ...]:
        """Ids of the faults that are on."""
        return self._schedule.effective()

    def overrun_s(self, now_ns: int) -> float:
        """How long this tick is held up: half-normal jitter, and spikes that come at their rate."""
        if self._idle:
            return 0.0
        injection = self._schedule.active("F20", now_ns)
        if injection is None:
            return 0.0
        jitter_s = abs(float(injection.random.standard_normal())) * injection.parameter("jitter_s")
        spike = float(injection.random.random()) < injection.parameter("spike_rate_hz") * self._period_s
        return jitter_s + (injection.parameter("spike_s") if spike else 0.0)
