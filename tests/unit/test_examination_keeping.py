"""Results that are kept line by line, and the progress that a program reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runtime.mistakes import UserMistake
from twin_app.assembly.examination.examination import Result
from twin_app.assembly.examination.keeping import KeptResults
from twin_app.assembly.progress import Progress
from twin_app.model.loss_curves import MOST_POINTS, LossCurves
from twin_app.model.runs import RunProgress

ABOUT = {"policy": "programmed", "suite": "nominal"}


def result(seed: int) -> Result:
    return Result(seed, "put it there", "red cube", "succeeded", "", 4.0, (0.9,), 0.4, ((1.0, 2.0),), (0.01,))


def test_what_was_kept_is_found_again(tmp_path: Path) -> None:
    file = tmp_path / "results.jsonl"
    KeptResults(file, about=ABOUT).add(result(1))
    KeptResults(file, about=ABOUT).add(result(2))
    assert KeptResults(file, about=ABOUT).results == {1: result(1), 2: result(2)}


@pytest.mark.parametrize("cut", [1, 20, 200])
def test_a_line_that_was_cut_off_is_done_again(tmp_path: Path, cut: int) -> None:
    file = tmp_path / "results.jsonl"
    kept = KeptResults(file, about=ABOUT)
    kept.add(result(1))
    kept.add(result(2))
    file.write_bytes(file.read_bytes()[:-cut])
    again = KeptResults(file, about=ABOUT)
    assert set(again.results) <= {1}
    again.add(result(2))
    assert 2 in KeptResults(file, about=ABOUT).results


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"about": {"policy": "other"}}\n', "another evaluation"),
        ("[]\n", "another evaluation"),
        ("x\n", "malformed"),
        (json.dumps({"about": ABOUT}) + '\n{"seed": "x"}\n', "Expected `int`"),
    ],
)
def test_a_file_of_something_else_is_refused_by_name(tmp_path: Path, content: str, words: str) -> None:
    file = tmp_path / "results.jsonl"
    file.write_text(content)
    with pytest.raises(UserMistake, match=words) as told:
        KeptResults(file, about=ABOUT)
    assert str(file) in str(told.value)
    assert file.read_text() == content


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
