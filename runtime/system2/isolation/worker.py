"""A policy worker as the planner sees it: started, asked, watched, killed when it hangs, leaks or talks nonsense."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from runtime.link.child_exit import exit_in_words
from runtime.system2.isolation.board import ObservationBoard
from runtime.system2.isolation.line import Built, Line, LineTrouble, Look
from runtime.system2.runner import Answer, Collapse, Question

MEMORY_PERIOD_NS = 100_000_000
REAP_PATIENCE_NS = 500_000_000
"""How long a worker that has hung up may take to be gone, before its end is told without its exit code."""

_MIB = 1024 * 1024
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """Beyond which a worker is killed."""

    load_s: float
    hang_s: float
    memory_mib: float


class PolicyWorker:
    """One policy in its own process, behind the promise of `PolicyRunner`.

    Belongs to the thread that started it: the kernel kills the worker when that thread ends, so that a planner that
    dies leaves none behind.
    """

    def __init__(self, argv: Sequence[str], *, room: int, limits: WorkerLimits, now_ns: int) -> None:
        """`argv` gets two descriptors more: the line's and the board's. Raises `OSError` where nothing starts."""
        self._limits = limits
        self._board = ObservationBoard.create(room)
        ours, theirs = socket.socketpair()
        self._line = Line(ours, waits=False)
        try:
            self._process = subprocess.Popen(
                (*argv, str(theirs.fileno()), str(self._board.descriptor)),
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(), self._board.descriptor),
                process_group=0,  # what the policy starts goes with it
            )
        except OSError:
            self._line.close()
            self._board.close()
            raise
        finally:
            theirs.close()
        self._built = False
        self._at_work = False
        self._looked_ns = now_ns
        self._loading_ns = 0  # what building and warming have taken so far
        self._open: tuple[int, int] | None = None  # number of the newest question, and when it was put
        self._verdict = ""
        self._cut_ns = 0
        self._told = False
        self._memory_due_ns = 0
        self.memory_mib = 0.0

    @property
    def pid(self) -> int:
        """Of the worker."""
        return self._process.pid

    @property
    def descriptor(self) -> int:
        """Of the line."""
        return self._line.descriptor

    @property
    def obstacle(self) -> str:
        """See `PolicyRunner`; a policy over there says so in its answers alone."""
        return ""

    @property
    def built(self) -> bool:
        """Whether the policy is loaded and can be asked."""
        return self._built

    def put_to_work(self) -> None:
        """It is loaded and warm: from now on `hang_s` limits an answer; until now `load_s` limits everything."""
        self._at_work = True

    def ask(self, question: Question, now_ns: int) -> None:
        """See `PolicyRunner`."""
        self._open = question.number, now_ns
        try:
            self._board.write(question.observation)
            self._line.send(Look(question.number, question.opening))
        except LineTrouble as trouble:
            self._hung_up(str(trouble), now_ns)
        except ValueError as trouble:
            self._end(f"cannot be asked: {trouble}")

    def poll(self, now_ns: int) -> Answer | Collapse | None:
        """See `PolicyRunner`; also looks whether the worker still keeps to its limits."""
        if self._told:
            return None
        if not self._verdict:
            try:
                if (answer := self._listen()) is not None:
                    return answer
            except LineTrouble as trouble:
                self._hung_up(str(trouble), now_ns)
            self._watch(now_ns)
        return self._last_word(now_ns)

    def close(self) -> None:
        """Kill it, and what it has started."""
        self._told = True
        self._kill()
        self._line.close()
        self._board.close()

    def gone(self) -> bool:
        """Whether the kernel has taken it apart; it is reaped then."""
        return self._process.poll() is not None

    def wait(self, timeout_s: float = 5.0) -> None:
        """For the very end of a planner: wait until it is gone."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout_s)

    # ── what it says ─────────────────────────────────────────────────────────────────────────────

    def _listen(self) -> Answer | None:
        while (record := self._line.from_worker()) is not None:
            if isinstance(record, Built):
                self._built = True
                if record.trouble:
                    self._end(record.trouble)
                    return None
            else:
                if self._open is not None and record.number == self._open[0]:
                    self._open = None
                return Answer(record.number, record.proposal, record.trouble)
        return None

    def _hung_up(self, words: str, now_ns: int) -> None:
        """Its line is cut, mostly because it died: how is known when it is gone."""
        if "closed" in words or "cut" in words:
            self._cut_ns = self._cut_ns or now_ns  # not killed yet: that would become the reason of its death
        else:
            self._end(words)

    # ── how it is ────────────────────────────────────────────────────────────────────────────────

    def _watch(self, now_ns: int) -> None:
        limits = self._limits
        if not self._at_work and (not self._built or self._open is not None):
            self._loading_ns += now_ns - self._looked_ns
        self._looked_ns = now_ns
        if not self._at_work and self._loading_ns > limits.load_s * 1e9:
            self._end(f"was not loaded and warm within {limits.load_s:g} s")
        elif self._at_work and self._open is not None and now_ns - self._open[1] > limits.hang_s * 1e9:
            self._end(f"hung: no answer within {limits.hang_s:g} s")
        elif now_ns >= self._memory_due_ns:
            self._memory_due_ns = now_ns + MEMORY_PERIOD_NS
            self.memory_mib = _resident_mib(self.pid)
            if self.memory_mib > limits.memory_mib:
                self._end(f"leaked: its process holds {self.memory_mib:.0f} MiB, limit {limits.memory_mib:.0f}")

    def _end(self, verdict: str) -> None:
        self._verdict = self._verdict or verdict
        self._kill()

    def _last_word(self, now_ns: int) -> Collapse | None:
        """Once: why it is gone. A worker that died by itself says so by its exit code, which comes a moment later."""
        reason = self._verdict
        if not reason:
            code = self._exit_code()
            if code is not None:
                reason = f"its process crashed: {exit_in_words(code)}"
            elif self._cut_ns and now_ns - self._cut_ns > REAP_PATIENCE_NS:
                reason = "its process hung up"
                self._kill()
        if not reason:
            return None
        self._told = True
        return Collapse(reason)

    def _kill(self) -> None:
        """Its whole group, and that before it is reaped: afterwards the number may be somebody else's."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def _exit_code(self) -> int | None:
        """Of a worker that died by itself; what it had started is ended with it."""
        if self._process.returncode is None:
            if os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                return None
            self._kill()
        return self._process.poll()


def _resident_mib(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES / _MIB
    except (OSError, IndexError, ValueError):
        return 0.0
