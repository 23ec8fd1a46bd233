"""A live cell whose policy's server is killed, or hangs, in the middle of a chunk: how it holds, and goes on."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from runtime.link.subscriber import Subscriber
from runtime.messages import topics
from runtime.messages.plan import Plan
from runtime.messages.policy import PolicyState
from runtime.messages.state import ControlState, RobotState
from runtime.messages.system import AlarmList, AlarmPhase
from runtime.mistakes import UserMistake
from twin_app.assembly.setup import CellSetup
from twin_app.assembly.verify.killed_cell import KilledCell
from twin_app.assembly.verify.served import Served

STANDSTILL_RAD_S = 0.02
FAST_RAD_S = 0.3
"""The server is taken away while the arm moves at least so fast."""

WATCH_S = 4.0
PATIENCE_S = 60.0
NEVER_MS = 1e9
ALARM = "policy.server"
_SHOWN = (AlarmPhase.UNACKNOWLEDGED, AlarmPhase.ACKNOWLEDGED)


class LossWatch:
    """Hears what the arm does and what is said about the server."""

    def __init__(self, setup: CellSetup, *, folder: Path) -> None:
        self._cell = KilledCell(setup, folder=folder)
        self._subscriber: Subscriber | None = None
        self._plans: dict[int, Plan] = {}
        self._robots: list[RobotState] = []
        self._control: ControlState | None = None
        self._policy: PolicyState | None = None
        self._alarm = False

    def start(self) -> None:
        """Start the cell and let it pick."""
        self._cell.start()
        assert self._cell.live is not None
        heard = (topics.ROBOT, topics.PLANS, topics.CONTROL, topics.POLICY, topics.ALARMS)
        self._subscriber = Subscriber(self._cell.live.session, heard)

    def close(self) -> None:
        """End the cell."""
        if self._subscriber is not None:
            self._subscriber.close()
        self._cell.close()

    def lose(self, take_away: Callable[[], int]) -> tuple[float, bool]:
        """Take the server away while the arm moves fast.

        Returns the time from the end of the chunk under way to standstill in ms (0: it stood already), and whether
        the alarm came.
        """
        self._cell.drive()
        self._listen()  # what has queued up while the cell was started
        self._robots, self._plans = [], {}
        self._until(self._moves_fast, "the arm does not move")
        self._alarm = False
        lost_ns = take_away()
        ends_s = time.monotonic() + WATCH_S
        while time.monotonic() < ends_s:
            self._listen()
        return self._hold_ms(lost_ns), self._alarm

    def recovers(self) -> bool:
        """Whether the policy drives again, after the server is back and a person has started the cell."""
        try:
            self._until(lambda: self._policy is not None and not self._policy.obstacle, "the server is not found again")
            self._cell.drive()
        except UserMistake:
            return False
        return True

    def ticks(self) -> tuple[int, int]:
        """Of System 1: so far, and missed ones."""
        return (0, 0) if self._control is None else (self._control.ticks, self._control.missed_ticks)

    def _moves_fast(self) -> bool:
        return bool(self._plans) and bool(self._robots) and max(map(abs, self._robots[-1].dq_rad_s)) > FAST_RAD_S

    def _hold_ms(self, lost_ns: int) -> float:
        assert self._control is not None
        heard = [number for number in self._plans if number <= self._control.plan_id]
        if not heard:
            return NEVER_MS
        plan = self._plans[max(heard)]
        fast = [one.stamp_ns for one in self._robots if max(map(abs, one.dq_rad_s)) > STANDSTILL_RAD_S]
        last_moving_ns = max((stamp for stamp in fast if stamp > lost_ns), default=lost_ns)
        if not self._robots or self._robots[-1].stamp_ns - last_moving_ns < 500_000_000:
            return NEVER_MS
        return max(0.0, (last_moving_ns - plan.expires_ns) * 1e-6)

    def _until(self, holds: Callable[[], bool], trouble: str) -> None:
        ends_s = time.monotonic() + PATIENCE_S
        while not holds():
            if time.monotonic() > ends_s:
                raise UserMistake(f"{trouble} within {PATIENCE_S:g} s")
            self._listen()

    def _listen(self) -> None:
        assert self._subscriber is not None
        for received in self._subscriber.poll(0.01):
            message = received.message
            if isinstance(message, Plan):
                self._plans[message.plan_id] = message
            elif isinstance(message, RobotState):
                self._robots = [*self._robots[-1000:], message]
            elif isinstance(message, ControlState):
                self._control = message
            elif isinstance(message, PolicyState):
                self._policy = message
            elif isinstance(message, AlarmList):
                self._alarm |= any(one.alarm_id == ALARM and one.phase in _SHOWN for one in message.alarms)
        self._cell.poll(0.0)


def lose_server(served: Served, setup: CellSetup, *, folder: Path) -> dict[str, float | bool | int]:
    """Kill the server once and let it hang once; what was measured."""
    watch = LossWatch(setup, folder=folder)
    try:
        watch.start()
        hold_ms, alarm = watch.lose(served.kill)
        served.start()
        recovered = watch.recovers()
        hung_hold_ms, hung_alarm = watch.lose(served.halt)
        served.go_on()
        recovered_hung = watch.recovers()
        ticks, missed = watch.ticks()
    finally:
        watch.close()
    return {
        "hold_ms": round(hold_ms, 1),
        "hung_hold_ms": round(hung_hold_ms, 1),
        "alarm": alarm and hung_alarm,
        "recovered": recovered and recovered_hung,
        "ticks": ticks,
        "missed_ticks": missed,
    }
