"""A live cell with the misbehaving policies, heard over the link."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from runtime.messages import topics
from runtime.messages.policy import PolicyEntry, PolicyState
from runtime.messages.state import ControlState, Mode
from runtime.messages.system import Event
from runtime.messages.tasks import TaskList
from twin_app.assembly.live import LiveCell
from twin_app.assembly.setup import CellSetup, SessionSetup

PLUGINS = str(Path(__file__).resolve().parent / "plugins")
PATIENCE_S = 100.0
"""On a busy machine a policy takes long to load: its process yields to every other."""

HEARD = (
    topics.SYSTEM,
    topics.TASKS,
    topics.CONTROL,
    topics.RECEIPTS,
    topics.EVENTS,
    topics.POLICY,
)


@contextmanager
def running(folder: Path, policy: str, **more: Any) -> Iterator[LiveCell]:  # fields of the setup
    name = f"iso-{os.getpid()}"
    cell = CellSetup(cell=name, policy=policy, fallback="programmed", seed=7, plugins=PLUGINS, **more)
    live = LiveCell(SessionSetup(cell, data_folder=str(folder), ends_with_parent=True), listen=HEARD)
    live.start()
    try:
        live.await_ready(timeout_s=PATIENCE_S)
        yield live
    finally:
        live.close()


def until(live: LiveCell, holds: Callable[[], bool], *, told: list[str] | None = None) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end_s, "\n".join([*(told or []), str(live.heard.get(topics.SYSTEM.name))])
        for received in live.poll():
            if told is not None and isinstance(received.message, Event):
                told.append(received.message.text)


def policy_of(live: LiveCell) -> PolicyState:
    state = live.heard.get(topics.POLICY.name)
    assert isinstance(state, PolicyState)
    return state


def entry(live: LiveCell, name: str) -> PolicyEntry:
    return next(one for one in policy_of(live).entries if one.name == name)


def mode_of(live: LiveCell) -> Mode:
    control = live.heard.get(topics.CONTROL.name)
    assert isinstance(control, ControlState)
    return control.mode


def finished(live: LiveCell, task_id: int) -> str:
    tasks = live.heard.get(topics.TASKS.name)
    found = tasks.finished if isinstance(tasks, TaskList) else ()
    return next((task.status.value for task in found if task.task_id == task_id), "")
