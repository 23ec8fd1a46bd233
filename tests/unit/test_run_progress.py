"""What a console reads of a run while it goes on: the progress that a program writes, and its loss curves."""

from __future__ import annotations

import json

import pytest

from twin_app.assembly.progress import Progress
from twin_app.model.loss_curves import MOST_POINTS, LossCurves
from twin_app.model.runs import RunProgress


def test_a_program_reads_back_what_progress_writes(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress("json")
    progress.tell("evaluation", 3, 10)
    progress.note(seed=7, verdict="timeout", right=False)
    progress.tell("evaluation", 10, 10)
    read = RunProgress()
    for line in capsys.readouterr().err.splitlines():
        read.take(line)
    assert (read.stage, read.done, read.total, read.left_s) == ("evaluation", 10, 10, 0.0)
    assert read.tally == "0 of 1 right · 1 timeout"
    read.take("celltwin: the disk is full")
    read.take("[1]")
    assert read.words == "celltwin: the disk is full\n[1]"


def test_curves_pass_over_broken_lines_and_stay_bounded() -> None:
    curves = LossCurves()
    for line in ("{", "[]", '{"step": 1}', '{"stage": "a", "step": "x"}', '{"stage": "a", "step": 1, "w": "no"}'):
        curves.take(line)
    for step in range(3 * MOST_POINTS):
        curves.take(json.dumps({"stage": "acting", "step": step, "time": 1.0, "flow": 0.5}))
    assert curves.stages["acting"]["flow"][-1] == (3 * MOST_POINTS - 1, 0.5)
    assert len(curves.stages["acting"]["flow"]) <= MOST_POINTS
    curves.take('{"stage": "acting", "step": 1, "flow": 0.9}')
    assert curves.stages["acting"]["flow"] == [(1, 0.9)]
