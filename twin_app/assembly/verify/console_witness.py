"""What the window of a real console process shows about losses, read from that process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

from twin_app.assembly.run_command import has_display

PATIENCE_S = 30.0
_MODULE = "twin_app.assembly.verify.watched_console"


@dataclass(frozen=True, slots=True)
class Shown:
    """What the header showed from this moment on."""

    stamp_ns: int
    connected: bool
    losses: tuple[str, ...]

    def tells_loss_of(self, process: str) -> bool:
        """Whether a person could read that this process is gone."""
        if process == "supervisor":
            return not self.connected or any("NO CONNECTION" in text for text in self.losses)
        return any(process in text for text in self.losses)


class ConsoleWitness:
    """One console process at a time; a thread keeps what it tells."""

    def __init__(self, cell: str, settings_folder: str) -> None:
        self._command = [sys.executable, "-m", _MODULE, cell, settings_folder]
        self._shown: list[Shown] = []
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    def start(self) -> float:
        """Open the window; returns the seconds until it was connected to the cell, `PATIENCE_S` when it never was."""
        environment = dict(os.environ)
        if not has_display():
            environment["QT_QPA_PLATFORM"] = "offscreen"
        began_ns = time.monotonic_ns()
        self._shown.clear()
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the command, which closes its input
            stderr=None,  # what a console has to complain about is for the person at the terminal
            text=True,
            env=environment,
        )
        self._reader = threading.Thread(target=self._read, args=(self._process,), name="console-witness", daemon=True)
        self._reader.start()
        return self._await(lambda shown: shown.connected, since_ns=began_ns, timeout_s=PATIENCE_S)

    def truth_s(self, process: str, *, since_ns: int, timeout_s: float) -> float:
        """Seconds from a loss until the window showed it; `timeout_s` when it never did."""
        return self._await(lambda shown: shown.tells_loss_of(process), since_ns=since_ns, timeout_s=timeout_s)

    def tells_loss_of(self, process: str) -> bool:
        """Whether the window shows it now."""
        return bool(self._shown) and self._shown[-1].tells_loss_of(process)

    @property
    def ended(self) -> str:
        """Its exit status in words when it has ended by itself; empty while it runs."""
        status = None if self._process is None else self._process.poll()
        return "" if status is None else f"the console ended by itself with status {status}"

    def kill(self) -> int:
        """End it with signal 9; returns the moment."""
        assert self._process is not None
        now_ns = time.monotonic_ns()
        self._process.kill()
        self._end()
        return now_ns

    def close(self) -> None:
        """Close the window's process."""
        if self._process is None:
            return
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(5.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._end()

    def _end(self) -> None:
        process = self._process
        assert process is not None
        process.wait()
        if self._reader is not None:
            self._reader.join()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None and not pipe.closed:
                pipe.close()
        self._process = None

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            told = json.loads(line)
            self._shown.append(Shown(told["stamp_ns"], told["connected"], tuple(told["losses"])))

    def _await(self, holds: object, *, since_ns: int, timeout_s: float) -> float:
        assert callable(holds)
        end_ns = since_ns + int(timeout_s * 1e9)
        while time.monotonic_ns() < end_ns:
            for shown in tuple(self._shown):
                if shown.stamp_ns >= since_ns and holds(shown):
                    return (shown.stamp_ns - since_ns) * 1e-9
            time.sleep(0.01)
        return timeout_s
