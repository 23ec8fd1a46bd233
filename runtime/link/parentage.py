"""Processes that must not outlive the one that started them, whatever becomes of that one."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
from collections.abc import Generator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from runtime.mistakes import UserMistake

_PR_SET_PDEATHSIG = 1
"""prctl(2)."""


def end_with_parent(*, parent_pid: int = 0) -> bool:
    """The kernel sends this process TERM when the thread that started it ends; survives exec.

    `parent_pid`: who that has to be. False when it is gone already, and then nothing was asked for.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    return not parent_pid or os.getppid() == parent_pid


@contextmanager
def crew(processes: int) -> Generator[ProcessPoolExecutor, None, None]:
    """Processes to work side by side: an interruption ends them at once, and they end with this process if it dies.

    Use it in the main thread: it is with that one that they end. Raises `UserMistake` when one of them is killed.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_join_crew) as pool:
        try:
            yield pool
        except BrokenProcessPool as broken:
            raise UserMistake(
                "a process that worked for this command was killed, perhaps because memory ran out",
                remedy="give the same command again, with fewer --processes: what was kept is not done again",
            ) from broken
        except BaseException:
            for child in multiprocessing.active_children():
                child.terminate()
            raise
        finally:
            pool.shutdown(cancel_futures=True)


def _join_crew() -> None:
    parent = multiprocessing.parent_process()
    if not end_with_parent(parent_pid=0 if parent is None or parent.pid is None else parent.pid):
        os._exit(0)
