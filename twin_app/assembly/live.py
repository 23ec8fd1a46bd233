"""A live session as its owner sees it: started as processes of its own, asked and heard over the link."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import msgspec

from runtime.link.requests import RequestClient
from runtime.link.session import SessionFolder, SessionMissing
from runtime.link.subscriber import Received, Subscriber
from runtime.messages import topics
from runtime.messages.requests import Body, Receipt, ReceiptPhase, Shutdown
from runtime.messages.system import SystemState
from runtime.messages.topics import Topic
from runtime.mistakes import UserMistake
from twin_app.assembly.setup import PLUGIN_FOLDER, SessionSetup

START_PATIENCE_S = 60.0
END_PATIENCE_S = 15.0
_ENDED = (ReceiptPhase.CONFIRMED, ReceiptPhase.FAILED, ReceiptPhase.REFUSED)


def start_supervisor(setup: SessionSetup) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
    """Start the supervisor; it outlives us unless its setup says otherwise. Second: what it writes."""
    said = TemporaryFile()  # noqa: SIM115 - lives as long as the process
    command = [sys.executable, "-m", "twin_app.assembly.workers", "supervisor", msgspec.json.encode(setup).decode()]
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
            raise UserMistake(words.removeprefix("celltwin supervisor: ") or f"the supervisor ended ({process.poll()})")
        try:
            session = SessionFolder.find(cell)
        except SessionMissing:
            session = None
        if session is not None and session.info.pid == process.pid and Path(session.block("stop")).exists():
            return session
        time.sleep(0.02)
    raise UserMistake(f"the supervisor of {cell} did not start within {timeout_s:g} s", remedy="celltwin doctor")


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
    _said: IO[bytes] = field(init=False)
    _closed: bool = field(init=False, default=False)
    _subscriber: Subscriber = field(init=False)

    def start(self) -> None:
        """Start the processes and join; raises `UserMistake`."""
        self.process, self._said = start_supervisor(self.setup)
        try:
            self.session = await_session(self.setup.cell.cell, self.process, self._said)
        except BaseException:
            self._kill()
            raise
        self._subscriber = Subscriber(self.session, self.listen)
        self.client = RequestClient(self.session, "command line")

    def poll(self, timeout_s: float = 0.05) -> list[Received]:
        """What came since the last call; raises `UserMistake` when the supervisor has died."""
        arrived = self._subscriber.poll(timeout_s)
        for received in arrived:
            self.heard[received.topic.name] = received.message
            if isinstance(received.message, Receipt):
                self.receipts[received.message.request_id] = received.message
        if self.process.poll() is not None:
            raise UserMistake(f"the supervisor ended unexpectedly ({self.process.returncode}): {self.words()}")
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
            if isinstance(system, SystemState) and system.ready:
                return
        system = self.heard.get(topics.SYSTEM.name)
        why = system.why_not_moving if isinstance(system, SystemState) else "no word from the supervisor"
        raise UserMistake(f"the cell is not ready after {timeout_s:g} s: {why}", remedy="celltwin doctor")

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
            self.process.terminate()
        finally:
            self.client.close()
            self._subscriber.close()
            self._kill()

    def _kill(self) -> None:
        try:
            self.process.wait(END_PATIENCE_S if self.process.poll() is None else 0)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._said.close()
