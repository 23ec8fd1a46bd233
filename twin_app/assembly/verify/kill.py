"""`celltwin verify kill`: each process in turn gets signal 9 while the arm picks; what is braked, told, kept and lost.

A round kills each of the runtime's processes and the console once. The brake is timed by the plant's own stamps
(for the plant itself, whose state ends with it: until the stop is latched), the console's truth by reading the
header of a real window in a process of its own.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runtime.messages.state import Mode
from runtime.mistakes import UserMistake
from runtime.recording.reader import UnreadableRecording, read
from twin_app.assembly.figures import show
from twin_app.assembly.setup import CellSetup
from twin_app.assembly.verify.braking import brake_ms, latch_ms
from twin_app.assembly.verify.console_witness import ConsoleWitness
from twin_app.assembly.verify.killed_cell import KilledCell

TARGETS = ("plant", "cameras", "control", "planner", "recorder", "supervisor", "console")
HARMLESS = ("recorder", "console")
"""Their deaths must not brake the cell."""

TRUTH_PATIENCE_S = 6.0
FLUSHED_S = 2.5
"""A recording holds everything up to this long before its recorder was killed: it flushes once a second."""


@dataclass(slots=True)
class _Tally:
    """What the kills have shown so far."""

    kills: int = 0
    brake_ms: dict[str, float] = field(default_factory=dict[str, float])
    noticed_ms: dict[str, float] = field(default_factory=dict[str, float])
    """Until the stop was latched: how long the process took to die and the supervisor to see it."""

    truth_s: dict[str, float] = field(default_factory=dict[str, float])
    console_back_s_max: float = 0.0
    braked_needlessly: list[str] = field(default_factory=list[str])
    not_recovered: list[str] = field(default_factory=list[str])
    recorder_killed: dict[str, int] = field(default_factory=dict[str, int])
    """Recording → moment at which its recorder was killed."""

    def note(self, target: str, *, brake: float | None, truth: float | None) -> None:
        """Keep the worst of each target."""
        self.kills += 1
        if brake is not None:
            self.brake_ms[target] = round(max(brake, self.brake_ms.get(target, 0.0)), 2)
        if truth is not None:
            self.truth_s[target] = round(max(truth, self.truth_s.get(target, 0.0)), 3)


def run(arguments: argparse.Namespace) -> int:
    """Kill for so many rounds; exit status 1 when a promise was not kept."""
    with tempfile.TemporaryDirectory(prefix="celltwin-kill-") as folder:
        setup = CellSetup(cell=f"kill-{os.getpid()}", seed=arguments.seed)
        figures = _Killing(setup, Path(folder), seed=arguments.seed).run(arguments.rounds)
    show(figures, as_json=arguments.json)
    kept = figures["tasks_lost"] == figures["tasks_doubled"] == figures["recordings_unreadable"] == 0
    return int(not (kept and figures["brake_ms_max"] <= 50 and figures["console_truth_s_max"] <= 2))


class _Killing:
    """The rounds over one cell and one console."""

    def __init__(self, setup: CellSetup, folder: Path, *, seed: int) -> None:
        self._cell = KilledCell(setup, folder=folder)
        self._console = ConsoleWitness(setup.cell, str(folder / "settings"))
        self._random = random.Random(seed)
        self._tally = _Tally()

    def run(self, rounds: int) -> dict[str, Any]:
        try:
            self._cell.start()
            self._cell.drive()
            self._console.start()
            for number in range(1, rounds + 1):
                for target in TARGETS:
                    self._one(target)
                    _say(f"round {number}/{rounds}  {target:<10} {self._words(target)}")
        finally:
            self._console.close()
            self._cell.close()
        return self._figures(rounds)

    def _one(self, target: str) -> None:
        """Kill one process while the arm moves, then bring everything back."""
        cell = self._cell
        try:
            cell.drive()
            cell.acknowledge_alarms()
            cell.wait(self._random.uniform(0.5, 3.0))
            cell.drive()
            self._await_clean_header(target)
        except UserMistake as stuck:
            self._begin_anew(target, stuck.what)
            return
        recording = cell.recording()
        if target == "console":
            self._kill_console()
            return
        cell.add_task()
        pid = cell.pid_of(target)
        killed_ns = time.monotonic_ns()
        os.kill(pid, signal.SIGKILL)
        brake = self._brake(target, killed_ns)
        truth = self._console.truth_s(target, since_ns=killed_ns, timeout_s=TRUTH_PATIENCE_S)
        self._tally.note(target, brake=brake, truth=truth)
        if target in ("recorder", "supervisor"):
            self._tally.recorder_killed[recording] = killed_ns
        self._bring_back(target)

    def _brake(self, target: str, killed_ns: int) -> float | None:
        cell = self._cell
        assert cell.states is not None
        assert cell.stop_flag is not None
        if target == "plant":
            return latch_ms(cell.stop_flag, killed_ns=killed_ns)
        if target in HARMLESS:
            self._watch_needless(target)
            return None
        brake = brake_ms(cell.states, killed_ns=killed_ns)
        noticed = latch_ms(cell.stop_flag, killed_ns=killed_ns)
        self._tally.noticed_ms[target] = round(max(noticed, self._tally.noticed_ms.get(target, 0.0)), 2)
        return brake

    def _kill_console(self) -> None:
        self._console.kill()
        self._watch_needless("console")
        self._tally.note("console", brake=None, truth=None)
        back_s = self._console.start()
        if self._console.ended:
            self._tally.not_recovered.append(f"console: {self._console.ended}")
            self._console.close()
            self._console.start()
        self._tally.console_back_s_max = round(max(back_s, self._tally.console_back_s_max), 2)

    def _watch_needless(self, target: str) -> None:
        self._cell.wait(1.0)
        control = self._cell.control()
        if control is None or control.mode in (Mode.PROTECTIVE_STOP, Mode.FAULT):
            reason = "control is silent" if control is None else control.mode_reason
            self._tally.braked_needlessly.append(f"{target}: {reason}")

    def _bring_back(self, target: str) -> None:
        try:
            if target == "supervisor":
                self._cell.close()
                self._cell.start()
                self._cell.ask_again()
            else:
                self._cell.restart(target)
            self._cell.drive()
        except UserMistake as stuck:
            self._begin_anew(target, stuck.what)

    def _begin_anew(self, target: str, why: str) -> None:
        self._tally.not_recovered.append(f"{target}: {why}")
        _say(f"{target}: {why}; a new session")
        self._cell.close()
        self._cell.start()
        self._cell.drive()

    def _await_clean_header(self, target: str) -> None:
        end_s = time.monotonic() + 8.0
        while self._console.tells_loss_of(target) and time.monotonic() < end_s:
            self._cell.acknowledge_alarms()
            self._cell.wait(0.2)

    def _figures(self, rounds: int) -> dict[str, Any]:
        tally, ledger = self._tally, self._cell.ledger
        unreadable = unreadable_recordings(self._cell.recordings, tally.recorder_killed)
        for trouble in unreadable:
            _say(trouble)
        return {
            "rounds": rounds,
            "kills": tally.kills,
            "brake_ms_max": max(tally.brake_ms.values(), default=0.0),
            "console_truth_s_max": max(tally.truth_s.values(), default=0.0),
            "tasks_lost": len(ledger.lost()),
            "tasks_doubled": len(ledger.doubled()),
            "recordings_unreadable": len(unreadable),
            "tasks_acknowledged": ledger.count,
            "recordings": len(list(self._cell.recordings.glob("*.mcap"))),
            "brake_ms": tally.brake_ms,
            "noticed_ms": tally.noticed_ms,
            "console_truth_s": tally.truth_s,
            "console_back_s_max": tally.console_back_s_max,
            "braked_needlessly": tally.braked_needlessly,
            "not_recovered": tally.not_recovered,
        }

    def _words(self, target: str) -> str:
        tally = self._tally
        brake, truth = tally.brake_ms.get(target), tally.truth_s.get(target)
        words = [f"kill {tally.kills}"]
        words += [f"brake ≤ {brake:.1f} ms"] if brake is not None else []
        words += [f"shown ≤ {truth:.2f} s"] if truth is not None else []
        return ", ".join(words)


def unreadable_recordings(folder: Path, killed_ns: dict[str, int]) -> list[str]:
    """What is wrong with the recordings: not readable, empty, or ending long before their recorder was killed."""
    troubles: list[str] = []
    for file in sorted(folder.glob("*.mcap")):
        newest_ns = 0
        try:
            for recorded in read(file):
                newest_ns = recorded.log_ns
        except UnreadableRecording as trouble:
            troubles.append(f"{file.name}: {trouble}")
            continue
        if newest_ns == 0:
            troubles.append(f"{file.name}: holds nothing")
        elif (missing_s := (killed_ns.get(str(file), 0) - newest_ns) * 1e-9) > FLUSHED_S:
            troubles.append(f"{file.name}: its last {missing_s:.1f} s are missing")
    return troubles


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
