"""Answers requests: judges them, carries out what is allowed, and follows what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from runtime.messages import requests as ask
from runtime.messages.requests import Receipt, ReceiptPhase
from runtime.messages.state import Mode
from runtime.messages.system import Event
from runtime.messages.tasks import TaskStatus
from runtime.mistakes import UserMistake
from runtime.modes import POLICY_MODES
from runtime.supervision import pursuit
from runtime.supervision.oversight import Oversight
from runtime.supervision.policy_requests import (
    fallback_stands_by,
    policy_drives,
    policy_is_back,
    policy_is_free,
    shadow_runs,
)
from runtime.supervision.requests import Answered, Facts, mode_event_for, refusal, tag_of

SWAP_PATIENCE_S = 60.0
AFTER_LOAD_S = 10.0
"""Until a policy that has taken all the time that it may take to load drives, or has answered."""

FAULT_PATIENCE_S = 150.0
RESTART_PATIENCE_S = 40.0
STOP_PATIENCE_S = 3.0


@dataclass(frozen=True, slots=True)
class _Carried:
    """What carrying out a request led to."""

    ask: pursuit.Ask
    patience_s: float = 10.0
    detail: str = ""
    refused: str = ""
    """Why it could not be carried out after all."""

    withdraw: Callable[[], None] | None = None
    drop: Callable[[], None] | None = None
    """Takes the wish back when it was not fulfilled in time."""


@dataclass(slots=True)
class Answering:
    """From a request to its first receipt; later ones come from the oversight's pursuits."""

    oversight: Oversight
    new_recording: Callable[[], str]
    """Names a file for a recording that was asked for without one."""

    _answered: Answered = field(init=False, default_factory=Answered)

    def answer(self, request: ask.Request, *, now_ns: int) -> Receipt:
        """Judge and carry out; the same request id again gets the same receipt and has no second effect."""
        if (known := self._answered.recall(request.request_id)) is not None:
            return known
        reason = refusal(request, self._facts(now_ns))
        carried = None if reason else self._carry_out(request, now_ns)
        if carried is not None and carried.refused:
            reason, carried = carried.refused, None
        receipt = Receipt(
            request_id=request.request_id,
            phase=ReceiptPhase.REFUSED if carried is None else ReceiptPhase.ACCEPTED,
            stamp_ns=now_ns,
            command=tag_of(request.body),
            reason=reason,
            detail="" if carried is None else carried.detail,
        )
        self._answered.remember(receipt)
        self.oversight.issue(receipt)
        words = f"{receipt.command} by {request.asker}: {receipt.phase.value}" + (f", {reason}" if reason else "")
        self.oversight.say(Event(now_ns, "command", "warning" if reason else "info", words))
        if carried is not None:
            self.oversight.pursuits.follow(
                receipt, carried.ask, patience_s=carried.patience_s, withdraw=carried.withdraw, drop=carried.drop
            )
        return receipt

    def _facts(self, now_ns: int) -> Facts:
        over = self.oversight
        not_ready = over.not_ready_because(now_ns)
        recorder = over.recording()
        return Facts(
            telemetry=over.telemetry,
            desk=over.desk,
            injections=over.injections,
            alarms=over.alarms,
            processes={state.name: state.phase for state in over.processes.states()},
            ready=not not_ready,
            not_ready_because=not_ready,
            recording="" if recorder is not None and recorder.recording_trouble else over.wishes.recording,
            simulated=over.cell.simulated,
            robot=over.cell.robot,
            shutting_down=over.wishes.shutdown,
            now_ns=now_ns,
        )

    def _carry_out(self, request: ask.Request, now_ns: int) -> _Carried:
        over, body = self.oversight, request.body
        match body:
            case ask.Stop():
                over.press_stop(now_ns)
                over.modes.drop_all()
                return _Carried(pursuit.stopped, STOP_PATIENCE_S)
            case ask.Reset() | ask.Start() | ask.Pause():
                return self._change_mode(body, now_ns)
            case ask.AddTask():
                return self._add_task(body, request.request_id, now_ns)
            case ask.CancelTask():
                over.desk.cancel(body.task_id, now_ns=now_ns)
                return _Carried(_cancelled(body.task_id))
            case ask.SwapPolicy() | ask.SwapBack() | ask.PromoteShadow():
                return self._swap(self._newcomer(body), now_ns)
            case ask.SetShadow() | ask.SetFallback() | ask.ReturnFromFallback() | ask.TryPolicy():
                return self._change_roles(body)
            case ask.InjectFault() | ask.ClearFaults():
                return self._fault(body, now_ns)
            case _:
                return self._housekeeping(body, now_ns)

    def _housekeeping(self, body: ask.Body, now_ns: int) -> _Carried:
        over = self.oversight
        match body:
            case ask.AcknowledgeAlarm():
                return _Carried(pursuit.at_once, refused=over.alarms.acknowledge(body.alarm_id))
            case ask.RestartProcess():
                return self._restart(body.process, now_ns)
            case ask.Refill():
                over.wishes.refill_id += 1
                return _Carried(pursuit.refilled(over.wishes.refill_id), detail=str(over.wishes.refill_id))
            case ask.StartRecording():
                over.wishes.recording = body.file or self.new_recording()
                return _Carried(pursuit.recording_grows(accepted_ns=now_ns), detail=over.wishes.recording)
            case ask.StopRecording():
                over.wishes.recording = ""
                return _Carried(pursuit.recording_ended)
            case _:
                over.wishes.shutdown = True
                return _Carried(pursuit.at_once, detail="the arm stops, then every process ends")

    def _restart(self, name: str, now_ns: int) -> _Carried:
        asking = pursuit.process_runs(name, accepted_ns=now_ns)
        try:
            self.oversight.processes.restart(name)
        except UserMistake as mistake:
            return _Carried(asking, refused=mistake.what)
        return _Carried(asking, RESTART_PATIENCE_S)

    def _change_mode(self, body: ask.Reset | ask.Start | ask.Pause, now_ns: int) -> _Carried:
        mode = self.oversight.telemetry.mode(now_ns)
        event = mode_event_for(body, mode)
        if event is None:
            return _Carried(pursuit.at_once, refused="this request means no mode event")
        request_id = self.oversight.modes.ask(event)
        if isinstance(body, ask.Start):
            return _Carried(pursuit.mode_reached(request_id, POLICY_MODES), 3.0)
        if isinstance(body, ask.Pause):
            return _Carried(pursuit.mode_reached(request_id, frozenset({Mode.IDLE}), standstill=True), 5.0)
        target = Mode.PROTECTIVE_STOP if mode is Mode.FAULT else Mode.IDLE
        return _Carried(pursuit.mode_reached(request_id, frozenset({target})), 3.0)

    def _add_task(self, body: ask.AddTask, request_id: str, now_ns: int) -> _Carried:
        over = self.oversight
        key = body.key or f"request {request_id}"
        if (task := over.desk.queue.with_key(key)) is None:
            task = over.desk.add(
                body.instruction.strip(),
                now_ns=now_ns,
                priority=body.priority,
                time_limit_s=body.time_limit_s,
                retries=body.retries,
                key=key,
            )
            if not over.make_durable(over.desk.queue.take_changed(), now_ns=now_ns):
                over.pending.pop(task.task_id, None)
                over.desk.queue.take_back(task)
                return _Carried(pursuit.at_once, refused=f"the task is not durable: {over.store_trouble}")
        return _Carried(pursuit.task_done(task.task_id), pursuit.FOREVER_S, detail=str(task.task_id))

    def _newcomer(self, body: ask.SwapPolicy | ask.SwapBack | ask.PromoteShadow) -> str:
        """The policy that is to drive."""
        if isinstance(body, ask.SwapPolicy):
            return body.policy
        policy = self.oversight.telemetry.policy
        if policy is None:
            return self.oversight.wishes.policy
        promoted = isinstance(body, ask.PromoteShadow) and policy.shadow is not None
        return policy.shadow.name if promoted and policy.shadow is not None else policy.previous

    def _swap(self, name: str, now_ns: int) -> _Carried:
        over = self.oversight
        policy = over.telemetry.policy
        if over.fallback.stands_in_for == name:
            return self._change_roles(ask.ReturnFromFallback())
        over.wishes.policy = name
        over.wishes.swap_id += 1
        if over.wishes.shadow == name:
            over.wishes.shadow = ""  # it has left the shadow; without a new id nothing is changed by it
        old = policy.swap_refusal if policy is not None else ""
        asking = policy_drives(name, accepted_ns=now_ns, old_refusal=old)
        swap_id = over.wishes.swap_id
        withdraw, drop = self._stay_with(swap_id, tell=True), self._stay_with(swap_id, tell=False)
        return _Carried(asking, self._patience_s(name), detail=name, withdraw=withdraw, drop=drop)

    def _patience_s(self, name: str) -> float:
        """For a policy to come, which may have to be loaded."""
        policy = self.oversight.telemetry.policy
        entries = () if policy is None else policy.entries
        load_s = next((entry.load_s for entry in entries if entry.name == name), 0.0)
        return max(SWAP_PATIENCE_S, load_s + AFTER_LOAD_S)

    def _stay_with(self, swap_id: int, *, tell: bool) -> Callable[[], None]:
        """Takes back a swap unless another one was asked for since; a planner that refused it need not be told."""

        def take_back() -> None:
            wishes, policy = self.oversight.wishes, self.oversight.telemetry.policy
            if wishes.swap_id == swap_id and policy is not None:
                wishes.policy = policy.stands_in_for or policy.active
                wishes.swap_id += tell

        return take_back

    def _change_roles(self, body: ask.SetShadow | ask.SetFallback | ask.ReturnFromFallback | ask.TryPolicy) -> _Carried:
        wishes = self.oversight.wishes
        match body:
            case ask.SetShadow():
                wishes.shadow = body.policy
                wishes.shadow_id += 1
                asking = shadow_runs(body.policy, shadow_id=wishes.shadow_id)
                withdraw = self._no_shadow(wishes.shadow_id)
                return _Carried(asking, self._patience_s(body.policy), detail=body.policy, withdraw=withdraw)
            case ask.SetFallback():
                wishes.fallback = body.policy
                return _Carried(fallback_stands_by(body.policy), self._patience_s(body.policy), detail=body.policy)
            case ask.ReturnFromFallback():
                self.oversight.fallback.return_by_hand()
                return _Carried(policy_is_back)
            case ask.TryPolicy():
                wishes.release = body.policy
                wishes.release_id += 1
                asking = policy_is_free(body.policy, release_id=wishes.release_id)
                return _Carried(asking, self._patience_s(body.policy), detail=body.policy)

    def _no_shadow(self, shadow_id: int) -> Callable[[], None]:
        """Takes back a shadow unless another one was asked for since."""

        def withdraw() -> None:
            wishes = self.oversight.wishes
            if wishes.shadow_id == shadow_id:
                wishes.shadow = ""
                wishes.shadow_id += 1

        return withdraw

    def _fault(self, body: ask.InjectFault | ask.ClearFaults, now_ns: int) -> _Carried:
        injections = self.oversight.injections
        if isinstance(body, ask.ClearFaults):
            return _Carried(pursuit.faults_gone(injections.clear(body.fault_id, now_ns=now_ns)), FAULT_PATIENCE_S)
        injection_id = injections.inject(
            body.fault_id,
            body.severity,
            onset_ns=now_ns + int(body.delay_s * 1e9),
            duration_s=body.duration_s,
            seed=body.seed,
            now_ns=now_ns,
        )
        patience_s = FAULT_PATIENCE_S + body.delay_s
        return _Carried(pursuit.fault_shows(injection_id), patience_s, detail=str(injection_id))


def _cancelled(task_id: int) -> pursuit.Ask:
    def ask_queue(evidence: pursuit.Evidence) -> pursuit.Progress:
        task = evidence.queue.get(task_id)
        gone = task is None or task.status is TaskStatus.CANCELLED
        return pursuit.Progress(ReceiptPhase.CONFIRMED) if gone else pursuit.ACCEPTED

    return ask_queue
