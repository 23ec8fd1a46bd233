"""`celltwin serve` as a process of its own: started, killed, halted and started again at the same address."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from types import TracebackType
from typing import Self

from runtime.mistakes import UserMistake
from twin_app.assembly.serve_command import LISTENING
from twin_app.assembly.setup import PLUGIN_FOLDER

START_PATIENCE_S = 60.0
END_PATIENCE_S = 5.0


class Served:
    """One server process, as a person would start it; gone when the `with` block ends."""

    def __init__(self, policy: str, *, protocol: str) -> None:
        self._policy = policy
        self._protocol = protocol
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self.address = ""

    def start(self) -> None:
        """Start it and wait until it listens; again after a kill, at the same port."""
        words = ["serve", self._policy, "--protocol", self._protocol, "--port", str(self._port)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "twin_app", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=PLUGIN_FOLDER.parent,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        self.address = self._await_address(self._process)
        self._port = int(self.address.rsplit(":", 1)[1])

    def kill(self) -> int:
        """Signal 9; returns the moment in monotonic nanoseconds."""
        assert self._process is not None
        killed_ns = time.monotonic_ns()
        self._process.kill()
        self._process.wait()
        self._close_output()
        return killed_ns

    def halt(self) -> int:
        """It hangs from now on: alive, and silent. Returns the moment."""
        assert self._process is not None
        halted_ns = time.monotonic_ns()
        self._process.send_signal(signal.SIGSTOP)
        return halted_ns

    def go_on(self) -> None:
        """After `halt`."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def interrupt(self, number: int) -> tuple[int, str]:
        """Send it a signal and wait for its end; its exit status, and what it has said since it listened."""
        process, self._process = self._process, None
        assert process is not None
        process.send_signal(number)
        said, _ = process.communicate(timeout=START_PATIENCE_S)
        return process.returncode, said.decode(errors="replace")

    def close(self) -> None:
        """End it in order; insist when it does not."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.wait(END_PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()

    def _close_output(self) -> None:
        if self._process is not None and self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None

    def _await_address(self, process: subprocess.Popen[bytes]) -> str:
        assert process.stdout is not None
        ends_s, said = time.monotonic() + START_PATIENCE_S, b""
        while time.monotonic() < ends_s:
            readable, _, _ = select.select([process.stdout], [], [], 0.1)
            piece = os.read(process.stdout.fileno(), 4096) if readable else b""
            said += piece
            for line in said.decode(errors="replace").splitlines(keepends=True):
                if line.startswith(LISTENING) and line.endswith("\n"):
                    return line.strip().rsplit(" ", 1)[1]
            if readable and not piece:
                break
        self.close()
        raise UserMistake(f"the server of {self._policy} did not start: {said.decode(errors='replace').strip()[-300:]}")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
