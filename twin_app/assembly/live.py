"""A live session as its owner sees it: started as processes of its own, asked and heard over the link."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import msgspec

from runtime.link.child_exit import exit_in_words
from runtime.link.requests import RequestClient
from runtime.link.session import SessionFolder, SessionMissing
from runtime.link.subscriber import Received, Subscriber
from runtime.messages import topics
from runtime.messages.requests import Body, CancelTask, Receipt, ReceiptPhase, Shutdown
from runtime.messages.system import ProcessPhase, ProcessState, SystemState
from runtime.messages.tasks import TaskList
from runtime.messages.topics import Topic
from runtime.mistakes import UserMistake
from runtime.supervision.processes import last_words
from twin_app.assembly.setup import PLUGIN_FOLDER, SessionSetup, data_folder_of

START_PATIENCE_S = 60.0
END_PATIENCE_S = 15.0
SILENCE_PATIENCE_NS = 10_000_000_000
"""A process of a starting cell that is silent for longer will not come back."""

_ENDED = (ReceiptPhase.CONFIRMED, ReceiptPhase.FAILED, ReceiptPhase.REFUSED)


def start_supervisor(setup: SessionSetup) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
    """Start the supervisor; it outlives us unless its setup says otherwise. Second: what it writes."""
    said = TemporaryFile()  # noqa: SIM115 - lives as long as the process
    word = msgspec.json.encode(msgspec.structs.replace(setup, parent_pid=os.getpid())).decode()
    command = [sys.executable, "-m", "twin_app.assembly.workers", "supervisor", word]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=said,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        cwd=PLUGIN_FOLDER.parent,
    )
    return process, said


def await_session(
    cell: str, process: subprocess.Popen[bytes], said: IO[bytes], *, timeout_s: float = START_PATIENCE_S
) -> SessionFolder:
    """The session folder of a supervisor that is starting; raises `UserMistake` with its words if it gives up."""
    end_s = time.monotonic() + timeout_s
    while time.monotonic() < end_s:
        if process.poll() is not None:
            said.seek(0)
            words = said.read().decode(errors="replace").strip()
            raise UserMistake(words.removeprefix("celltwin supervisor: ") or how_it_ended(process.poll() or 0, words))
        try:
            session = SessionFolder.find(cell)
        except SessionMissing:
            session = None
        if session is not None and session.info.pid == process.pid and Path(session.block("stop")).exists():
            return session
        time.sleep(0.02)
    raise UserMistake(f"the supervisor of {cell} did not start within {timeout_s:g} s", remedy="celltwin doctor")


def _hangs(process: ProcessState, *, now_ns: int) -> bool:
    """Never heard within its time to start, or silent for so long that it will not come back."""
    if process.phase is not ProcessPhase.SILENT:
        return False
    return process.heartbeat_age_s == 0.0 or now_ns - process.since_ns > SILENCE_PATIENCE_NS


_OTHER_POLICY = "; if a policy is to blame, choose another with --policy"


def how_it_ended(code: int, words: str) -> str:
    """One line about a supervisor that is gone: its exit code or signal, and its words where it had any."""
    return f"the supervisor ended unexpectedly ({exit_in_words(code)})" + (f": {words}" if words else "")


@dataclass(slots=True)
class LiveCell:
    """A running session, its telemetry and its ear. `start` it, `close` it."""

    setup: SessionSetup
    listen: tuple[Topic, ...] = (topics.SYSTEM, topics.TASKS, topics.CONTROL, topics.RECEIPTS, topics.EVENTS)
    session: SessionFolder = field(init=False)
    client: RequestClient = field(init=False)
    process: subprocess.Popen[bytes] = field(init=False)
    heard: dict[str, Any] = field(init=False, default_factory=dict[str, Any])
    """Newest message by topic name."""

    receipts: dict[str, Receipt] = field(init=False, default_factory=dict[str, Receipt])
    _logs_begin: dict[str, int] = field(init=False, default_factory=dict[str, int])
    """Sizes of the processes' logs before this start: what stands there was said in other runs."""

    _said: IO[bytes] = field(init=False)
    _closed: bool = field(init=False, default=False)
    _subscriber: Subscriber = field(init=False)

    def start(self) -> None:
        """Start the processes and join; raises `UserMistake`."""
        self._logs_begin = {log.name: log.stat().st_size for log in self._log_folder().glob("*.log")}
        self.process, self._said = start_supervisor(self.setup)
        try:
            self.session = await_session(self.setup.cell.cell, self.process, self._said)
            self._subscriber = Subscriber(self.session, self.listen)
            self.client = RequestClient(self.session, "command line")
        except BaseException:
            self._end()
            raise

    def poll(self, timeout_s: float = 0.05) -> list[Received]:
        """What came since the last call; raises `UserMistake` when the supervisor has died."""
        arrived = self._subscriber.poll(timeout_s)
        for received in arrived:
            self.heard[received.topic.name] = received.message
            if isinstance(received.message, Receipt):
                self.receipts[received.message.request_id] = received.message
        if self.process.poll() is not None:
            raise UserMistake(how_it_ended(self.process.returncode, self.words()))
        return arrived

    def words(self) -> str:
        """What the supervisor has written to its output."""
        self._said.seek(0)
        return self._said.read().decode(errors="replace").strip()

    def await_ready(self, *, timeout_s: float = START_PATIENCE_S) -> None:
        """Until every process runs and every check before motion holds."""
        end_s = time.monotonic() + timeout_s
        while time.monotonic() < end_s:
            self.poll()
            system = self.heard.get(topics.SYSTEM.name)
            if isinstance(system, SystemState):
                if system.ready:
                    return
                self._refuse_the_lost(system)
        system = self.heard.get(topics.SYSTEM.name)
        why = system.why_not_moving if isinstance(system, SystemState) else "no word from the supervisor"
        raise UserMistake(f"the cell is not ready after {timeout_s:g} s: {why}", remedy="celltwin doctor")

    def _log_folder(self) -> Path:
        return data_folder_of(self.setup) / "logs"

    def _refuse_the_lost(self, system: SystemState) -> None:
        """A worker that was lost before the cell was ready does not come back unless it is restarted."""
        if self.setup.auto_restart:
            return
        for process in system.processes:
            dead = process.phase is ProcessPhase.DEAD
            if not dead and not _hangs(process, now_ns=system.stamp_ns):
                continue
            log = self._log_folder() / f"{process.name}.log"
            said = last_words(log, begins=self._logs_begin.get(log.name, 0))
            shown = f": {said}" if said and said[:100] not in process.detail else ""
            what = "died" if dead else "hangs"
            raise UserMistake(
                f"the process {process.name} {what} before the cell was ready: {process.detail}{shown}",
                remedy=f"read all of it in {log}" + (_OTHER_POLICY if process.name == "planner" else ""),
            )

    def clear_queue(self, *, ours: bool, timeout_s: float = 5.0) -> None:
        """Cancel what a run before has left (`ours`), or raise `UserMistake` when somebody's tasks are waiting."""
        end_s = time.monotonic() + timeout_s
        while time.monotonic() < end_s:
            self.poll()
            known = self.heard.get(topics.TASKS.name)
            if isinstance(known, TaskList):
                if not known.open:
                    return
                if not ours:
                    raise UserMistake(
                        f"{len(known.open)} tasks wait in the queue of {data_folder_of(self.setup)}",
                        remedy="finish or cancel them in the console, or give another folder with --data",
                    )
                for task in known.open:
                    self.client.ask(CancelTask(task.task_id), 3.0)
        raise UserMistake(f"tasks of an earlier run could not be cancelled within {timeout_s:g} s")

    def ask(self, body: Body, *, timeout_s: float = 3.0) -> Receipt:
        """Ask; raises `UserMistake` when refused or unanswered."""
        receipt = self.client.ask(body, timeout_s=timeout_s)
        if receipt.phase in (ReceiptPhase.REFUSED, ReceiptPhase.FAILED):
            raise UserMistake(f"{receipt.command} was refused: {receipt.reason}")
        return receipt

    def ask_until_confirmed(self, body: Body, *, timeout_s: float) -> Receipt:
        """Ask and wait until it is confirmed by measurement, or has failed."""
        receipt = self.ask(body)
        end_s = time.monotonic() + timeout_s
        while time.monotonic() < end_s:
            self.poll()
            newest = self.receipts.get(receipt.request_id, receipt)
            if newest.phase in _ENDED:
                return newest
        return self.receipts.get(receipt.request_id, receipt)

    def close(self) -> None:
        """Shut the session down in order: the arm stops first. Nothing is left afterwards; safe to call twice."""
        if self._closed:
            return
        self._closed = True
        try:
            if self.process.poll() is None:
                self.client.ask(Shutdown(), timeout_s=2.0)
                self.process.wait(END_PATIENCE_S)
        except subprocess.TimeoutExpired:
            pass  # told again below, by signal
        finally:
            self.client.close()
            self._subscriber.close()
            self._end()

    def _end(self) -> None:
        """Tell a supervisor that still runs to end in order; insist when it does not."""
        self.process.terminate()
        try:
            self.process.wait(END_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._said.close()
