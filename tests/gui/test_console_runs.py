"""Training and evaluation from the console: started, followed, cancelled, gone on with, and kept."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from runtime.messages.card import PolicyCard
from tests.support import fake_cards
from tests.support.console import Console
from twin_app.bridge.runs import RunKeeper
from twin_app.model.run_wish import RunWish
from twin_app.model.runs import RunState
from twin_app.panels.runs import RunsPanel

PROGRAM = ("nice", "-n", "19", sys.executable, "-m", "tests.support.fake_run")
CAREFUL = PolicyCard("programmed_careful", "careful", "1.0", "Slow.")


@pytest.fixture
def panel(console: Console, monkeypatch: pytest.MonkeyPatch) -> RunsPanel:
    monkeypatch.setattr("tests.support.fake_cell.CARDS", (*fake_cards.CARDS, CAREFUL))
    console.window.keeper._program = PROGRAM
    console.window.show_perspective("test")
    console.window.show_panel("runs")
    console.advance(1.5)
    return console.window.runs


def begin(console: Console, panel: RunsPanel, policy: str, kind: str = "evaluate") -> str:
    panel.form.kind.setCurrentText(kind)
    panel.form.policy.setCurrentText(policy)
    console.click(panel.form.start_button)
    return console.window.keeper.book.runs[0].run_id


def state(console: Console, run_id: str) -> RunState:
    run = console.window.keeper.book.find(run_id)
    assert run is not None
    return run.state


def await_state(console: Console, qtbot: QtBot, run_id: str, wanted: RunState) -> None:
    qtbot.waitUntil(lambda: state(console, run_id) is wanted, timeout=30_000)
    console.advance(0.2)


def test_an_evaluation_is_started_and_its_figures_are_kept(console: Console, panel: RunsPanel, qtbot: QtBot) -> None:
    run_id = begin(console, panel, "programmed")
    assert panel.table.selected == run_id
    await_state(console, qtbot, run_id, RunState.DONE)
    (row,) = panel.table.rows
    assert row.cells == (
        "programmed · nominal · 500000:500100",
        "done",
        "9 of 10 succeeded, 95 % interval 60.0 to 98.0 % · ECE 0.031",
    )
    assert ("interval95", "0.6, 0.98") in [row.cells for row in panel.figures.rows]
    again = RunKeeper(console.store.folder / "runs")
    assert [(run.run_id, run.state, run.result) for run in again.book.runs] == [(run_id, RunState.DONE, row.cells[2])]


def test_a_run_is_followed_cancelled_and_gone_on_with(console: Console, panel: RunsPanel, qtbot: QtBot) -> None:
    run_id = begin(console, panel, "programmed_careful")
    run = console.window.keeper.book.find(run_id)
    assert run is not None
    progress = run.progress
    qtbot.waitUntil(lambda: progress.done == 4, timeout=30_000)
    console.advance(0.2)
    assert panel.words.text() == "evaluation 4 of 10 · 12 s left\n3 of 4 right · 1 missed grasp"
    assert panel.bar.value() == 400
    pid = console.window.keeper._children[run_id].pid
    assert os.getpriority(os.PRIO_PROCESS, pid) == 19
    panel.cancel_button.setFocus()
    console.key(Qt.Key.Key_Return)
    assert state(console, run_id) in (RunState.CANCELLING, RunState.CANCELLED)
    await_state(console, qtbot, run_id, RunState.CANCELLED)
    assert not Path(f"/proc/{pid}").exists()
    assert not panel.cancel_button.isEnabled()
    console.click(panel.resume_button)
    await_state(console, qtbot, run_id, RunState.DONE)
    run = console.window.keeper.book.find(run_id)
    assert run is not None
    assert len(run.progress.verdicts) == 10, "those of both sittings"


def test_a_training_shows_its_loss_curves(console: Console, panel: RunsPanel, qtbot: QtBot) -> None:
    run_id = begin(console, panel, "flow_vla", kind="train")
    assert panel.form.policy.count() == 1, "only what can be trained is offered"
    await_state(console, qtbot, run_id, RunState.DONE)
    assert panel.plot.isVisible()
    assert [panel.stage.itemText(index) for index in range(panel.stage.count())] == ["newest stage", "acting"]
    assert panel.plot.curves["flow"][-1] == (91, 1.0 / 91)
    ink = {panel.plot.grab().toImage().pixelColor(x, 60).name() for x in range(panel.plot.width())}
    assert len(ink) > 2
    assert "/made/up/7-validation" in panel.words.text()


def test_a_run_that_fails_says_why(console: Console, panel: RunsPanel, qtbot: QtBot) -> None:
    run_id = begin(console, panel, "flow_vla")
    await_state(console, qtbot, run_id, RunState.FAILED)
    assert panel.table.rows[0].cells[1:] == ("failed", "its weights have another hash; train it again")
    assert "another hash" in panel.words.text()
    assert panel.resume_button.isEnabled()


@pytest.mark.parametrize(
    ("seeds", "words"),
    [
        ("ten", "seeds 'ten' are no range"),
        ("9:3", "seeds '9:3' are empty or below 0"),
        ("0:200000", "200000 runs, at most 100000"),
    ],
)
def test_bad_seeds_are_answered_at_the_form(console: Console, panel: RunsPanel, seeds: str, words: str) -> None:
    panel.form.seeds.setFocus()
    panel.form.seeds.selectAll()
    console.type(seeds)
    console.key(Qt.Key.Key_Return)
    assert words in panel.form.trouble.text()
    assert panel.form.trouble.isVisible()
    assert console.window.keeper.book.runs == ()
    console.type("0")
    assert panel.form.trouble.isHidden()


def test_a_missing_configuration_is_answered_at_the_form(console: Console, panel: RunsPanel) -> None:
    panel.form.kind.setCurrentText("train")
    assert panel.form.seeds.isHidden()
    panel.form.config.setText("/nowhere/recipe.toml")
    console.click(panel.form.start_button)
    assert "'/nowhere/recipe.toml' is no file" in panel.form.trouble.text()


def test_a_folder_that_cannot_be_written_is_told(console: Console, panel: RunsPanel, tmp_path: Path) -> None:
    (tmp_path / "settings").mkdir(exist_ok=True)
    (tmp_path / "settings" / "runs").write_text("in the way")
    panel.form.policy.setCurrentText("programmed")
    console.click(panel.form.start_button)
    assert "Not a directory" in panel.form.trouble.text()


def test_closing_the_window_ends_its_runs(console: Console, panel: RunsPanel, qtbot: QtBot) -> None:
    run_id = begin(console, panel, "programmed_careful")
    pid = console.window.keeper._children[run_id].pid
    console.close()
    assert not Path(f"/proc/{pid}").exists()
    (run,) = RunKeeper(console.store.folder / "runs").book.runs
    assert run.state is RunState.CANCELLED


def test_a_run_of_another_console_is_left_to_it(tmp_path: Path, qtbot: QtBot) -> None:
    keeper = RunKeeper(tmp_path / "runs", program=PROGRAM)
    run_id = keeper.start(RunWish("evaluate", "programmed_careful"))
    other = RunKeeper(tmp_path / "runs")
    (run,) = other.book.runs
    assert (run.state, run.result) == (RunState.ELSEWHERE, "runs in another console")
    other.resume(run_id)
    assert other._children == {}
    keeper.close()
