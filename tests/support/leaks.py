"""What a test leaves behind: threads, child processes, file descriptors, sockets, running timers, shared memory."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

PATIENCE_S = 3.0
"""How long threads and processes that have been told to end may take to do so."""

HARMLESS_TARGETS = ("/dev/urandom", "/dev/random", "/dev/null", "/dev/dri/", "/dev/nvidia", "/proc/", "/sys/")
"""Descriptors that libraries open once for the whole process."""


@dataclass(frozen=True)
class Holdings:
    """What the process holds at one moment, each kind as a set of readable names."""

    threads: frozenset[str]
    processes: frozenset[str]
    descriptors: frozenset[str]
    timers: frozenset[str]
    shared: frozenset[str]


def take_stock(*, with_timers: bool) -> Holdings:
    """Look at what is held now; timers cost a walk through all objects, so only where Qt is used."""
    return Holdings(
        frozenset(f"{thread.name} ({thread.ident})" for thread in threading.enumerate()),
        frozenset(f"{child.pid} {_command(child)}" for child in psutil.Process().children(recursive=True)),
        frozenset(_descriptors()),
        frozenset(_running_timers()) if with_timers else frozenset(),
        frozenset(_shared_folders()),
    )


def left_behind(before: Holdings, *, with_timers: bool, patience_s: float = PATIENCE_S) -> dict[str, list[str]]:
    """Everything held now that was not held before, by kind; waits for what is just ending."""
    deadline = time.monotonic() + patience_s
    while True:
        left = _difference(before, take_stock(with_timers=with_timers))
        if not left or time.monotonic() > deadline:
            return left
        gc.collect()  # an unreachable socket or file closes with its object, and warns by itself
        time.sleep(0.02)


def _difference(before: Holdings, after: Holdings) -> dict[str, list[str]]:
    kinds = ("threads", "processes", "descriptors", "timers", "shared")
    fresh = {kind: sorted(getattr(after, kind) - getattr(before, kind)) for kind in kinds}
    return {kind: names for kind, names in fresh.items() if names}


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())[:80]
    except psutil.Error:
        return "(just ended)"


def _descriptors() -> list[str]:
    found: list[str] = []
    for number in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{number}")
        except OSError:
            continue  # the listing's own descriptor
        if not target.startswith(HARMLESS_TARGETS):
            found.append(f"{number} → {target}")
    return found


def _running_timers() -> list[str]:
    core = sys.modules.get("PySide6.QtCore")
    if core is None:
        return []
    import shiboken6

    timers = (item for item in gc.get_objects() if issubclass(type(item), core.QTimer))  # not through weak proxies
    return [f"QTimer {id(timer):#x}" for timer in timers if shiboken6.isValid(timer) and timer.isActive()]


def _shared_folders() -> list[str]:
    """Session folders in the run-time folder, which belongs to the running test alone (see conftest)."""
    place = os.environ.get("XDG_RUNTIME_DIR", "")
    return [str(path) for path in Path(place).glob("celltwin*")] if place else []
