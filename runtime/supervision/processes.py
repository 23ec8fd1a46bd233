"""Starts the worker processes, watches their life signs, restarts and ends them."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from runtime.link.child_exit import exit_in_words
from runtime.link.life_line import VARIABLE, LifeLine
from runtime.link.stop_flag import StopCause
from runtime.messages.orders import Heartbeat
from runtime.messages.system import Event, ProcessPhase, ProcessState
from runtime.mistakes import UserMistake
from runtime.supervision.death_watch import DeathWatch

TERM_PATIENCE_S = 2.0
BACKOFF_NS = 500_000_000
BACKOFF_MOST_NS = 10_000_000_000
OWN_STALL_NS = 500_000_000
"""After a pause of ours this long, silence of others counts from its end: what they said meanwhile may be lost."""

LOG_TAIL_BYTES = 4000
LINE_LENGTH = 300


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """How one worker is started and when it counts as lost."""

    name: str
    """As in the topic table: plant, control, cameras, planner, recorder."""

    argv: tuple[str, ...]
    heartbeat_limit_s: float = 2.0
    """Silence after which it counts as hanging."""

    start_limit_s: float = 30.0
    """Time until its first heartbeat."""

    stops_cell: bool = True
    """Whether its death or silence sets the stop flag; False for the recorder."""

    environment: Mapping[str, str] | None = None
    """The whole environment; None inherits ours."""


@dataclass(slots=True)
class _Child:
    """One worker's present incarnation."""

    spec: ProcessSpec
    process: subprocess.Popen[bytes] | None = None
    phase: ProcessPhase = ProcessPhase.STOPPED
    since_ns: int = 0
    heard_ns: int = 0
    log_begins: int = 0
    """Size of its log when it was started: what stands before was said by others."""

    restarts: int = 0
    detail: str = ""
    again_ns: int = 0
    """When it is restarted by itself; 0: not at all."""


@dataclass(slots=True)
class Children:
    """All workers of a session. Used from the supervisor's loop; `stop_cell` also from the watching thread."""

    specs: Iterable[ProcessSpec]
    log_folder: Path
    clock_ns: Callable[[], int]
    stop_cell: Callable[[int, StopCause, str], None]
    """Sets the stop flag with this stamp for this process; has to be safe to call from any thread."""

    auto_restart: bool = False
    _children: dict[str, _Child] = field(init=False)
    _vital: dict[int, str] = field(init=False, default_factory=dict[int, str])
    """Names of those whose death stops the cell, by process id."""

    _watch: DeathWatch = field(init=False)
    _events: list[Event] = field(init=False, default_factory=list[Event])
    _ending: bool = field(init=False, default=False)
    _ticked_ns: int = field(init=False, default=0)
    _resumed_ns: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self._children = {spec.name: _Child(spec) for spec in self.specs}
        self._watch = DeathWatch(clock_ns=self.clock_ns, on_death=self._on_death)

    def start_all(self) -> None:
        """Start every worker, in the order of the specs; raises `UserMistake` when one cannot be executed."""
        for name in self._children:
            self.start(name)

    def start(self, name: str) -> None:
        """Start one worker that is not running."""
        child = self._children[name]
        with self._open_log(name) as log:
            child.log_begins = log.tell()
            line = LifeLine()
            try:
                process = _spawn(child.spec, log=log, line=line)
            except OSError as trouble:
                line.close()
                raise UserMistake(
                    f"process {name} cannot be started: {child.spec.argv[0]}: {trouble.strerror}"
                ) from trouble
        line.passed_on()
        child.process = process
        child.phase, child.since_ns, child.detail, child.again_ns = ProcessPhase.STARTING, self.clock_ns(), "", 0
        if child.spec.stops_cell:
            self._vital[process.pid] = name
        self._watch.watch(process.pid, line)

    def restart(self, name: str) -> None:
        """Start a dead worker again; a hanging one is killed first."""
        child = self._children[name]
        if child.process is not None and child.process.poll() is None:
            self._vital.pop(child.process.pid, None)
            child.process.kill()
            child.process.wait()
        child.restarts += 1
        self.start(name)
        self._say("info", f"process {name} restarted")

    def tick(self, heartbeats: Mapping[str, Heartbeat]) -> tuple[Event, ...]:
        """Take deaths and life signs; returns lines for the timeline."""
        now_ns = self.clock_ns()
        if self._ticked_ns and now_ns - self._ticked_ns > OWN_STALL_NS:
            self._resumed_ns = now_ns
        self._ticked_ns = now_ns
        for death in self._watch.take_deaths():
            self._bury(death.pid, death.noticed_ns)
        for name, child in self._children.items():
            if child.process is not None and child.phase is not ProcessPhase.DEAD:
                self._listen(child, heartbeats.get(name), now_ns)
            elif child.again_ns and now_ns >= child.again_ns and not self._ending:
                self.restart(name)
        events, self._events = tuple(self._events), []
        return events

    def states(self) -> tuple[ProcessState, ...]:
        """Every worker as telemetry."""
        now_ns = self.clock_ns()
        return tuple(
            ProcessState(
                name=name,
                pid=child.process.pid if child.process is not None and child.phase is not ProcessPhase.DEAD else 0,
                phase=child.phase,
                since_ns=child.since_ns,
                restarts=child.restarts,
                heartbeat_age_s=(now_ns - child.heard_ns) * 1e-9 if child.heard_ns else 0.0,
                detail=child.detail,
            )
            for name, child in self._children.items()
        )

    def end_all(self, *, patience_s: float) -> None:
        """Wait for the workers to leave by themselves, then terminate, then kill. Blocks; nothing is left after it."""
        self._ending = True
        running = [child.process for child in self._children.values() if child.process is not None]
        for wait_s, last_word in ((patience_s, signal.SIGTERM), (TERM_PATIENCE_S, signal.SIGKILL)):
            deadline_ns = self.clock_ns() + int(wait_s * 1e9)
            for process in running:
                _wait(process, max(0.0, (deadline_ns - self.clock_ns()) * 1e-9))
            for process in running:
                if process.poll() is None:
                    process.send_signal(last_word)
        for process in running:
            process.wait()
        for child in self._children.values():
            child.phase = ProcessPhase.STOPPED
        self._watch.close()

    def expect_end(self) -> None:
        """From now on a worker that ends does what it was asked to: no stop, no alarm."""
        self._ending = True
        self._vital.clear()

    # ── one worker ───────────────────────────────────────────────────────────────────────────────

    def _open_log(self, name: str) -> BinaryIO:
        """To be appended to; raises `UserMistake` where that is impossible."""
        file = self.log_folder / f"{name}.log"
        try:
            self.log_folder.mkdir(parents=True, exist_ok=True)
            return file.open("ab")
        except OSError as trouble:
            raise UserMistake(
                f"the log {file} cannot be written: {trouble.strerror}",
                remedy=f"make {self.log_folder} a folder that you may write to, or choose another one with --data",
            ) from trouble

    def _on_death(self, pid: int, now_ns: int) -> None:
        name = self._vital.get(pid)
        if name is not None:
            self.stop_cell(now_ns, StopCause.PROCESS_ENDED, name)

    def _bury(self, pid: int, noticed_ns: int) -> None:
        child = next((one for one in self._children.values() if one.process and one.process.pid == pid), None)
        if child is None or child.process is None:
            return
        self._vital.pop(pid, None)
        code = child.process.wait()
        child.since_ns = noticed_ns
        if self._ending:
            child.phase, child.detail = ProcessPhase.STOPPED, exit_in_words(code)
            return
        child.phase = ProcessPhase.DEAD
        child.detail = exit_in_words(code) + self._last_words(child, code)
        if self.auto_restart:
            child.again_ns = noticed_ns + min(BACKOFF_NS << min(child.restarts, 10), BACKOFF_MOST_NS)
        self._say("error", f"process {child.spec.name} died: {child.detail}")

    def _last_words(self, child: _Child, code: int) -> str:
        """Of a process that failed by itself: usually its error."""
        words = last_words(self.log_folder / f"{child.spec.name}.log", begins=child.log_begins) if code > 0 else ""
        return f": {words}" if words else ""

    def _listen(self, child: _Child, heartbeat: Heartbeat | None, now_ns: int) -> None:
        assert child.process is not None
        if heartbeat is not None and heartbeat.pid == child.process.pid:
            child.heard_ns = heartbeat.stamp_ns
        heard = child.heard_ns >= child.since_ns and child.heard_ns > 0
        limit_ns = child.spec.heartbeat_limit_s * 1e9
        if child.phase is ProcessPhase.STARTING and heard:
            child.phase, child.since_ns = ProcessPhase.RUNNING, now_ns
        elif child.phase is ProcessPhase.STARTING and now_ns - child.since_ns > child.spec.start_limit_s * 1e9:
            self._lose(child, f"no sign of life within {child.spec.start_limit_s:g} s of its start", now_ns)
        elif child.phase is ProcessPhase.RUNNING and self._silence_ns(child, now_ns) > limit_ns:
            self._lose(child, f"no heartbeat for {child.spec.heartbeat_limit_s:g} s", now_ns)
        elif child.phase is ProcessPhase.SILENT and now_ns - child.heard_ns < child.spec.heartbeat_limit_s * 0.5e9:
            child.phase, child.since_ns, child.detail = ProcessPhase.RUNNING, now_ns, ""
            self._say("info", f"process {child.spec.name} gives signs of life again")

    def _silence_ns(self, child: _Child, now_ns: int) -> int:
        return now_ns - max(child.heard_ns, self._resumed_ns)

    def _lose(self, child: _Child, detail: str, now_ns: int) -> None:
        child.phase, child.since_ns, child.detail = ProcessPhase.SILENT, now_ns, detail
        if child.spec.stops_cell and not self._ending:
            self.stop_cell(now_ns, StopCause.PROCESS_SILENT, child.spec.name)
        self._say("error", f"process {child.spec.name}: {detail}")

    def _say(self, level: str, text: str) -> None:
        self._events.append(Event(self.clock_ns(), "process", level, text))


def _spawn(spec: ProcessSpec, *, log: BinaryIO, line: LifeLine) -> subprocess.Popen[bytes]:
    inherited = os.environ if spec.environment is None else spec.environment
    return subprocess.Popen(
        spec.argv,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        env={**inherited, VARIABLE: str(line.descriptor)},
        pass_fds=(line.descriptor,),
        start_new_session=True,  # Ctrl-C reaches the supervisor only, which stops the arm first
    )


def _wait(process: subprocess.Popen[bytes], timeout_s: float) -> None:
    try:
        process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        return


def last_words(log: Path, *, begins: int = 0) -> str:
    """The last line of a log, after what stood there before; empty when there is none."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(begins, log.stat().st_size - LOG_TAIL_BYTES))
            lines = stream.read().decode(errors="replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1].strip()[:LINE_LENGTH] if lines else ""
