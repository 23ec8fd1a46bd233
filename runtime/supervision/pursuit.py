"""Follows accepted requests until a measurement confirms them: accepted → effective → confirmed, or failed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from runtime.messages.faults import FaultPhase
from runtime.messages.requests import Receipt, ReceiptPhase
from runtime.messages.state import Mode
from runtime.messages.system import ProcessPhase, ProcessState
from runtime.messages.tasks import TaskStatus
from runtime.modes import LATCHED_MODES
from runtime.supervision.injections import Injections
from runtime.supervision.tasks import FINAL, TaskQueue
from runtime.supervision.telemetry import Telemetry, fresh

STANDSTILL_RAD_S = 0.02
FOREVER_S = float("inf")
PURSUITS_LIMIT = 2000
RECORDER_DELAY_NS = 500_000_000
"""Time after which the recorder must have seen a new wish."""

_RANK = {ReceiptPhase.ACCEPTED: 0, ReceiptPhase.EFFECTIVE: 1, ReceiptPhase.CONFIRMED: 2, ReceiptPhase.FAILED: 2}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a request has come, and what was measured or why it failed."""

    phase: ReceiptPhase
    text: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What progress is judged from."""

    telemetry: Telemetry
    queue: TaskQueue
    injections: Injections
    processes: tuple[ProcessState, ...]
    now_ns: int

    def standstill(self) -> bool:
        """Whether the arm measurably stands still."""
        robot = self.telemetry.robot
        return fresh(robot, self.now_ns) and robot is not None and max(map(abs, robot.dq_rad_s)) < STANDSTILL_RAD_S


Ask = Callable[[Evidence], Progress]

ACCEPTED = Progress(ReceiptPhase.ACCEPTED)
EFFECTIVE = Progress(ReceiptPhase.EFFECTIVE)


@dataclass(slots=True)
class _Pursuit:
    accepted: Receipt
    ask: Ask
    patience_s: float
    withdraw: Callable[[], None] | None
    drop: Callable[[], None] | None
    phase: ReceiptPhase = ReceiptPhase.ACCEPTED


class Pursuits:
    """All requests under way; hands out a receipt whenever one comes a phase further."""

    def __init__(self) -> None:
        self._open: list[_Pursuit] = []

    def follow(
        self,
        accepted: Receipt,
        ask: Ask,
        *,
        patience_s: float = 10.0,
        withdraw: Callable[[], None] | None = None,
        drop: Callable[[], None] | None = None,
    ) -> None:
        """Begin with an accepted request.

        `withdraw`: so that what was called failed for want of an answer does not come about later; `drop`: likewise
        for what was refused by whom it was for, who must not be asked again when it is started anew.
        """
        self._open.append(_Pursuit(accepted, ask, patience_s, withdraw, drop))
        del self._open[:-PURSUITS_LIMIT]

    def tick(self, evidence: Evidence) -> tuple[Receipt, ...]:
        """Receipts of those that came further since the last call."""
        receipts: list[Receipt] = []
        for pursuit in self._open:
            progress = pursuit.ask(evidence)
            if progress.phase is ReceiptPhase.FAILED and pursuit.phase is ReceiptPhase.ACCEPTED and pursuit.drop:
                pursuit.drop()
            age_s = (evidence.now_ns - pursuit.accepted.stamp_ns) * 1e-9
            if _RANK[progress.phase] < 2 and age_s > pursuit.patience_s:
                progress = _given_up(pursuit)
            if _RANK[progress.phase] > _RANK[pursuit.phase]:
                pursuit.phase = progress.phase
                receipts.append(_receipt(pursuit.accepted, progress, evidence.now_ns))
        self._open = [pursuit for pursuit in self._open if _RANK[pursuit.phase] < 2]
        return tuple(receipts)


def _given_up(pursuit: _Pursuit) -> Progress:
    words = f"not confirmed by measurement within {pursuit.patience_s:g} s"
    if pursuit.withdraw is not None and pursuit.phase is ReceiptPhase.ACCEPTED:
        pursuit.withdraw()
        words += "; it is withdrawn"
    return Progress(ReceiptPhase.FAILED, words)


def _receipt(accepted: Receipt, progress: Progress, now_ns: int) -> Receipt:
    failed = progress.phase is ReceiptPhase.FAILED
    return Receipt(
        request_id=accepted.request_id,
        phase=progress.phase,
        stamp_ns=now_ns,
        command=accepted.command,
        reason=progress.text if failed else "",
        detail=accepted.detail if failed or not progress.text else progress.text,
    )


# ── what confirms which request ──────────────────────────────────────────────────────────────────


def stopped(evidence: Evidence) -> Progress:
    """A stop: latched is effective, measured standstill confirms."""
    if evidence.telemetry.mode(evidence.now_ns) not in LATCHED_MODES:
        return ACCEPTED
    return Progress(ReceiptPhase.CONFIRMED, "latched, standstill measured") if evidence.standstill() else EFFECTIVE


def mode_reached(request_id: int, modes: frozenset[Mode], *, standstill: bool = False) -> Ask:
    """A mode request: the loop acted upon it, then the mode (and standstill) is reported."""

    def ask(evidence: Evidence) -> Progress:
        heartbeat = evidence.telemetry.heartbeats.get("control")
        acted = heartbeat is not None and heartbeat.mode_request_id >= request_id
        mode = evidence.telemetry.mode(evidence.now_ns)
        if acted and mode in modes and (not standstill or evidence.standstill()):
            return Progress(ReceiptPhase.CONFIRMED, mode.value)
        return EFFECTIVE if acted else ACCEPTED

    return ask


def task_done(task_id: int) -> Ask:
    """A task: running is effective, verified success confirms."""

    def ask(evidence: Evidence) -> Progress:
        task = evidence.queue.get(task_id)
        if task is None:
            return Progress(ReceiptPhase.FAILED, f"task {task_id} is no longer known")
        if task.status in FINAL:
            done = task.status is TaskStatus.SUCCEEDED
            return Progress(ReceiptPhase.CONFIRMED if done else ReceiptPhase.FAILED, task.reason or task.status.value)
        return ACCEPTED if task.attempt == 0 else Progress(ReceiptPhase.EFFECTIVE, str(task_id))

    return ask


def fault_shows(injection_id: int) -> Ask:
    """An injection: switched on at its seam is effective, the measured effect confirms."""

    def ask(evidence: Evidence) -> Progress:
        report = evidence.injections.report(injection_id)
        if report is None or report.phase in (FaultPhase.CLEARING, FaultPhase.CLEARED, FaultPhase.NOT_CLEARED):
            return Progress(ReceiptPhase.FAILED, "cleared before its effect was measured")
        measured = f"{report.effect_name} {report.effect_measured:.3g} {report.unit}"
        if report.phase is FaultPhase.NOT_EFFECTIVE:
            return Progress(ReceiptPhase.FAILED, f"not effective: {measured}")
        if report.phase is FaultPhase.EFFECTIVE:
            return Progress(ReceiptPhase.CONFIRMED, measured)
        return EFFECTIVE if report.phase is FaultPhase.INJECTED else ACCEPTED

    return ask


def faults_gone(injection_ids: Iterable[int]) -> Ask:
    """Clearing: confirmed when no effect is measured any more."""
    chosen = tuple(injection_ids)

    def ask(evidence: Evidence) -> Progress:
        reports = [evidence.injections.report(injection_id) for injection_id in chosen]
        phases = {report.phase for report in reports if report is not None}
        if FaultPhase.NOT_CLEARED in phases:
            return Progress(ReceiptPhase.FAILED, "an effect is still measured")
        return Progress(ReceiptPhase.CONFIRMED) if phases <= {FaultPhase.CLEARED} else ACCEPTED

    return ask


def process_runs(name: str, *, accepted_ns: int) -> Ask:
    """A restart: started is effective, a heartbeat of the new process confirms."""

    def ask(evidence: Evidence) -> Progress:
        state = next((one for one in evidence.processes if one.name == name), None)
        if state is None or state.since_ns < accepted_ns:
            return ACCEPTED
        if state.phase is ProcessPhase.RUNNING:
            return Progress(ReceiptPhase.CONFIRMED, f"{name} runs as process {state.pid}")
        if state.phase is ProcessPhase.DEAD:
            return Progress(ReceiptPhase.FAILED, state.detail)
        return EFFECTIVE

    return ask


def refilled(refill_id: int) -> Ask:
    """A refill: the plant says that it has laid out the parts."""

    def ask(evidence: Evidence) -> Progress:
        heartbeat = evidence.telemetry.heartbeats.get("plant")
        done = heartbeat is not None and heartbeat.refill_id >= refill_id
        return Progress(ReceiptPhase.CONFIRMED, f"set {refill_id}") if done else ACCEPTED

    return ask


def recording_grows(*, accepted_ns: int) -> Ask:
    """A recording: confirmed when the recorder reports a file with bytes in it."""

    def ask(evidence: Evidence) -> Progress:
        recorder = evidence.telemetry.heartbeats.get("recorder")
        if recorder is None or recorder.stamp_ns < accepted_ns + RECORDER_DELAY_NS:
            return ACCEPTED
        if recorder.recording_trouble:
            return Progress(ReceiptPhase.FAILED, recorder.recording_trouble)
        if recorder.recording_bytes > 0:
            return Progress(ReceiptPhase.CONFIRMED, recorder.recording)
        return EFFECTIVE if recorder.recording else ACCEPTED

    return ask


def recording_ended(evidence: Evidence) -> Progress:
    """Confirmed when the recorder reports no open file."""
    recorder = evidence.telemetry.heartbeats.get("recorder")
    ended = recorder is None or not recorder.recording
    return Progress(ReceiptPhase.CONFIRMED) if ended else ACCEPTED


def at_once(evidence: Evidence) -> Progress:
    """For what the supervisor itself has already done."""
    return Progress(ReceiptPhase.CONFIRMED)
