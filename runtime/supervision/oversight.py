"""What the supervisor knows and decides: telemetry and requests come in, orders and telemetry go out.

Owns no socket and reads no clock; the supervisor process and tests drive it. Rule of the house: whatever
a task becomes is durable before anything follows from it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from msgspec.structs import replace

from runtime.messages.camera import Frame, SceneBelief
from runtime.messages.cell import CellDescription
from runtime.messages.faults import FaultKind
from runtime.messages.orders import Heartbeat, Orders
from runtime.messages.plan import VerdictReport
from runtime.messages.policy import PolicyState
from runtime.messages.requests import Receipt
from runtime.messages.state import CELL_ENDS, ControlState, Mode, RobotState
from runtime.messages.system import Event, ProcessPhase, ProcessState
from runtime.messages.tasks import Task
from runtime.modes import LATCHED_MODES, POLICY_MODES, ModeEvent
from runtime.supervision.alarms import AlarmBook, Condition
from runtime.supervision.conditions import CAMERA_FROZEN_S, Measures, conditions, left_stopped, tasks_not_durable
from runtime.supervision.desk import DeskOutput, TaskDesk
from runtime.supervision.fallback import FallbackKeeper, FallbackOutput
from runtime.supervision.injections import Injections
from runtime.supervision.measures import FrictionWatch, FrozenPictures
from runtime.supervision.mode_requests import ModeRequests
from runtime.supervision.policy_story import policy_story
from runtime.supervision.pursuit import Evidence, Pursuits
from runtime.supervision.store import StoreTrouble
from runtime.supervision.telemetry import Telemetry, fresh, policy_obstacle
from runtime.supervision.why import Situation, why_not_moving

SEAM_REPORT_FRESH_NS = 2_000_000_000
SAVE_AGAIN_NS = 1_000_000_000
AUTOSTART_AGAIN_NS = 2_000_000_000
ALARM_PERIOD_NS = 50_000_000
HISTORY_KEPT = 200
"""Lines of the timeline that a console gets which joins later."""


class ProcessPort(Protocol):
    """Those who start and watch the workers."""

    def states(self) -> tuple[ProcessState, ...]:
        """Every worker."""
        ...

    def restart(self, name: str) -> None:
        """Start a dead or hanging worker again."""
        ...


@dataclass(slots=True)
class Wishes:
    """The part of the orders that requests change and nothing computes."""

    policy: str
    swap_id: int = 0
    shadow: str = ""
    shadow_id: int = 0
    fallback: str = ""
    release: str = ""
    release_id: int = 0
    refill_id: int = 0
    recording: str = ""
    shutdown: bool = False
    """Asked for; the workers are told once the arm stands still."""


@dataclass(slots=True)
class Oversight:
    """All state of a session; call `receive`, `requests_desk.answer` and `tick` from one thread."""

    cell: CellDescription
    catalogue: tuple[FaultKind, ...]
    desk: TaskDesk
    processes: ProcessPort
    press_stop: Callable[[int], None]
    save: Callable[[tuple[Task, ...]], None]
    """Makes tasks durable; raises `StoreTrouble`."""

    wishes: Wishes
    autostart: bool = False
    """Asks for START by itself, once, when everything is ready for the first time."""

    left_stopped: str = ""
    """How the session before was left, when that was in a latched stop: nothing starts by itself then."""

    note_stop: Callable[[str], None] = lambda words: None
    """Remembers for the next session that the cell is stopped, and why; empty: it no longer is."""

    telemetry: Telemetry = field(init=False, default_factory=Telemetry)
    injections: Injections = field(init=False)
    alarms: AlarmBook = field(init=False, default_factory=AlarmBook)
    modes: ModeRequests = field(init=False, default_factory=ModeRequests)
    pursuits: Pursuits = field(init=False, default_factory=Pursuits)
    fallback: FallbackKeeper = field(init=False, default_factory=FallbackKeeper)
    verdicts: dict[tuple[str, str], int] = field(init=False, default_factory=dict[tuple[str, str], int])
    """Newest count by place and reason."""

    pending: dict[int, Task] = field(init=False, default_factory=dict[int, Task])
    """Changed tasks that are not durable yet."""

    history: deque[Event] = field(init=False, default_factory=lambda: deque[Event](maxlen=HISTORY_KEPT))
    """The newest lines of the timeline that were taken, oldest first."""

    _pictures: FrozenPictures = field(init=False, default_factory=FrozenPictures)
    _friction: FrictionWatch = field(init=False)
    _events: list[Event] = field(init=False, default_factory=list[Event])
    _receipts: list[Receipt] = field(init=False, default_factory=list[Receipt])
    _desk_output: DeskOutput | None = field(init=False, default=None)
    store_trouble: str = field(init=False, default="")
    """Why tasks cannot be made durable now; empty while they can."""

    _save_again_ns: int = field(init=False, default=0)
    _autostart_ns: int = field(init=False, default=0)
    _alarms_due_ns: int = field(init=False, default=0)
    _last_mode: Mode | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.injections = Injections(self.catalogue, self.cell)
        self._friction = FrictionWatch(self.cell.robot)
        self.autostart = self.autostart and not self.left_stopped

    # ── in ───────────────────────────────────────────────────────────────────────────────────────

    def receive(self, message: Any, pixels: bytes | memoryview | None, *, now_ns: int) -> None:  # any record
        """Take one telemetry message of a worker."""
        known = self.telemetry
        match message:
            case ControlState():
                self.telemetry = replace(known, control=message)
            case RobotState():
                self.telemetry = replace(known, robot=message)
                self._friction.look(message)
            case PolicyState():
                self._events.extend(policy_story(known.policy, message))
                self.telemetry = replace(known, policy=message)
            case SceneBelief():
                self.telemetry = replace(known, belief=message)
            case Heartbeat():
                known.heartbeats[message.process] = message
            case Frame():
                known.frames[message.camera] = message
                if pixels is not None:
                    self._pictures.look(message, pixels, now_ns=now_ns)
            case VerdictReport():
                self.verdicts[message.place, message.verdict.reason.value] = message.count
            case _:
                return
        self.injections.observe(message, pixels, now_ns=now_ns)

    # ── think ────────────────────────────────────────────────────────────────────────────────────

    def tick(self, now_ns: int) -> Orders:
        """One round; returns the whole desired state of the workers (without sequence number)."""
        kept = self._keep_going(now_ns)
        out = self._desk_output = self._work_off(kept, now_ns)
        self._events.extend(out.events)
        durable = self.make_durable(out.changed, now_ns=now_ns)
        if out.mode_event is not None:
            self.modes.ask(out.mode_event)
        self._watch_mode(now_ns)
        self._start_by_itself(now_ns)
        self._events.extend(self.injections.tick(effective_at_seams=self._on_at_seams(now_ns), now_ns=now_ns))
        self._receipts.extend(self.pursuits.tick(self._evidence(now_ns)))
        if now_ns >= self._alarms_due_ns:
            self._alarms_due_ns = now_ns + ALARM_PERIOD_NS
            self._events.extend(self.alarms.update(self._conditions(out, now_ns), now_ns=now_ns))
        heartbeat = self.telemetry.heartbeats.get("control")
        acted_id = heartbeat.mode_request_id if heartbeat is not None else 0
        return Orders(
            stamp_ns=now_ns,
            sequence=0,
            mode_request=self.modes.tick(acted_id=acted_id, now_ns=now_ns),
            assignment=out.assignment if durable else None,
            policy=self.wishes.policy,
            swap_id=self.wishes.swap_id,
            shadow=self.wishes.shadow,
            shadow_id=self.wishes.shadow_id,
            fallback=self.wishes.fallback,
            stand_in_for=kept.stand_in_for,
            stand_in_ready=kept.ready,
            release=self.wishes.release,
            release_id=self.wishes.release_id,
            faults=self.injections.orders(),
            refill_id=self.wishes.refill_id,
            recording=self.wishes.recording,
        )

    def make_durable(self, changed: tuple[Task, ...], *, now_ns: int) -> bool:
        """Save changed tasks and those left over; whether everything is on disk now."""
        self.pending.update((task.task_id, task) for task in changed)
        if not self.pending:
            return True
        if self.store_trouble and now_ns < self._save_again_ns:
            return False
        try:
            self.save(tuple(self.pending.values()))
        except StoreTrouble as trouble:
            self.store_trouble = str(trouble)
            self._save_again_ns = now_ns + SAVE_AGAIN_NS
            return False
        self.store_trouble = ""
        self.pending.clear()
        return True

    # ── out ──────────────────────────────────────────────────────────────────────────────────────

    def take_events(self) -> tuple[Event, ...]:
        """Lines for the timeline since the last call; the newest of all are kept as `history`."""
        events, self._events = tuple(self._events), []
        self.history.extend(events)
        return events

    def take_receipts(self) -> tuple[Receipt, ...]:
        """Receipts of requests that came a phase further since the last call."""
        receipts, self._receipts = tuple(self._receipts), []
        return receipts

    def say(self, event: Event) -> None:
        """Add a line to the timeline."""
        self._events.append(event)

    def issue(self, receipt: Receipt) -> None:
        """Add a receipt to be published."""
        self._receipts.append(receipt)

    def why(self, now_ns: int) -> str:
        """Why is it not moving, in one line."""
        out = self._desk_output
        return why_not_moving(
            Situation(
                telemetry=self.telemetry,
                processes=self.processes.states(),
                running=self.desk.running,
                queued=len(self.desk.queue.open) - (self.desk.running is not None),
                desk_obstacle=out.obstacle if out is not None else "",
                person_needed=self.desk.waiting_for_person,
                shutting_down=self.wishes.shutdown,
                now_ns=now_ns,
            )
        )

    def not_ready_because(self, now_ns: int) -> str:
        """The first check before motion that does not hold; empty when the cell is ready."""
        for process in self.processes.states():
            if process.phase is not ProcessPhase.RUNNING and process.name != "recorder":
                return f"process {process.name} is {process.phase.value}"
        known = self.telemetry
        if not fresh(known.control, now_ns):
            return "the control process reports nothing"
        if not fresh(known.robot, now_ns):
            return "no measured state of the arm"
        if (obstacle := policy_obstacle(known.policy, now_ns)) != "":
            return obstacle
        return "" if fresh(known.belief, now_ns) else "no camera picture of tray and totes yet"

    def recording(self) -> Heartbeat | None:
        """How the recorder stands."""
        return self.telemetry.heartbeats.get("recorder")

    # ── details ──────────────────────────────────────────────────────────────────────────────────

    def _keep_going(self, now_ns: int) -> FallbackOutput:
        """Let the fallback stand in where the driving policy cannot go on."""
        known, desk = self.telemetry, self.desk
        kept = self.fallback.tick(
            now_ns,
            control=known.control,
            policy=known.policy,
            running=desk.running,
            refused_in_row=desk.refused_in_row,
            driven_s=desk.driven_s,
            missed=desk.missed,
        )
        self._events.extend(kept.events)
        if kept.ask is not None:
            event, reason = kept.ask
            self.modes.ask(event, reason=reason)
        return kept

    def _work_off(self, kept: FallbackOutput, now_ns: int) -> DeskOutput:
        known = self.telemetry
        return self.desk.tick(
            now_ns,
            control=known.control,
            policy=kept.policy,
            belief=known.belief,
            robot=known.robot,
            held="a person is asked first" if kept.asks_person else "",
        )

    def _watch_mode(self, now_ns: int) -> None:
        mode = self.telemetry.mode(now_ns)
        if mode is None or mode is self._last_mode:
            return
        control = self.telemetry.control
        reason = f": {control.mode_reason}" if control is not None and control.mode_reason else ""
        level = "warning" if mode in LATCHED_MODES or mode is Mode.ASSIST else "info"
        self._events.append(Event(now_ns, "mode", level, f"{mode.value}{reason}"))
        self._last_mode = mode
        if mode in LATCHED_MODES or mode in POLICY_MODES:
            self.autostart = False  # once; after a stop a person starts
        if mode in POLICY_MODES:
            self.left_stopped = ""
        ends = self.wishes.shutdown or reason == f": {CELL_ENDS}"
        if mode in LATCHED_MODES and not ends:
            self.note_stop(f"{mode.value.replace('_', ' ')}{reason}")
        elif mode not in LATCHED_MODES and not self.left_stopped:
            self.note_stop("")

    def _start_by_itself(self, now_ns: int) -> None:
        if not self.autostart or now_ns < self._autostart_ns or self.telemetry.mode(now_ns) is not Mode.IDLE:
            return
        if not self.not_ready_because(now_ns):
            self._autostart_ns = now_ns + AUTOSTART_AGAIN_NS
            self.modes.ask(ModeEvent.START)

    def _on_at_seams(self, now_ns: int) -> frozenset[str]:
        return frozenset(
            fault_id
            for heartbeat in self.telemetry.heartbeats.values()
            if now_ns - heartbeat.stamp_ns <= SEAM_REPORT_FRESH_NS
            for fault_id in heartbeat.faults_effective
        )

    def _evidence(self, now_ns: int) -> Evidence:
        return Evidence(
            telemetry=self.telemetry,
            queue=self.desk.queue,
            injections=self.injections,
            processes=self.processes.states(),
            now_ns=now_ns,
        )

    def _conditions(self, out: DeskOutput, now_ns: int) -> list[Condition]:
        recorder = self.recording()
        frozen = self._pictures.cameras(now_ns, over_s=CAMERA_FROZEN_S)
        found = conditions(
            self.telemetry,
            cell=self.cell,
            processes=self.processes.states(),
            measures=Measures(self._pictures.frozen_s(now_ns), frozen, self._friction.rise()),
            recording_trouble=recorder.recording_trouble if recorder is not None else "",
            now_ns=now_ns,
        )
        if self.store_trouble:
            found.append(tasks_not_durable(self.store_trouble))
        if self.left_stopped:
            found.append(left_stopped(self.left_stopped))
        return [*found, *out.conditions]
