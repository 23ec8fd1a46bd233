"""The supervisor process: wait, think, publish, 100 times a second; starts the workers and ends them."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from msgspec.structs import replace

from runtime.link.publisher import Publisher
from runtime.link.requests import RequestServer
from runtime.link.session import SessionFolder, SessionTrouble
from runtime.link.stop_flag import StopCause, StopFlag
from runtime.link.subscriber import Subscriber
from runtime.messages import topics
from runtime.messages.card import PolicyCard, PolicyCards
from runtime.messages.cell import CellDescription
from runtime.messages.faults import FaultKind
from runtime.messages.orders import Orders
from runtime.messages.requests import AddTask, Request
from runtime.messages.system import Event, History, SystemState
from runtime.modes import POLICY_MODES, ModeEvent
from runtime.supervision.answering import Answering
from runtime.supervision.desk import TaskDesk
from runtime.supervision.last_stop import LastStop
from runtime.supervision.metrics import CellCollector, Figures, MetricsPage
from runtime.supervision.oversight import Oversight, Wishes
from runtime.supervision.processes import Children, ProcessSpec
from runtime.supervision.pursuit import STANDSTILL_RAD_S
from runtime.supervision.store import TaskStore
from runtime.supervision.tasks import TaskQueue
from runtime.supervision.timetable import Timetable

PERIOD_NS = 10_000_000
FIGURES_PERIOD_NS = 500_000_000
FOLDER_PERIOD_NS = 1_000_000_000
"""How often the session folder is looked for."""

PAUSE_PATIENCE_NS = 1_500_000_000
BRAKE_PATIENCE_NS = 300_000_000
FAREWELL_NS = 200_000_000
LEAVE_PATIENCE_S = 3.0
SWITCH_INTERVAL_S = 0.0005
"""The thread that watches for deaths has to get the interpreter within half a millisecond, not five."""

_HEARD = tuple(
    topic for topic in topics.TOPICS if topic.writer != "supervisor" and topic not in (topics.TICKS, topics.PLANS)
)
_STEADY = tuple(topic for topic in topics.TOPICS if topic.writer == "supervisor" and topic.rate_hz)


@dataclass(frozen=True, slots=True)
class SupervisorOptions:
    """What a session may choose besides its cell and processes."""

    policy: str
    data_folder: Path
    """Holds the durable tasks of this cell."""

    recordings_folder: Path
    log_folder: Path
    mismatch: str
    seed: int
    shadow: str = ""
    """The policy that runs in shadow from the start; empty: none."""

    fallback: str = ""
    """The policy that stands in for one that cannot go on; empty: none."""

    record: str = ""
    """File to record to from the start; empty: none."""

    metrics_port: int | None = None
    """None: no Prometheus page; 0: any free port."""

    metrics_host: str = "127.0.0.1"
    autostart: bool = False
    heeds_last_stop: bool = False
    """Does not start by itself where the session before was left in a latched stop."""

    auto_restart: bool = False
    first_tasks: tuple[AddTask, ...] = ()
    """Queued at the start when nothing else is open."""

    cards: tuple[PolicyCard, ...] = ()
    """Of every policy that is there."""


@dataclass(slots=True)
class _Farewell:
    """How far the orderly end has come."""

    since_ns: int
    braked_ns: int = 0
    told_ns: int = 0


@dataclass(slots=True)
class Supervisor:
    """One session of one cell. Build it, `run` it; `ask_to_end` from a signal handler or another thread."""

    cell: CellDescription
    session: SessionFolder
    specs: tuple[ProcessSpec, ...]
    catalogue: tuple[FaultKind, ...]
    options: SupervisorOptions
    children: Children = field(init=False)
    oversight: Oversight = field(init=False)
    _answering: Answering = field(init=False)
    _store: TaskStore = field(init=False)
    _stop_flag: StopFlag = field(init=False)
    _page: MetricsPage | None = field(init=False, default=None)
    _collector: CellCollector = field(init=False, default_factory=CellCollector)
    _timetable: Timetable = field(init=False)
    _started_ns: int = field(init=False, default=0)
    _started_wall_ns: int = field(init=False, default=0)
    _orders: Orders | None = field(init=False, default=None)
    _figures_due_ns: int = field(init=False, default=0)
    _farewell: _Farewell | None = field(init=False, default=None)
    _end_asked: bool = field(init=False, default=False)
    _folder_due_ns: int = field(init=False, default=0)
    _folder_lost: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        """Open store, stop flag and page; raises `UserMistake` with everything closed again."""
        self._started_ns, self._started_wall_ns = time.monotonic_ns(), time.time_ns()
        self._timetable = Timetable(_STEADY)
        if self.options.metrics_port is not None:
            self._page = MetricsPage(self._collector, port=self.options.metrics_port, host=self.options.metrics_host)
        try:
            self._store = TaskStore(self.options.data_folder)
        except BaseException:
            self._close_page()
            raise
        self._stop_flag = StopFlag.create(self.session)
        self.children = Children(
            specs=self.specs,
            log_folder=self.options.log_folder,
            clock_ns=time.monotonic_ns,
            stop_cell=self._stop_for_process,
            auto_restart=self.options.auto_restart,
        )
        self.oversight = self._new_oversight()
        self._answering = Answering(self.oversight, new_recording=self._new_recording)

    def _stop_for_process(self, now_ns: int, cause: StopCause, name: str) -> None:
        self._stop_flag.set(now_ns, cause, process=name)

    def ask_to_end(self) -> None:
        """Stop the arm, then end every process; `run` returns when that is done."""
        self._end_asked = True

    def run(self) -> None:
        """Serve until shut down. Leaves no process, socket or thread behind, whatever happens.

        Raises `SessionTrouble` when it ended because the session folder was taken away.
        """
        interval_s = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        try:
            with (
                Publisher(self.session, "supervisor") as publisher,
                RequestServer(self.session) as server,
                Subscriber(self.session, _HEARD) as subscriber,
            ):
                self._add_first_tasks()
                self.children.start_all()
                self._serve(publisher, server, subscriber)
        finally:
            sys.setswitchinterval(interval_s)
            self._close()
        if self._folder_lost:
            raise SessionTrouble(self._loss(), remedy="start it again; let nothing clear that folder while a cell runs")

    # ── the loop ─────────────────────────────────────────────────────────────────────────────────

    def _serve(self, publisher: Publisher, server: RequestServer, subscriber: Subscriber) -> None:
        next_ns = time.monotonic_ns()
        while True:
            wait_s = max(0.0, (next_ns - time.monotonic_ns()) * 1e-9)
            for received in subscriber.poll(wait_s):
                self.oversight.receive(received.message, received.pixels, now_ns=received.received_ns)
            self._answer(server)
            now_ns = time.monotonic_ns()
            if now_ns < next_ns:
                continue
            next_ns = max(next_ns + PERIOD_NS, now_ns)
            self._look_for_folder(now_ns)
            self._think(publisher, subscriber.gaps, now_ns)
            if self._end_asked:
                self.oversight.wishes.shutdown = True
            if self.oversight.wishes.shutdown and self._say_farewell(now_ns):
                return

    def _answer(self, server: RequestServer) -> None:
        for handle, asked in server.poll(0.0):
            now_ns = time.monotonic_ns()
            if isinstance(asked, Request):
                server.reply(handle, self._answering.answer(asked, now_ns=now_ns))
            else:
                server.reply(handle, asked.receipt(now_ns))

    def _think(self, publisher: Publisher, gaps: dict[str, int], now_ns: int) -> None:
        for event in self.children.tick(self.oversight.telemetry.heartbeats):
            self.oversight.say(event)
        orders = self.oversight.tick(now_ns)
        self._send_orders(publisher, orders, now_ns)
        for receipt in self.oversight.take_receipts():
            publisher.send(topics.RECEIPTS, receipt)
        for event in self.oversight.take_events():
            publisher.send(topics.EVENTS, event)
        self._send_steady(publisher, gaps, now_ns)
        if self._page is not None and now_ns >= self._figures_due_ns:
            self._figures_due_ns = now_ns + FIGURES_PERIOD_NS
            self._collector.figures = self._figures(now_ns)

    def _send_orders(self, publisher: Publisher, orders: Orders, now_ns: int) -> None:
        if self._farewell is not None and self._farewell.told_ns:
            orders = replace(orders, shutdown=True, assignment=None)
        before = self._orders
        sequence = before.sequence if before is not None else 0
        if before is None or before != replace(orders, stamp_ns=before.stamp_ns, sequence=sequence):
            self._timetable.sent_early(topics.ORDERS, now_ns)
            orders = replace(orders, sequence=sequence + 1)
        elif self._timetable.due(topics.ORDERS, now_ns):
            orders = replace(orders, sequence=sequence)
        else:
            return
        self._orders = orders
        publisher.send(topics.ORDERS, orders)

    def _send_steady(self, publisher: Publisher, gaps: dict[str, int], now_ns: int) -> None:
        over, due = self.oversight, self._timetable.due
        if due(topics.CELL, now_ns):
            publisher.send(topics.CELL, self.cell)
        if due(topics.CARDS, now_ns):
            publisher.send(topics.CARDS, PolicyCards(now_ns, self.options.cards))
        if due(topics.HISTORY, now_ns):
            publisher.send(topics.HISTORY, History(now_ns, tuple(over.history)))
        if due(topics.SYSTEM, now_ns):
            publisher.send(topics.SYSTEM, self._system_state(gaps, now_ns))
        if due(topics.TASKS, now_ns):
            publisher.send(topics.TASKS, over.desk.task_list(now_ns))
        if due(topics.ALARMS, now_ns):
            publisher.send(topics.ALARMS, over.alarms.alarm_list(now_ns=now_ns))
        if due(topics.FAULTS, now_ns):
            publisher.send(topics.FAULTS, over.injections.fault_state(now_ns))

    def _look_for_folder(self, now_ns: int) -> None:
        """Without its folder nobody can join or stop this cell any more, and another one could claim its name: end."""
        if now_ns < self._folder_due_ns or self._folder_lost:
            return
        self._folder_due_ns = now_ns + FOLDER_PERIOD_NS
        if self.session.is_kept() and self._stop_flag.is_current():
            return
        self._folder_lost = True
        self.oversight.say(Event(now_ns, "process", "error", f"the cell ends: {self._loss()}"))
        self.ask_to_end()

    def _loss(self) -> str:
        return f"the session folder {self.session.path} was removed or replaced while the cell ran"

    # ── the end ──────────────────────────────────────────────────────────────────────────────────

    def _say_farewell(self, now_ns: int) -> bool:
        """One look at the orderly end: hold, brake, tell the workers. True when they may be waited for."""
        farewell = self._farewell
        if farewell is None:
            self._farewell = _Farewell(since_ns=now_ns)
            if self.oversight.telemetry.mode(now_ns) in POLICY_MODES:
                self.oversight.modes.ask(ModeEvent.PAUSE)
            return False
        if not farewell.braked_ns:
            if self._stands_still(now_ns) or now_ns - farewell.since_ns > PAUSE_PATIENCE_NS:
                farewell.braked_ns = now_ns
                self._stop_flag.set(now_ns, StopCause.CELL_ENDS)
            return False
        if not farewell.told_ns:
            if now_ns - farewell.braked_ns > BRAKE_PATIENCE_NS:
                farewell.told_ns = now_ns
                self.children.expect_end()
            return False
        return now_ns - farewell.told_ns > FAREWELL_NS

    def _stands_still(self, now_ns: int) -> bool:
        robot = self.oversight.telemetry.robot
        if robot is None or self.oversight.telemetry.mode(now_ns) in POLICY_MODES:
            return robot is None
        return max(map(abs, robot.dq_rad_s), default=0.0) < STANDSTILL_RAD_S

    def _close(self) -> None:
        self._stop_flag.set(time.monotonic_ns(), StopCause.CELL_ENDS)
        self.children.expect_end()
        told = self._farewell is not None and self._farewell.told_ns
        self.children.end_all(patience_s=LEAVE_PATIENCE_S if told else 0.0)
        self._stop_flag.close()
        self._store.close()
        self._close_page()

    def _close_page(self) -> None:
        if self._page is not None:
            self._page.close()

    # ── what is built and told ───────────────────────────────────────────────────────────────────

    def _new_oversight(self) -> Oversight:
        last_stop = LastStop(self.options.data_folder)
        queue = TaskQueue(self._store.recover(wall_ns=self._started_wall_ns))
        desk = TaskDesk(self.cell, queue=queue, wall_offset_ns=self._started_wall_ns - self._started_ns)
        return Oversight(
            cell=self.cell,
            catalogue=self.catalogue,
            desk=desk,
            processes=self.children,
            press_stop=self._stop_flag.set,
            save=self._store.save,
            wishes=Wishes(
                policy=self.options.policy,
                shadow=self.options.shadow,
                shadow_id=int(bool(self.options.shadow)),
                fallback=self.options.fallback,
                recording=self.options.record,
            ),
            autostart=self.options.autostart,
            left_stopped=last_stop.left if self.options.heeds_last_stop else "",
            note_stop=last_stop.note,
        )

    def _add_first_tasks(self) -> None:
        desk, now_ns = self.oversight.desk, time.monotonic_ns()
        for task in () if desk.queue.open else self.options.first_tasks:
            desk.add(
                task.instruction,
                now_ns=now_ns,
                priority=task.priority,
                time_limit_s=task.time_limit_s,
                retries=task.retries,
                key=task.key,
            )
        self.oversight.make_durable(desk.queue.take_changed(), now_ns=now_ns)

    def _new_recording(self) -> str:
        name = f"{self.cell.name}-{datetime.now():%Y%m%d-%H%M%S}.mcap"
        return str(self.options.recordings_folder / name)

    def _system_state(self, gaps: dict[str, int], now_ns: int) -> SystemState:
        over = self.oversight
        recorder = over.recording()
        return SystemState(
            stamp_ns=now_ns,
            session=self.session.session_id,
            cell=self.cell.name,
            scene=self.cell.scene,
            mismatch=self.options.mismatch,
            seed=self.options.seed,
            started_wall_ns=self._started_wall_ns,
            ready=not over.not_ready_because(now_ns),
            why_not_moving=over.why(now_ns),
            processes=self.children.states(),
            recording=recorder.recording if recorder is not None else "",
            recording_bytes=recorder.recording_bytes if recorder is not None else 0,
            recording_trouble=recorder.recording_trouble if recorder is not None else "",
            gaps=dict(gaps),
            hardware_estop="none (simulated cell)" if self.cell.simulated else "unknown",
            metrics_address=self._page.address if self._page is not None else "",
            fallbacks=over.fallback.used,
        )

    def _figures(self, now_ns: int) -> Figures:
        over = self.oversight
        control, policy, robot = over.telemetry.control, over.telemetry.policy, over.telemetry.robot
        tasks = over.desk.task_list(now_ns)
        verdicts: dict[str, int] = {}
        for (_, reason), count in over.verdicts.items():
            verdicts[reason] = verdicts.get(reason, 0) + count
        lateness = {} if control is None else {"0.5": control.lateness_p50_s, "0.99": control.lateness_p99_s}
        return Figures(
            tasks_succeeded=tasks.counts.succeeded,
            tasks_failed=tasks.counts.failed,
            durations=over.desk.queue.durations.cumulative(),
            durations_sum_s=over.desk.queue.durations.sum_s,
            uptime_s=(now_ns - self._started_ns) * 1e-9,
            inference_ms=policy.inference_s * 1e3 if policy is not None else 0.0,
            confidence=policy.confidence if policy is not None else 0.0,
            lateness_s=lateness if control is None else {**lateness, "1": control.lateness_max_s},
            missed_ticks=control.missed_ticks if control is not None else 0,
            verdicts=verdicts,
            motor_celsius=robot.winding_celsius if robot is not None else (),
            queued=len(tasks.open),
        )
