"""One fault in a picking cell: inject → effective → clear → cleared, each by measurement, and what the cell did."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from runtime.messages.faults import FaultKind, FaultPhase, FaultReport, FaultSeverity
from runtime.messages.joint import PlantFlag
from runtime.messages.requests import ClearFaults, InjectFault, Reset, Start
from runtime.messages.state import Mode, PlanExecution
from runtime.messages.tasks import TaskStatus
from runtime.mistakes import UserMistake
from twin_app.assembly.verify.fault_bench import FaultBench, Sight, newest_finished
from twin_app.assembly.verify.fault_reactions import as_documented

HEALTHY_S = 7.0
"""Picking before the injection: the healthy values are measured, about one pick."""

WATCH_S = 14.0
"""At least this long under the fault, so that a slow reaction is seen too."""

INJECTED_PATIENCE_S = 70.0
CLEARED_PATIENCE_S = 130.0
PICK_PATIENCE_S = 150.0
HELP_EVERY_S = 0.5

_ENDED = (FaultPhase.CLEARED, FaultPhase.NOT_CLEARED)
_RUNGS = (
    "fault",
    "protective stop",
    "assist",
    "task failed",
    "held",
    "chunks refused",
    "slowed",
    "derated",
    "pick retried",
)
"""Reactions from the gravest to the lightest; without any of them the reaction is `none`."""

NO_REACTION = "none"


@dataclass(frozen=True, slots=True)
class FaultRow:
    """One line of the table."""

    id: str
    severity: str
    effect_expected: float
    effect_measured: float
    confirmed: bool
    cleared: bool
    reaction: str
    """The gravest thing that the cell did."""

    reactions: tuple[str, ...]
    """All of them, gravest first."""

    reason: str
    """Of the stop or fault, in the cell's words."""

    as_documented: bool
    detected_by: tuple[str, ...]
    """Alarms that came with the fault."""

    effect: str
    picks_on: bool
    """After clearing (and reset and start where it had stopped) a pick succeeded."""

    crashed: tuple[str, ...]
    """Processes that died meanwhile."""

    clock: str
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


@dataclass(slots=True)
class _Witness:
    """Notes what the cell does while the fault is on."""

    before: Sight
    seen: set[str] = field(default_factory=set[str])
    alarms: set[str] = field(default_factory=set[str])
    dead: set[str] = field(default_factory=set[str])
    reason: str = ""

    def look(self, sight: Sight) -> None:
        """Take in one moment."""
        self.alarms |= sight.alarms - self.before.alarms
        self.dead |= sight.dead - self.before.dead
        control = sight.control
        if control is None or self.before.control is None:
            return
        for mode, name in (
            (Mode.FAULT, "fault"),
            (Mode.PROTECTIVE_STOP, "protective stop"),
            (Mode.ASSIST, "assist"),
        ):
            if control.mode is mode:
                self.seen.add(name)
                self.reason = control.mode_reason or self.reason
        if control.rejected > self.before.control.rejected:
            self.seen.add("chunks refused")
        if control.speed_scale < 1.0:
            self.seen.add("slowed")
        if control.execution in (PlanExecution.HOLDING, PlanExecution.SILENT) and control.mode is Mode.AUTO:
            self.seen.add("held")
        if sight.robot is not None and sight.robot.flags & PlantFlag.DERATED:
            self.seen.add("derated")
        self._look_at_tasks(sight)

    def ordered(self) -> tuple[str, ...]:
        """Gravest first."""
        return tuple(rung for rung in _RUNGS if rung in self.seen)

    def _look_at_tasks(self, sight: Sight) -> None:
        if sight.tasks is None or self.before.tasks is None:
            return
        if sight.tasks.counts.failed > self.before.tasks.counts.failed:
            self.seen.add("task failed")
        attempts = {task.task_id: task.attempt for task in self.before.tasks.open}
        if any(task.attempt > max(1, attempts.get(task.task_id, 1)) for task in sight.tasks.open):
            self.seen.add("pick retried")


class FaultTrial:
    """Tries one fault at one severity in a cell that picks."""

    def __init__(self, bench: FaultBench, kind: FaultKind, severity: FaultSeverity, *, seed: int) -> None:
        self._bench = bench
        self._kind = kind
        self._severity = severity
        self._seed = seed
        self._help_due_s = 0.0

    def run(self) -> FaultRow:
        """From healthy to healthy; raises `UserMistake` when the healthy cell does not even pick."""
        before = self._healthy()
        witness = _Witness(before)
        injection_id = int(self._bench.ask(InjectFault(self._kind.fault_id, self._severity, seed=self._seed)).detail)
        report = self._under_fault(injection_id, witness)
        self._bench.ask(ClearFaults(self._kind.fault_id))
        cleared = self._until_cleared(injection_id, witness)
        picks_on = self._picks_on(witness)
        reactions = witness.ordered()
        reaction = reactions[0] if reactions else NO_REACTION
        return FaultRow(
            id=self._kind.fault_id,
            severity=self._severity.value,
            effect_expected=round(report.effect_expected, 4),
            effect_measured=round(report.effect_measured, 4),
            confirmed=report.effective_ns > 0,
            cleared=cleared.phase is FaultPhase.CLEARED,
            reaction=reaction,
            reactions=reactions,
            reason=witness.reason,
            as_documented=as_documented(self._kind.fault_id, self._severity.value, reaction),
            detected_by=tuple(sorted(witness.alarms)),
            effect=f"{report.effect_name} ({report.unit})",
            picks_on=picks_on,
            crashed=tuple(sorted(witness.dead)),
            clock=self._bench.clock,
            note="" if cleared.phase is FaultPhase.CLEARED else cleared.phase.value,
        )

    def _healthy(self) -> Sight:
        sight = self._bench.advance()
        end_s = sight.now_s + PICK_PATIENCE_S
        driving_since_s = 0.0
        while sight.now_s < end_s:
            sight = self._bench.advance()
            self._help(sight)
            driving = sight.control is not None and sight.control.mode is Mode.AUTO
            if not driving:
                driving_since_s = 0.0
                continue
            driving_since_s = driving_since_s or sight.now_s
            if sight.now_s - driving_since_s >= HEALTHY_S:
                return sight
        raise UserMistake(f"the healthy cell does not pick: {sight.control}")

    def _under_fault(self, injection_id: int, witness: _Witness) -> FaultReport:
        began_s = witness.before.now_s
        while True:
            sight = self._bench.advance()
            witness.look(sight)
            report = _report(sight, injection_id)
            since_s = sight.now_s - began_s
            settled = report is not None and report.phase in (FaultPhase.EFFECTIVE, FaultPhase.NOT_EFFECTIVE)
            if report is not None and ((settled and since_s >= WATCH_S) or since_s > INJECTED_PATIENCE_S):
                return report

    def _until_cleared(self, injection_id: int, witness: _Witness) -> FaultReport:
        began_s = witness.before.now_s
        while True:
            sight = self._bench.advance()
            witness.dead |= sight.dead - witness.before.dead
            self._help(sight)
            report = _report(sight, injection_id)
            if report is not None and report.phase is FaultPhase.CLEARED:
                return report
            if report is not None and sight.now_s - began_s > INJECTED_PATIENCE_S + CLEARED_PATIENCE_S:
                return report

    def _picks_on(self, witness: _Witness) -> bool:
        sight = self._bench.advance()
        end_s = sight.now_s + PICK_PATIENCE_S
        latest = newest_finished(sight)
        while sight.now_s < end_s:
            sight = self._bench.advance()
            witness.dead |= sight.dead - witness.before.dead
            self._help(sight)
            task = newest_finished(sight)
            if task is not None and task != latest:
                if task.status is TaskStatus.SUCCEEDED:
                    return True
                latest = task
        return False

    def _help(self, sight: Sight) -> None:
        """What a person does: reset what has latched, then start."""
        if sight.control is None or sight.now_s < self._help_due_s:
            return
        self._help_due_s = sight.now_s + HELP_EVERY_S
        try:
            if sight.control.mode in (Mode.PROTECTIVE_STOP, Mode.FAULT):
                self._bench.ask(Reset())
            elif sight.control.mode in (Mode.IDLE, Mode.ASSIST):
                self._bench.ask(Start())
        except UserMistake:
            return  # not yet: the cause still holds; it is asked again


def _report(sight: Sight, injection_id: int) -> FaultReport | None:
    return next((report for report in sight.reports if report.injection_id == injection_id), None)
