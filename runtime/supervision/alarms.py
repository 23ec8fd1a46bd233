"""Alarms after ISA-18.2: what is abnormal now becomes a record with a life of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from msgspec.structs import replace

from runtime.messages.system import Alarm, AlarmList, AlarmPhase, Event, Priority

OFF_DELAY_S = 1.0
"""A condition has to be gone this long before its alarm returns to normal: no chattering."""

_ORDER = tuple(Priority)
_SHOWN_AS_ACTIVE = (AlarmPhase.UNACKNOWLEDGED, AlarmPhase.ACKNOWLEDGED)


@dataclass(frozen=True, slots=True)
class Condition:
    """Something abnormal as it holds at this moment, with what a person needs to know."""

    alarm_id: str
    """Stable name, e.g. `process.cameras.dead`."""

    priority: Priority
    layer: str
    cause: str
    consequence: str
    first_check: str
    ends_unseen: bool = False
    """True for what a person did on purpose: its alarm needs no acknowledgement once it is over."""

    on_delay_s: float = 0.0
    """It has to hold this long without a break before it becomes an alarm."""

    off_delay_s: float = OFF_DELAY_S
    """It has to be gone this long before its alarm returns to normal."""


class AlarmBook:
    """Turns the conditions of each moment into alarms that are raised, acknowledged and returned."""

    def __init__(self) -> None:
        self._alarms: dict[str, Alarm] = {}
        self._last_active_ns: dict[str, int] = {}
        self._holds_since_ns: dict[str, int] = {}
        self._off_delays_s: dict[str, float] = {}
        self._end_unseen: set[str] = set()

    def update(self, conditions: Iterable[Condition], *, now_ns: int) -> tuple[Event, ...]:
        """Take all conditions that hold now; those not named do not hold. Returns the lines for the timeline."""
        events: list[Event] = []
        held_before, self._holds_since_ns = self._holds_since_ns, {}
        for condition in conditions:
            name = condition.alarm_id
            since_ns = self._holds_since_ns[name] = held_before.get(name, now_ns)
            if not self.active(name) and now_ns - since_ns < condition.on_delay_s * 1e9:
                continue
            self._last_active_ns[name], self._off_delays_s[name] = now_ns, condition.off_delay_s
            events.extend(self._raise(condition, now_ns))
        over = [
            name for name, at_ns in self._last_active_ns.items() if now_ns - at_ns >= self._off_delays_s[name] * 1e9
        ]
        events.extend(self._return(name, now_ns) for name in over)
        return tuple(events)

    def acknowledge(self, alarm_id: str) -> str:
        """A person has seen it. Returns why not, empty when done."""
        alarm = self._alarms.get(alarm_id)
        if alarm is None or alarm.phase is AlarmPhase.NORMAL:
            return f"no alarm {alarm_id!r} stands"
        if alarm.phase is AlarmPhase.UNACKNOWLEDGED:
            self._alarms[alarm_id] = replace(alarm, phase=AlarmPhase.ACKNOWLEDGED)
        elif alarm.phase is AlarmPhase.RETURNED_UNACKNOWLEDGED:
            self._alarms[alarm_id] = replace(alarm, phase=AlarmPhase.NORMAL)
        return ""

    def alarm_list(self, *, now_ns: int) -> AlarmList:
        """Every alarm that is not normal: active before returned, then by priority, then the newest."""
        standing = [alarm for alarm in self._alarms.values() if alarm.phase is not AlarmPhase.NORMAL]
        standing.sort(key=lambda a: (a.phase not in _SHOWN_AS_ACTIVE, _ORDER.index(a.priority), -a.since_ns))
        return AlarmList(now_ns, tuple(standing))

    def active(self, alarm_id: str) -> bool:
        """Whether the alarm's condition holds (within the off-delay)."""
        return alarm_id in self._last_active_ns

    def _raise(self, condition: Condition, now_ns: int) -> list[Event]:
        known = self._alarms.get(condition.alarm_id)
        if not condition.ends_unseen:
            self._end_unseen.discard(condition.alarm_id)
        elif known is None or known.phase is AlarmPhase.NORMAL:
            self._end_unseen.add(condition.alarm_id)
        if known is not None and known.phase in _SHOWN_AS_ACTIVE:
            self._alarms[condition.alarm_id] = replace(
                known, cause=condition.cause, consequence=condition.consequence, first_check=condition.first_check
            )
            return []
        self._alarms[condition.alarm_id] = Alarm(
            alarm_id=condition.alarm_id,
            priority=condition.priority,
            phase=AlarmPhase.UNACKNOWLEDGED,
            layer=condition.layer,
            cause=condition.cause,
            consequence=condition.consequence,
            first_check=condition.first_check,
            since_ns=now_ns,
            count=1 if known is None else known.count + 1,
        )
        level = "error" if condition.priority in (Priority.CRITICAL, Priority.HIGH) else "warning"
        return [Event(now_ns, "alarm", level, condition.cause)]

    def _return(self, alarm_id: str, now_ns: int) -> Event:
        gone_ns = self._last_active_ns.pop(alarm_id)
        alarm = self._alarms[alarm_id]
        seen = alarm.phase is AlarmPhase.ACKNOWLEDGED or alarm_id in self._end_unseen
        phase = AlarmPhase.NORMAL if seen else AlarmPhase.RETURNED_UNACKNOWLEDGED
        self._alarms[alarm_id] = replace(alarm, phase=phase, gone_ns=gone_ns)
        return Event(now_ns, "alarm", "info", f"returned to normal: {alarm.cause}")
