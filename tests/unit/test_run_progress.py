"""What a console reads of a run while it goes on: the progress that a program writes, and its loss curves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import redirect_stderr, suppress
from io import StringIO
from pathlib import Path

import pytest

from twin_app.assembly.examination import ledger as ledgers
from twin_app.assembly.examination.examination import Result
from twin_app.assembly.examination.ledger import Ledger
from twin_app.assembly.examination.ledger import Progress as Progressed
from twin_app.assembly.examination.narration import Narrator
from twin_app.assembly.examination.tables import robustness
from twin_app.assembly.progress import Progress
from twin_app.assembly.setup import CellSetup
from twin_app.model.loss_curves import MOST_POINTS, LossCurves
from twin_app.model.run_table import RowUnderWay, rows_of
from twin_app.model.run_wish import RunWish
from twin_app.model.runs import Run, RunProgress, RunState, outcome_table, outcome_words


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


def sitting(
    monkeypatch: pytest.MonkeyPatch, folder: Path, *, until: int = 10**6
) -> tuple[list[dict[str, object]], str]:
    """One sitting of a robustness suite of 4 seeds that is cut off after so many runs: its table, and what it said."""
    left = until

    def examine_all(setup: CellSetup, seeds: Sequence[int], *, progress: Progressed, **rest: object) -> None:
        nonlocal left
        for count, seed in enumerate(seeds, start=1):
            left -= 1
            if left < 0:
                raise KeyboardInterrupt
            verdict = "timeout" if seed % 2 and setup.variations else "succeeded"
            progress(Result(seed, "put it there", "red cube", verdict, "", 5.0), count, len(seeds))

    monkeypatch.setattr(ledgers, "examine_all", examine_all)
    monkeypatch.setattr("twin_app.assembly.progress._OFTEN_S", 0.0)
    rows: list[dict[str, object]] = []
    with redirect_stderr(StringIO()) as said, suppress(KeyboardInterrupt):
        listen = Narrator("json", silent=True)
        rows = robustness(CellSetup(), range(4), processes=1, ledger=Ledger(folder), listen=listen)
    return rows, said.getvalue()


def test_a_table_is_followed_row_by_row_over_two_sittings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    read = RunProgress()
    for line in sitting(monkeypatch, tmp_path, until=10)[1].splitlines():
        read.take(line)
    run = Run("1", RunWish("evaluate", "x", suite="robustness"), RunState.CANCELLED, 1, read)
    assert run.standing == "row 3 of 22, light:medium · runs 10 of 88"
    assert [(row.name, row.tally) for row in run.rows] == [("none", "4 of 4"), ("light:weak", "2 of 4")]
    assert read.tally == "1 of 2 right · 1 timeout"
    rows, said = sitting(monkeypatch, tmp_path)
    for line in said.splitlines():
        read.take(line)
    assert (read.done, read.total, read.row) == (88, 88, RowUnderWay("occlusion:strong", 22, 22))
    assert len(read.rows) == 22
    outcome = json.dumps({"suite": "robustness", "rows": rows})
    assert outcome_table(outcome) == tuple(read.rows.values()), "what was told on the way is what the table says"
    assert outcome_words(outcome) == "none 4 of 4 · worst: light:weak 2 of 4"
    done = Run("1", run.wish, RunState.DONE, 1, read, outcome)
    assert done.rows[1].otherwise == "2 timeout"


def test_a_row_that_is_none_is_passed_over() -> None:
    whole = {"policy": "whole", "n": 4, "succeeded": 3, "interval95": [0.3, 0.9], "timeout": 1, "ece": None}
    spoilt: list[object] = [7, {}, {**whole, "n": 0}, {**whole, "interval95": [0.3, 9.0]}, {**whole, "policy": None}]
    assert [row.name for row in rows_of([*spoilt, whole])] == ["whole"]
    assert rows_of("rows") == ()
    read = RunProgress()
    read.take(json.dumps({"row": "whole", "figures": spoilt[2]}))
    assert read.rows == {}


def test_the_reason_of_a_failure_is_the_last_thing_that_the_program_itself_has_said() -> None:
    read = RunProgress()
    run = Run("1", RunWish("evaluate", "x"), RunState.FAILED, 1, read)
    assert run.result == "no word"
    read.take("Killed")
    assert run.result == "Killed"
    for line in ("celltwin: no model in any folder there", "  → make them"):
        read.take(line)
    assert run.result == "no model in any folder there"


def test_curves_pass_over_broken_lines_and_stay_bounded() -> None:
    curves = LossCurves()
    for line in ("{", "[]", '{"step": 1}', '{"stage": "a", "step": "x"}', '{"stage": "a", "step": 1, "w": "no"}'):
        curves.take(line)
    for step in range(3 * MOST_POINTS):
        curves.take(json.dumps({"stage": "acting", "step": step, "time": 1.0, "flow": 0.5}))
    assert curves.stages["acting"]["flow"][-1] == (3 * MOST_POINTS - 1, 0.5)
    assert len(curves.stages["acting"]["flow"]) <= MOST_POINTS
    curves.take('{"stage": "acting", "step": 0, "flow": 0.9}')
    assert curves.stages["acting"]["flow"] == [(0, 0.9)]


def test_values_that_are_not_finite_are_in_no_curve_and_are_counted() -> None:
    curves = LossCurves()
    for step, loss in enumerate(("0.5", "NaN", "Infinity", "1e999", "-Infinity", "9" * 400, "0.25"), start=1):
        curves.take(f'{{"stage": "acting", "step": {step}, "flow": {loss}, "heat": 0.1}}')
    assert curves.stages["acting"]["flow"] == [(1, 0.5), (7, 0.25)]
    assert len(curves.stages["acting"]["heat"]) == 7
    assert curves.astray("acting") == {"flow": 5}
    curves.take('{"stage": "acting", "step": 3, "flow": NaN}')
    assert curves.astray("acting") == {"flow": 2}, "those of the sitting before are drawn no more"
    assert curves.astray("grounding") == {}


def test_a_stage_that_goes_on_where_it_was_kept_is_one_curve() -> None:
    curves = LossCurves()
    for step, loss in ((1, 9.0), (50, 5.0), (100, 4.0), (50, 5.5), (100, 3.0)):
        curves.take(json.dumps({"stage": "grounding", "step": step, "heat": loss}))
    assert curves.stages["grounding"]["heat"] == [(1, 9.0), (50, 5.5), (100, 3.0)]
