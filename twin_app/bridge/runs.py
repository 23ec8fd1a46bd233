"""Training and evaluation as child processes of the console: started, followed, ended, and found again.

A run writes into files of its own folder, so that a console that hangs never makes it wait. It gives way to the cell,
and the kernel ends it with the console, whatever becomes of that.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, QTimer

from runtime.keeping import kept_whole
from runtime.mistakes import UserMistake
from twin_app.bridge.growing_file import GrowingFile
from twin_app.model.loss_curves import LossCurves
from twin_app.model.run_wish import RunWish, checked, command, training_of_run
from twin_app.model.runs import RESUMABLE, UNDER_WAY, Run, RunBook, RunProgress, RunState

LOOK_MS = 250
ELSEWHERE_MS = 3_000
"""Every so often runs of other consoles are looked after."""

PATIENCE_S = 10.0
"""A run that was told to end gets so long to put its things in order."""

PROGRAM = ("nice", "-n", "19", sys.executable, "-m", "twin_app")
"""What runs for a console takes no time from the cell beside it, from its first line on."""

SOURCE = Path(__file__).resolve().parents[2]
_FACTS, _SAID, _OUTCOME = "run.json", "progress.jsonl", "outcome.txt"


class RunKeeper(QObject):
    """Owns the processes and the book in which everybody reads how they do."""

    def __init__(self, folder: Path, *, program: tuple[str, ...] = PROGRAM) -> None:
        """`folder`: one folder a run below it; made when the first run begins."""
        super().__init__()
        self.book = RunBook()
        self.trouble = ""
        """Why the newest wish came to nothing; empty when it did not."""

        self._folder = folder
        self._program = program
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._said: dict[str, GrowingFile] = {}
        self._told_s: dict[str, float] = {}
        self._curves: tuple[str, GrowingFile, LossCurves] | None = None
        self._gone: set[str] = set()
        """Runs of other consoles whose process has ended, and whose console may be about to say how."""

        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._slow_timer = QTimer(self)
        self._slow_timer.setInterval(ELSEWHERE_MS)
        self._slow_timer.timeout.connect(self.look_elsewhere)
        self._read_past()

    def start(self, wish: RunWish) -> str:
        """Begin a run; returns its name, empty when it could not be begun (`trouble` says why)."""
        began_ns = time.time_ns()
        run_id = time.strftime("%Y-%m-%d_%H-%M-%S") + f"-{began_ns // 1_000_000 % 1000:03d}"
        place = self.place(run_id)
        try:
            checked(wish)
            place.mkdir(parents=True)
        except UserMistake as mistake:
            self.trouble = str(mistake)
            return ""
        except OSError as trouble:
            self.trouble = f"{place}: {trouble.strerror}"
            return ""
        self.book.put(Run(run_id, wish, RunState.RUNNING, began_ns, RunProgress()))
        if self._launch(run_id):
            return run_id
        self.book.drop(run_id)
        shutil.rmtree(place, ignore_errors=True)
        return ""

    def resume(self, run_id: str) -> None:
        """Go on where a run was interrupted."""
        run = self.book.find(run_id)
        if run is not None and run.state in RESUMABLE:
            run.progress.words = ""
            self.book.turn(run_id, RunState.RUNNING)
            self._launch(run_id)

    def cancel(self, run_id: str) -> None:
        """Tell a run to end; what it has done is kept."""
        child = self._children.get(run_id)
        if child is not None and run_id not in self._told_s:
            child.terminate()
            self._told_s[run_id] = time.monotonic()
            self.book.turn(run_id, RunState.CANCELLING)

    def curves(self, run_id: str) -> LossCurves:
        """Of a training, as far as it is; they grow with every look while they are asked for."""
        if self._curves is None or self._curves[0] != run_id:
            file = training_of_run(self._folder / run_id) / "curves.jsonl"
            self._curves = (run_id, GrowingFile(file), LossCurves())
        _, file, curves = self._curves
        for line in file.lines():
            curves.take(line)
        return curves

    def place(self, run_id: str) -> Path:
        """The folder of a run."""
        return self._folder / run_id

    def look(self) -> None:
        """Read what the runs have written, and notice those that have ended."""
        for run_id, child in list(self._children.items()):
            ended = child.poll() is not None
            self._read(run_id, whole=ended)
            if ended:
                self._settle(run_id, child.returncode)
            elif time.monotonic() - self._told_s.get(run_id, float("inf")) > PATIENCE_S:
                self._kill(child)
        if not self._children:
            self._timer.stop()

    def look_elsewhere(self) -> None:
        """Notice which runs of other consoles have ended, and how."""
        for run in self.book.runs:
            if run.state is RunState.ELSEWHERE:
                self._read_kept(self.place(run.run_id) / _FACTS)
        if not any(run.state is RunState.ELSEWHERE for run in self.book.runs):
            self._slow_timer.stop()

    def close(self) -> None:
        """End every run, in order where it obeys, and wait for it."""
        self._timer.stop()
        self._slow_timer.stop()
        for run_id in list(self._children):
            self.cancel(run_id)
        until_s = time.monotonic() + PATIENCE_S
        for child in self._children.values():
            try:
                child.wait(max(0.0, until_s - time.monotonic()))
            except subprocess.TimeoutExpired:
                self._kill(child)
                child.wait()
        self.look()

    def _launch(self, run_id: str) -> bool:
        run = self.book.find(run_id)
        assert run is not None
        place = self.place(run_id)
        words = [*self._program, *command(run.wish, place, parent_pid=os.getpid())]
        try:
            with (place / _SAID).open("ab") as said, (place / _OUTCOME).open("wb") as outcome:
                self._children[run_id] = subprocess.Popen(
                    words, stdin=subprocess.DEVNULL, stdout=outcome, stderr=said, start_new_session=True, cwd=SOURCE
                )
            self._write_facts(run)
        except (OSError, UserMistake) as trouble:
            system = isinstance(trouble, OSError)
            self.trouble = f"{trouble.filename or place}: {trouble.strerror}" if system else str(trouble)
            self._give_up(run)
            return False
        self.trouble = ""
        self._said.setdefault(run_id, GrowingFile(place / _SAID))
        self._timer.start()
        return True

    def _give_up(self, run: Run) -> None:
        """A run that cannot be kept is not begun either: nobody could follow it."""
        run.progress.take(self.trouble)
        if (child := self._children.pop(run.run_id, None)) is not None:
            self._kill(child)
            child.wait()
        self.book.turn(run.run_id, RunState.FAILED)

    def _read(self, run_id: str, *, whole: bool) -> None:
        run, file = self.book.find(run_id), self._said[run_id]
        if run is None:
            return
        for line in file.all_lines() if whole else file.lines():
            run.progress.take(line)

    def _settle(self, run_id: str, status: int) -> None:
        del self._children[run_id]
        told = self._told_s.pop(run_id, None) is not None
        state = RunState.DONE if status == 0 else RunState.CANCELLED if told else RunState.FAILED
        run = self.book.find(run_id)
        assert run is not None
        if state is RunState.FAILED and not run.progress.words:
            run.progress.take(f"it ended with status {status}")
        self.book.turn(run_id, state, outcome=self._outcome(run_id) if state is RunState.DONE else "")
        ended = self.book.find(run_id)
        assert ended is not None
        with suppress(UserMistake):  # a full disk: the run is shown as cancelled at the next start
            self._write_facts(ended)

    def _kill(self, child: subprocess.Popen[bytes]) -> None:
        """Its whole session, which the child leads."""
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)

    def _outcome(self, run_id: str) -> str:
        try:
            return (self.place(run_id) / _OUTCOME).read_text(encoding="utf-8", errors="replace")
        except OSError as trouble:
            return f"the outcome cannot be read: {trouble.strerror}"

    def _write_facts(self, run: Run) -> None:
        child = self._children.get(run.run_id)
        facts = {"wish": asdict(run.wish), "state": run.state.value, "began_ns": run.began_ns}
        facts |= {} if child is None else {"pid": child.pid, "birth": _birth(child.pid)}
        with kept_whole(self.place(run.run_id) / _FACTS, forced=False) as partial:
            partial.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")

    def _read_past(self) -> None:
        """Runs of earlier consoles, and of others."""
        for facts in sorted(self._folder.glob(f"*/{_FACTS}")):
            self._read_kept(facts)
        if any(run.state is RunState.ELSEWHERE for run in self.book.runs):
            self._slow_timer.start()

    def _read_kept(self, facts: Path) -> None:
        """A run that another console has begun; one that seems to run still has ended with that console."""
        run_id, known = facts.parent.name, self.book.find(facts.parent.name)
        try:
            told = json.loads(facts.read_text(encoding="utf-8"))
            wish, state = msgspec.convert(told["wish"], RunWish), RunState(told["state"])
            run = Run(run_id, wish, state, int(told["began_ns"]), RunProgress())
        except (OSError, ValueError, KeyError, TypeError, msgspec.ValidationError):
            self.book.drop(run_id)  # not ours, cut off or taken away: there is nothing to show of it
            return
        if state in UNDER_WAY:
            lives = _lives(told.get("pid"), told.get("birth"))
            if known is not None and (lives or run_id not in self._gone):
                self._gone = self._gone - {run_id} if lives else self._gone | {run_id}
                return
            run = replace(run, state=RunState.ELSEWHERE if lives else RunState.CANCELLED)
        self._said[run_id] = GrowingFile(facts.parent / _SAID)
        self.book.put(run)
        if run.state is RunState.DONE:
            self.book.turn(run_id, RunState.DONE, outcome=self._outcome(run_id))
        self._read(run_id, whole=True)


def _lives(pid: object, birth: object) -> bool:
    """Whether the process of a run is there still, and not another one with its number."""
    return bool(birth) and _birth(pid) == birth


def _birth(pid: object) -> str:
    """When a process began, in the kernel's ticks (field 22 of proc(5)'s stat); empty for one that is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]
