"""The worker's side: build the policy, then answer one question after the other until the planner hangs up."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from runtime.mistakes import presentable
from runtime.ports import Policy
from runtime.system2.isolation.board import ObservationBoard
from runtime.system2.isolation.line import Built, Line, LineTrouble, Spoken
from runtime.system2.runner import ANYHOW, Answer, PolicyCaller, Question, said_by

NICENESS = 5
"""Below the planner, whose session it shares; the fast loop is real-time and above both."""

_PR_SET_PDEATHSIG = 1
"""prctl(2)."""

_MIB = 1024 * 1024
_HEADROOM = 2
"""The kernel refuses memory at so many times the limit at which the planner kills: a leak faster than one look."""


def keep_small(*, planner_pid: int, memory_mib: float) -> bool:
    """First of all: die with the planner, yield to it, and be the first to go when memory runs out.

    False when the planner is gone already.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != planner_pid:
        return False
    os.nice(NICENESS)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    most = int(_HEADROOM * memory_mib * _MIB)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return True


def serve(build: Callable[[], Policy], *, line_descriptor: int, board_descriptor: int) -> int:
    """Build, then answer. Returns the exit status; an answer that cannot be sent is told as a failure."""
    line = Line(socket.socket(fileno=line_descriptor), waits=True)
    board = ObservationBoard.attach(board_descriptor)
    try:
        try:
            caller = PolicyCaller(build())
        except ANYHOW as trouble:
            line.send(Built(said_by(trouble) or type(trouble).__name__))
            return 1
        line.send(Built())
        while True:
            look = line.to_worker()
            answer = caller.answer(Question(look.number, board.read(), look.opening))
            _send(line, answer)
    except LineTrouble:
        return 0
    finally:
        line.close()
        board.close()


def _send(line: Line, answer: Answer) -> None:
    try:
        line.send(Spoken(answer.number, answer.proposal, answer.trouble))
    except (TypeError, ValueError, OverflowError, msgspec.MsgspecError) as trouble:
        line.send(Spoken(answer.number, None, f"cannot be sent: {presentable(str(trouble))}"))
