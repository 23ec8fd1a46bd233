"""When the fallback policy stands in for the driving one, when that one drives again, and when a person is asked.

Decides only; the planner changes policies at its own border and the fast loop its mode. Every change says by which
rule, with measured value and limit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from msgspec.structs import replace

from runtime.messages.policy import PolicyState, PolicyStatus, Readiness
from runtime.messages.reasons import declined_by, suggested
from runtime.messages.state import ControlState, Mode
from runtime.messages.system import Event
from runtime.messages.tasks import Task, TaskStatus
from runtime.modes import ModeEvent
from runtime.supervision.failing import Cause, Rule, View, cause_of, is_unsure
from runtime.supervision.telemetry import fresh

ASK_AGAIN_NS = 500_000_000
HEALTHY_INFERENCE_S = 0.3
"""In time for the guard, which refuses what rests on pictures that are 0.4 s old."""

HEALTHY_LOOKS = 5
"""So many inferences in shadow since the fallback stands in, before a policy may be given the arm again by rule."""

BORDER_NS = 1_000_000_000
"""How long after a task has begun a policy may still be given it by rule; later it waits for the next one."""

_HOLDS = frozenset({Rule.UNSURE, Rule.QUARANTINED, Rule.DECLINED})
"""What asks for a person where nothing stands in; the others have their own ways."""


@dataclass(frozen=True, slots=True)
class FallbackOutput:
    """What follows from one look."""

    stand_in_for: str
    """The policy for which the fallback should drive; empty: for none."""

    ready: bool
    """Whether the fast loop may go over to the fallback by itself."""

    policy: PolicyState | None
    """The policy's state as the task desk should take it: a failure that the fallback makes good is none yet."""

    ask: tuple[ModeEvent, str] | None = None
    """A mode event with its reason."""

    events: tuple[Event, ...] = ()
    asks_person: bool = False
    """A person is being asked for, though the mode may not say so yet: no task begins now."""


@dataclass(frozen=True, slots=True)
class Trial:
    """The task under way and how it goes."""

    task: Task | None
    refused_in_row: int
    driven_s: float
    missed: str


class Lasting:
    """For how long something has held without a break."""

    def __init__(self) -> None:
        self._since_ns: int | None = None

    def look(self, now_ns: int, *, holds: bool) -> None:
        """Whether it holds now."""
        if not holds:
            self._since_ns = None
        elif self._since_ns is None:
            self._since_ns = now_ns

    def for_s(self, now_ns: int) -> float:
        """Seconds; 0 while it does not hold."""
        return 0.0 if self._since_ns is None else (now_ns - self._since_ns) * 1e-9


class FallbackKeeper:
    """State machine for both clocks: time and telemetry come in, wishes go out."""

    def __init__(self) -> None:
        self.used = 0
        """How often the fallback has stood in."""

        self._for = ""
        self._cause = ""
        self._declined = False
        self._declined_because = ""
        """The policy's own words about the task that it declined; a question where it asked one."""

        self._task_id = -1
        self._next_task: tuple[int, int] | None = None
        self._looks = 0
        self._interrupted = False
        self._by_hand = ""
        self._returning = ""
        self._asked_ns = self._person_asked_ns = -ASK_AGAIN_NS
        self._unsure = Lasting()
        self._obstacle = Lasting()
        self._events: list[Event] = []
        self._ask: tuple[ModeEvent, str] | None = None

    @property
    def stands_in_for(self) -> str:
        """The policy for which the fallback drives or is about to; empty when it does not."""
        return self._for

    def return_by_hand(self) -> None:
        """A person wants the policy back that the fallback stands in for."""
        self._by_hand = "a person asked for it"

    def tick(
        self,
        now_ns: int,
        *,
        control: ControlState | None,
        policy: PolicyState | None,
        running: Task | None,
        refused_in_row: int,
        driven_s: float = 0.0,
        missed: str = "",
    ) -> FallbackOutput:
        """One look; `running`: the task under way, `refused_in_row`: its chunks that the guard refused.

        `driven_s`: how long its attempt has been driven; `missed`: why its attempt before came to nothing.
        """
        self._events, self._ask = [], None
        if control is None or policy is None or not fresh(control, now_ns) or not fresh(policy, now_ns):
            return FallbackOutput(self._for, ready=False, policy=policy)
        driving = control.mode is Mode.AUTO and not self._for
        self._unsure.look(now_ns, holds=driving and is_unsure(policy))
        self._obstacle.look(now_ns, holds=driving and bool(policy.obstacle))
        if self._returning:
            self._go_back(control, now_ns)
        elif self._for:
            self._follow(control, policy, running, now_ns)
        elif control.mode is Mode.FALLBACK and policy.fallback:
            self._begin(control, policy, f"{Rule.SILENT.value}: {control.mode_reason}", running, now_ns)
        elif control.mode is Mode.AUTO:
            once = running is not None and running.task_id != self._task_id
            trial = Trial(running, refused_in_row, driven_s if once else 0.0, missed if once else "")
            self._judge(control, policy, trial, now_ns)
        available = policy.fallback_ready and not self._for
        heard = self._heard(policy, available=available)
        if self._ask is not None and self._ask[0] is ModeEvent.ASSIST_ASKED:
            self._person_asked_ns = now_ns
        asks_person = now_ns - self._person_asked_ns < ASK_AGAIN_NS
        return FallbackOutput(self._for, available, heard, self._ask, tuple(self._events), asks_person)

    # ── the policy drives ────────────────────────────────────────────────────────────────────────

    def _judge(self, control: ControlState, policy: PolicyState, trial: Trial, now_ns: int) -> None:
        running = trial.task
        view = View(
            policy,
            control,
            running.task_id if running is not None and running.status is TaskStatus.RUNNING else None,
            trial.refused_in_row,
            self._unsure.for_s(now_ns),
            self._obstacle.for_s(now_ns),
            driven_s=trial.driven_s,
            time_limit_s=math.inf if running is None else running.time_limit_s,
            missed=trial.missed,
        )
        cause = cause_of(view)
        if cause is None:
            return
        unanswerable = cause.rule is Rule.DECLINED and policy.unanswerable
        if policy.fallback_ready and not unanswerable:
            self._begin(control, policy, str(cause), running, now_ns)
        elif cause.rule in _HOLDS:
            self._hold(policy, cause, running, now_ns)

    def _hold(self, policy: PolicyState, cause: Cause, running: Task | None, now_ns: int) -> None:
        """Nothing stands in: the arm holds and a person is asked.

        A decline does so only for a policy that knows when it does not know, and not for a task that was begun
        before: that may be done already, which is looked at first.
        """
        begun_before = running is not None and running.attempt > 1
        if cause.rule is Rule.DECLINED and (policy.confidence_limit <= 0.0 or begun_before):
            return
        if now_ns - self._asked_ns >= ASK_AGAIN_NS:
            self._asked_ns = now_ns
            words = f"policy {policy.active}: {cause}"
            if cause.rule is Rule.DECLINED:
                words = declined_by(policy.active, cause.words)
            self._ask = ModeEvent.ASSIST_ASKED, words
            why = "no other policy is to try" if policy.fallback_ready else "no fallback is ready"
            self._say(now_ns, "warning", f"{policy.active} holds: {cause}; {why}")

    def _begin(self, control: ControlState, policy: PolicyState, cause: str, running: Task | None, now_ns: int) -> None:
        self.used += 1
        self._for = policy.stands_in_for or policy.active
        self._cause = cause
        self._declined = cause.startswith(Rule.DECLINED.value)
        self._declined_because = policy.reason if self._declined else ""
        self._task_id = -1 if running is None else running.task_id
        self._next_task = None
        self._looks = -1
        self._interrupted, self._by_hand = False, ""
        own = running is not None and policy.task_id == running.task_id
        told = f"; it is told: {policy.reading}" if policy.reading and own else ""
        who = f"{policy.fallback} stands in for {self._for} {policy.active_version}"
        self._say(now_ns, "warning", f"{who}: {cause}{told}")
        if control.mode is Mode.AUTO:
            self._ask_for(ModeEvent.FALLBACK_READY, f"policy {self._for}: {cause}; {policy.fallback} stands in", now_ns)

    # ── the fallback drives ──────────────────────────────────────────────────────────────────────

    def _follow(self, control: ControlState, policy: PolicyState, running: Task | None, now_ns: int) -> None:
        if policy.active not in (self._for, policy.fallback) or self._was_chosen(policy):
            self._end(control, policy, f"{policy.active} was chosen", now_ns)
        elif control.mode is Mode.FALLBACK:
            self._interrupted = False
            if _declines(policy, running):
                both = self._declined and policy.task_id == self._task_id
                who = f"{self._for} and {policy.active}" if both else policy.active
                words = declined_by(who, self._answered(policy).reason)
                self._say(now_ns, "warning", words)
                self._ask_for(ModeEvent.ASSIST_ASKED, words, now_ns)
                return
            why = self._way_back(policy, running, now_ns)
            if why:
                self._end(control, policy, why, now_ns)
        elif control.mode is not Mode.AUTO:
            self._interrupted = True
        elif self._interrupted and not _obstacle(policy, self._for) and not _is_absent(policy, self._for):
            self._end(control, policy, "a person started the cell", now_ns)
        elif now_ns - self._asked_ns >= ASK_AGAIN_NS:
            self._ask_for(ModeEvent.FALLBACK_READY, f"policy {self._for}: {self._cause}", now_ns)

    def _was_chosen(self, policy: PolicyState) -> bool:
        """Whether the fallback drives because a person wants it to, and not instead of another."""
        return policy.active == policy.fallback and not policy.stands_in_for

    def _way_back(self, policy: PolicyState, running: Task | None, now_ns: int) -> str:
        """Why the policy may drive again; empty while it may not."""
        healthy, at_border = self._healthy(policy), self._at_border(running, now_ns)
        if _obstacle(policy, self._for):
            self._by_hand = ""
            return ""
        if self._by_hand:
            return "" if _is_absent(policy, self._for) else self._by_hand
        return "next task, it answers in time and well-formed" if healthy and at_border else ""

    def _at_border(self, running: Task | None, now_ns: int) -> bool:
        """Between two tasks, or at the beginning of one that is not that in which the policy failed."""
        if running is None:
            return True
        if running.task_id == self._task_id:
            return False
        if self._next_task is None or self._next_task[0] != running.task_id:
            self._next_task = running.task_id, now_ns
        return now_ns - self._next_task[1] <= BORDER_NS

    def _healthy(self, policy: PolicyState) -> bool:
        """By what it has answered in shadow since the fallback stands in."""
        shadow = policy.shadow
        if shadow is None or shadow.name != self._for or shadow.readiness is not Readiness.READY or shadow.obstacle:
            return False
        if self._looks < 0 or shadow.inferences < self._looks:
            self._looks = shadow.inferences
        seen = shadow.inferences - self._looks
        return seen >= HEALTHY_LOOKS and shadow.failures == 0 and shadow.inference_s <= HEALTHY_INFERENCE_S

    def _end(self, control: ControlState, policy: PolicyState, why: str, now_ns: int) -> None:
        name = policy.active if policy.active not in (self._for, policy.fallback) else self._for
        if self._was_chosen(policy):
            name = policy.active
        self._say(now_ns, "info", f"{name} drives again: {why}")
        self._for = self._by_hand = ""
        if control.mode is Mode.FALLBACK:
            self._returning = f"policy {name} drives again: {why}"
            self._ask_for(ModeEvent.POLICY_BACK, self._returning, now_ns)

    def _go_back(self, control: ControlState, now_ns: int) -> None:
        if control.mode is not Mode.FALLBACK:
            self._returning = ""
        elif now_ns - self._asked_ns >= ASK_AGAIN_NS:
            self._ask_for(ModeEvent.POLICY_BACK, self._returning, now_ns)

    # ── details ──────────────────────────────────────────────────────────────────────────────────

    def _heard(self, policy: PolicyState, *, available: bool) -> PolicyState:
        """What a policy says that is being relieved does not end the task, nor does a single bad answer."""
        relieved = bool(self._for) and policy.active == self._for
        one_bad = available and policy.failures > 0
        return replace(policy, status=PolicyStatus.WORKING) if relieved or one_bad else self._answered(policy)

    def _answered(self, policy: PolicyState) -> PolicyState:
        """With the policy's own reason first, where the fallback declines the same; alone if it asks something."""
        own = self._declined_because
        both = bool(own) and policy.task_id == self._task_id and policy.active == policy.fallback
        if not both or not self._for or policy.status is not PolicyStatus.DECLINED or own == policy.reason:
            return policy
        return replace(policy, reason=own if suggested(own) else f"{own}; {policy.active}: {policy.reason}")

    def _ask_for(self, event: ModeEvent, reason: str, now_ns: int) -> None:
        self._asked_ns = now_ns
        self._ask = event, reason

    def _say(self, now_ns: int, level: str, text: str) -> None:
        self._events.append(Event(now_ns, "policy", level, text))


def _declines(policy: PolicyState, running: Task | None) -> bool:
    """Whether the fallback declines the task under way: a person is asked then, whatever it stands in for.

    Not about a task that was begun before: that may be done already, which is looked at first.
    """
    if running is None or running.status is not TaskStatus.RUNNING or running.attempt > 1:
        return False
    told = policy.status is PolicyStatus.DECLINED and policy.task_id == running.task_id
    return told and policy.active == policy.fallback


def _is_absent(policy: PolicyState, name: str) -> bool:
    """Whether nothing speaks against it, but it is not loaded yet."""
    absent = (Readiness.LOADING, Readiness.AVAILABLE)
    return any(entry.name == name and entry.readiness in absent for entry in policy.entries)


def _obstacle(policy: PolicyState, name: str) -> str:
    return next((entry.obstacle for entry in policy.entries if entry.name == name), "")
