"""F01 camera freeze: the picture stays, its time stamp goes on."""

from __future__ import annotations

from collections.abc import Sequence

from runtime.messages.faults import FaultOrder
from runtime.ports import Image, Picture
from sim_worlds.faults.schedule import Schedule


class CameraFaults:
    """Between the cameras and everybody who sees pictures."""

    def __init__(self) -> None:
        self._schedule = Schedule(("F01",))
        self._frozen: dict[str, Image] = {}

    def apply(self, orders: tuple[FaultOrder, ...], now_ns: int) -> None:
        """The whole desired set."""
        self._schedule.apply(orders, now_ns)

    def effective(self) -> tuple[str, ...]:
        """Ids of the faults that are on."""
        return self._schedule.effective()

    def pictures(self, pictures: Sequence[Picture], now_ns: int) -> list[Picture]:
        """What leaves the cameras: pixels held for `freeze_s`, then fresh ones for `live_s`, and so on."""
        injection = self._schedule.active("F01", now_ns)
        if injection is None:
            self._frozen.clear()
            return list(pictures)
        freeze_s, live_s = injection.parameter("freeze_s"), injection.parameter("live_s")
        phase_s = ((now_ns - injection.order.onset_ns) * 1e-9) % (freeze_s + live_s)
        if phase_s >= freeze_s:
            self._frozen.clear()
            return list(pictures)
        return [Picture(one.frame, self._frozen.setdefault(one.frame.camera, one.image)) for one in pictures]
