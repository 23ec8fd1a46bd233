"""The life of every fault injection: sent → injected → effective → cleared, each step by measurement."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from runtime.messages.cell import CellDescription
from runtime.messages.faults import FaultKind, FaultOrder, FaultPhase, FaultReport, FaultSeverity, FaultState, Layer
from runtime.messages.policy import PolicyState
from runtime.messages.system import Event
from runtime.supervision.effects import RULES, EffectMeter, EffectRule, severity_index

SEAM_PATIENCE_NS = 3_000_000_000
"""Time within which the seam has to report that it is on or off."""

GONE_HOLD_NS = 1_000_000_000
GONE_SHARE = 0.5
"""Cleared when the value is back under this share of the way from before to expected."""

REPORTS_KEPT = 50

_ON = frozenset({FaultPhase.SENT, FaultPhase.INJECTED, FaultPhase.EFFECTIVE, FaultPhase.NOT_EFFECTIVE})


@dataclass(slots=True)
class _Injection:
    """One injection and what is measured for it."""

    order: FaultOrder
    rule: EffectRule
    meter: EffectMeter
    report: FaultReport
    phase_since_ns: int
    gone_since_ns: int = 0


class Injections:
    """Keeps the orders for the seams and compares what is measured with what was expected."""

    def __init__(self, catalogue: Iterable[FaultKind], cell: CellDescription) -> None:
        self._catalogue = tuple(catalogue)
        self._kinds = {kind.fault_id: kind for kind in self._catalogue}
        self._cell = cell
        self._injections: list[_Injection] = []
        self._meters = {kind: RULES[kind].meter(cell.robot) for kind in self._kinds if kind in RULES}
        self._policy: PolicyState | None = None
        self._next_id = 1
        self._events: list[Event] = []

    def obstacle(self, fault_id: str) -> str:
        """Why this fault cannot be injected now; empty when it can."""
        if not self._cell.simulated:
            return "this cell is real: faults are injected on simulated cells only"
        if fault_id not in self._kinds:
            return f"fault {fault_id!r} is not in the catalogue: {', '.join(sorted(self._kinds)) or 'it is empty'}"
        if fault_id not in RULES:
            return f"fault {fault_id} has no meter that could confirm it"
        if any(one.report.phase in _ON | {FaultPhase.CLEARING} for one in self._of(fault_id)):
            return f"{fault_id} is already injected: clear it first"
        return ""

    def inject(
        self, fault_id: str, severity: FaultSeverity, *, onset_ns: int, duration_s: float, seed: int, now_ns: int
    ) -> int:
        """Order a fault; returns the injection's number. Raises `ValueError` where `obstacle` speaks."""
        if (obstacle := self.obstacle(fault_id)) != "":
            raise ValueError(obstacle)
        rule, meter = RULES[fault_id], self._meters[fault_id]
        order = FaultOrder(self._next_id, fault_id, severity, seed, onset_ns, duration_s)
        before = meter.value(now_ns) or 0.0
        report = FaultReport(
            injection_id=order.injection_id,
            fault_id=fault_id,
            severity=severity,
            phase=FaultPhase.SENT,
            effect_name=rule.name,
            effect_before=before,
            effect_measured=before,
            effect_expected=self._expected(order, before),
            unit=rule.unit,
            injected_ns=0,
            effective_ns=0,
            cleared_ns=0,
        )
        self._next_id += 1
        self._injections.insert(0, _Injection(order, rule, meter, report, max(now_ns, onset_ns)))
        del self._injections[REPORTS_KEPT:]
        self._say(now_ns, "warning", f"{fault_id} {severity.value}: sent to its seam")
        return order.injection_id

    def clear(self, fault_id: str, *, now_ns: int) -> tuple[int, ...]:
        """Switch a fault off, all of them for an empty id; returns the injections that were on."""
        chosen = [one for one in self._of(fault_id) if one.report.phase in _ON]
        for one in chosen:
            self._clear(one, now_ns)
        return tuple(one.order.injection_id for one in chosen)

    def observe(self, message: Any, pixels: bytes | memoryview | None = None, *, now_ns: int) -> None:  # any record
        """Feed one telemetry message to every meter."""
        if isinstance(message, PolicyState):
            self._policy = message
        for meter in self._meters.values():
            meter.observe(message, pixels, now_ns=now_ns)

    def tick(self, *, effective_at_seams: frozenset[str], now_ns: int) -> tuple[Event, ...]:
        """Compare; `effective_at_seams` holds the ids that fresh heartbeats report as switched on."""
        for one in self._injections:
            if one.report.phase is FaultPhase.SENT:
                self._await_seam(one, on=one.order.fault_id in effective_at_seams, now_ns=now_ns)
            elif one.report.phase in (FaultPhase.INJECTED, FaultPhase.EFFECTIVE, FaultPhase.NOT_EFFECTIVE):
                self._measure(one, now_ns)
            elif one.report.phase in (FaultPhase.CLEARING, FaultPhase.NOT_CLEARED):
                self._await_gone(one, on=one.order.fault_id in effective_at_seams, now_ns=now_ns)
        events, self._events = tuple(self._events), []
        return events

    def orders(self) -> tuple[FaultOrder, ...]:
        """What the seams have to keep on: the whole desired state."""
        return tuple(one.order for one in reversed(self._injections) if one.report.phase in _ON)

    def report(self, injection_id: int) -> FaultReport | None:
        """How one injection stands."""
        return next((one.report for one in self._injections if one.order.injection_id == injection_id), None)

    def fault_state(self, now_ns: int) -> FaultState:
        """Catalogue and injections as telemetry."""
        return FaultState(now_ns, self._catalogue, tuple(one.report for one in self._injections))

    # ── the steps of one injection ───────────────────────────────────────────────────────────────

    def _await_seam(self, one: _Injection, *, on: bool, now_ns: int) -> None:
        if on:
            one.meter.forget()
            one.report = replace(one.report, injected_ns=now_ns)
            self._move(one, FaultPhase.INJECTED, now_ns)
        elif now_ns < one.order.onset_ns:
            before = one.meter.value(now_ns) or 0.0
            expected = self._expected(one.order, before)
            one.report = replace(one.report, effect_before=before, effect_measured=before, effect_expected=expected)
        elif now_ns - one.order.onset_ns > SEAM_PATIENCE_NS:
            self._move(one, FaultPhase.NOT_EFFECTIVE, now_ns, note="its seam never reported it on")

    def _measure(self, one: _Injection, now_ns: int) -> None:
        value = one.meter.value(now_ns)
        if value is not None and (value > one.report.effect_measured or one.report.phase is FaultPhase.INJECTED):
            one.report = replace(one.report, effect_measured=max(value, one.report.effect_measured))
        reached = value is not None and value >= one.report.effect_expected
        if reached and one.report.phase is not FaultPhase.EFFECTIVE:
            one.report = replace(one.report, effective_ns=now_ns)
            self._move(one, FaultPhase.EFFECTIVE, now_ns)
        elif one.report.phase is FaultPhase.INJECTED and now_ns - one.phase_since_ns > one.rule.patience_s * 1e9:
            needs = f"; it shows with {one.rule.needs} only" if one.rule.needs else ""
            self._move(
                one, FaultPhase.NOT_EFFECTIVE, now_ns, note=self._unmeasurable(one) or f"less than expected{needs}"
            )
        if one.report.obstacle != (obstacle := self._unmeasurable(one)):
            one.report = replace(one.report, obstacle=obstacle)
        ends_ns = one.order.onset_ns + int(one.order.duration_s * 1e9)
        if one.order.duration_s > 0.0 and now_ns >= ends_ns:
            self._clear(one, now_ns)

    def _unmeasurable(self, one: _Injection) -> str:
        """Why its effect cannot show now: who stands in is spared the faults of the policy that it stands in for."""
        policy = self._policy
        if policy is None or one.report.phase is FaultPhase.EFFECTIVE:
            return ""
        if self._kinds[one.order.fault_id].layer is Layer.POLICY and policy.stands_in_for:
            return f"{policy.stands_in_for} does not drive, {policy.active} stands in for it"
        return f"it shows with {one.rule.needs} only" if one.rule.needs and policy.task_id < 0 else ""

    def _clear(self, one: _Injection, now_ns: int) -> None:
        one.meter.forget()
        one.gone_since_ns = 0
        one.report = replace(one.report, obstacle="")
        self._move(one, FaultPhase.CLEARING, now_ns)

    def _await_gone(self, one: _Injection, *, on: bool, now_ns: int) -> None:
        value = one.meter.value(now_ns)
        border = one.report.effect_before + GONE_SHARE * (one.report.effect_expected - one.report.effect_before)
        if on or value is None or value > border:
            one.gone_since_ns = 0
            if one.report.phase is FaultPhase.CLEARING:
                self._give_up_clearing(one, on=on, now_ns=now_ns)
            return
        one.gone_since_ns = one.gone_since_ns or now_ns
        if now_ns - one.gone_since_ns >= GONE_HOLD_NS:
            one.report = replace(one.report, cleared_ns=now_ns)
            self._move(one, FaultPhase.CLEARED, now_ns)

    def _give_up_clearing(self, one: _Injection, *, on: bool, now_ns: int) -> None:
        if now_ns - one.phase_since_ns > one.rule.clear_patience_s * 1e9:
            note = "its seam still reports it on" if on else "the effect is still measured"
            self._move(one, FaultPhase.NOT_CLEARED, now_ns, note=note)

    def _expected(self, order: FaultOrder, before: float) -> float:
        rule, kind = RULES[order.fault_id], self._kinds[order.fault_id]
        return rule.expected(kind, severity_index(order.severity), before)

    def _of(self, fault_id: str) -> list[_Injection]:
        return [one for one in self._injections if fault_id in ("", one.order.fault_id)]

    def _move(self, one: _Injection, phase: FaultPhase, now_ns: int, *, note: str = "") -> None:
        one.report = replace(one.report, phase=phase)
        one.phase_since_ns = now_ns
        measured = f"{one.report.effect_name} {one.report.effect_measured:.3g} {one.report.unit}"
        text = f"{one.order.fault_id} {one.order.severity.value}: {phase.value}; {measured}"
        level = "warning" if phase in (FaultPhase.NOT_EFFECTIVE, FaultPhase.NOT_CLEARED) else "info"
        self._say(now_ns, level, f"{text}; {note}" if note else text)

    def _say(self, now_ns: int, level: str, text: str) -> None:
        self._events.append(Event(now_ns, "fault", level, text))
