"""When injections are on: the part that all seams share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from runtime.messages.faults import FaultOrder
from sim_worlds.faults.catalogue import parameter


@dataclass(slots=True)
class Injection:
    """One injection at a seam, with its own random generator."""

    order: FaultOrder
    random: np.random.Generator

    def on(self, now_ns: int) -> bool:
        """Whether onset has come and the duration is not over."""
        since_s = (now_ns - self.order.onset_ns) * 1e-9
        return since_s >= 0.0 and (self.order.duration_s <= 0.0 or since_s < self.order.duration_s)

    def parameter(self, name: str) -> float:
        """A parameter of the catalogue at this injection's severity."""
        return parameter(self.order.fault_id, name, severity=self.order.severity)


class Schedule:
    """The injections of one seam. `apply` takes the whole desired set, so that repeating it changes nothing."""

    def __init__(self, fault_ids: tuple[str, ...]) -> None:
        self._fault_ids = fault_ids
        self._injections: dict[int, Injection] = {}
        self._now_ns = 0

    def apply(self, orders: tuple[FaultOrder, ...], now_ns: int) -> None:
        """Converge on these orders; those of other seams are ignored, missing ones end."""
        self._now_ns = now_ns
        wanted = {order.injection_id: order for order in orders if order.fault_id in self._fault_ids}
        for injection_id in [known for known in self._injections if known not in wanted]:
            del self._injections[injection_id]
        for injection_id, order in wanted.items():
            known = self._injections.get(injection_id)
            if known is None or known.order != order:
                random = np.random.default_rng((0x1F123BB5, order.seed & 0xFFFFFFFF, injection_id & 0xFFFFFFFF))
                self._injections[injection_id] = Injection(order, random)

    @property
    def orders(self) -> tuple[FaultOrder, ...]:
        """The orders in force, on or waiting for their onset."""
        return tuple(injection.order for injection in self._injections.values())

    def active(self, fault_id: str, now_ns: int) -> Injection | None:
        """The newest injection of this fault that is on, if any."""
        self._now_ns = now_ns
        if not self._injections:
            return None
        on = [one for one in self._injections.values() if one.order.fault_id == fault_id and one.on(now_ns)]
        return max(on, key=lambda one: one.order.injection_id) if on else None

    def effective(self) -> tuple[str, ...]:
        """Ids of the faults that were on at the newest moment this seam was told of."""
        on = {one.order.fault_id for one in self._injections.values() if one.on(self._now_ns)}
        return tuple(sorted(on))
