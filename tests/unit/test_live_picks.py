"""Picks in a live cell: a cell that no longer drives is told as such, whatever control said last."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from runtime.messages import topics
from runtime.messages.state import Mode
from runtime.messages.system import ProcessPhase, ProcessState, SystemState
from tests.support.supervised import MadeUpCell
from twin_app.assembly.live_picks import LivePicks


def why(phase: ProcessPhase, mode: Mode, detail: str = "") -> str:
    """What a run says when its control process stands so and has told this mode last."""
    process = ProcessState("control", 1, phase, 0, 0, 0.0, detail)
    system = SystemState(0, "s", "c", "tray", "low", 1, 0, True, "moving", (process,), "", 0, "", {}, "none", "")
    heard = {topics.SYSTEM.name: system, topics.CONTROL.name: MadeUpCell(mode=mode).control()}
    picks: Any = LivePicks.__new__(LivePicks)
    picks._live = SimpleNamespace(heard=heard)
    return picks._why_stuck()


@pytest.mark.parametrize(
    ("phase", "mode", "detail", "words"),
    [
        (ProcessPhase.RUNNING, Mode.AUTO, "", ""),
        (ProcessPhase.DEAD, Mode.AUTO, "killed by SIGKILL", "process control is dead: killed by SIGKILL"),
        (ProcessPhase.SILENT, Mode.AUTO, "", "process control is silent: no sign of life"),
        (ProcessPhase.RUNNING, Mode.ASSIST, "", "the cell is in assist: "),
    ],
)
def test_why_a_run_does_not_go_on(phase: ProcessPhase, mode: Mode, detail: str, words: str) -> None:
    assert why(phase, mode, detail).startswith(words)
    assert bool(why(phase, mode, detail)) is bool(words)
