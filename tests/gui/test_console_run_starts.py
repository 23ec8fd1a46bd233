"""Beginning runs: once for one press, never without anybody who follows it, and with the policy that was chosen."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from runtime.messages.state import Mode
from runtime.mistakes import UserMistake
from tests.support.console import Console
from twin_app.bridge.runs import RunKeeper
from twin_app.model.run_wish import RunWish
from twin_app.model.runs import RunState
from twin_app.panels.runs import RunsPanel
from twin_app.widgets.curves_plot import CurvesPlot
from twin_app.widgets.run_form import NO_FALLBACK

PROGRAM = ("nice", "-n", "19", sys.executable, "-m", "tests.support.fake_run")
SLOW = RunWish("evaluate", "programmed_careful")
ALL = (("flow_vla", True), ("programmed", False))


@pytest.fixture
def panel(console: Console) -> RunsPanel:
    console.window.keeper._program = PROGRAM
    console.window.show_perspective("test")
    console.window.show_panel("runs")
    console.advance(1.5)
    return console.window.runs


@contextmanager
def _no_room(file: Path, *, forced: bool = True) -> Generator[Path]:
    raise UserMistake(f"{file} cannot be written: No space left on device", remedy="make room")
    yield file


def alive() -> set[str]:
    """Children of this process."""
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


def test_a_double_click_begins_one_run(console: Console, panel: RunsPanel) -> None:
    panel.form.policy.setCurrentText("programmed")
    button = panel.form.start_button
    console.click(button)
    QTest.mouseDClick(button, Qt.MouseButton.LeftButton)
    assert len(console.window.keeper.book.runs) == 1
    panel.form.seeds.setText("500000:500050")
    console.click(button)
    assert len(console.window.keeper.book.runs) == 2, "another wish is not the same press"


def test_enter_that_is_held_in_a_line_begins_one_run(console: Console, panel: RunsPanel) -> None:
    wishes: list[RunWish] = []
    panel.form.started.connect(wishes.append)
    panel.form.policy.setCurrentText("programmed")
    panel.form.seeds.setFocus()
    console.key(Qt.Key.Key_Return)
    panel.form._newest = None  # as after a second
    for _ in range(3):
        held = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, "\r", True)
        QApplication.sendEvent(panel.form.seeds, held)
    assert len(wishes) == 1


def test_on_a_full_disk_no_run_goes_on_that_nobody_follows(
    console: Console, panel: RunsPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = alive()
    monkeypatch.setattr("twin_app.bridge.runs.kept_whole", _no_room)
    panel.form.policy.setCurrentText("programmed")
    console.click(panel.form.start_button)
    assert "No space left on device" in panel.form.trouble.text()
    keeper = console.window.keeper
    assert (keeper.book.runs, keeper._children, alive() - before) == ((), {}, set())
    assert list((console.store.folder / "runs").iterdir()) == []
    keeper.look()


def test_on_a_full_disk_a_run_that_was_to_go_on_says_why_not(
    tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = RunKeeper(tmp_path / "runs", program=PROGRAM)
    run_id = keeper.start(SLOW)
    keeper.close()
    with monkeypatch.context() as patched:
        patched.setattr("twin_app.bridge.runs.kept_whole", _no_room)
        keeper.resume(run_id)
    (run,) = keeper.book.runs
    assert run.state is RunState.FAILED
    assert "No space left on device" in run.progress.words
    assert keeper._children == {}
    keeper.close()


def test_a_trouble_at_the_end_of_runs_does_not_keep_the_window_from_letting_go(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise RuntimeError("made up")

    console.cell.mode = Mode.IDLE
    console.advance(0.3)
    with monkeypatch.context() as patched:
        patched.setattr(console.window.keeper, "close", broken)
        with pytest.raises(RuntimeError, match="made up"):
            console.window.closeEvent(QCloseEvent())
    assert not console.window.pump.running


def test_enter_twice_on_go_on_does_not_cancel_the_run(console: Console, panel: RunsPanel, qtbot: QtBot) -> None:
    keeper = console.window.keeper
    panel.form.policy.setCurrentText("flow_vla")
    console.click(panel.form.start_button)
    run_id = keeper.book.runs[0].run_id
    qtbot.waitUntil(lambda: keeper.book.runs[0].state is RunState.FAILED, timeout=30_000)
    console.advance(0.3)
    panel.resume_button.setFocus()
    console.key(Qt.Key.Key_Return)
    keeper.book.turn(run_id, RunState.RUNNING)
    panel.show_state(console.window.pump.state)
    assert panel.cancel_button.isEnabled()
    console.key(Qt.Key.Key_Return)
    assert not keeper._told_s


def test_the_end_of_a_run_of_another_console_is_noticed(tmp_path: Path, qtbot: QtBot) -> None:
    keeper, runs = RunKeeper(tmp_path / "runs", program=PROGRAM), tmp_path / "runs"
    first, second = keeper.start(SLOW), keeper.start(RunWish("evaluate", "programmed"))
    other = RunKeeper(runs)
    other.look_elsewhere()
    assert {run.state for run in other.book.runs} == {RunState.ELSEWHERE}
    qtbot.waitUntil(lambda: second not in keeper._children, timeout=30_000)
    other.look_elsewhere()
    assert {run.run_id: run.result.partition(",")[0] for run in other.book.runs} == {
        first: "runs in another console",
        second: "9 of 10 succeeded",
    }
    keeper.close()
    other.look_elsewhere()
    assert {run.state for run in other.book.runs} == {RunState.CANCELLED, RunState.DONE}
    assert not other._slow_timer.isActive()


def test_a_run_whose_console_has_died_is_over_at_the_second_look(tmp_path: Path, qtbot: QtBot) -> None:
    folder = tmp_path / "runs" / "one"
    folder.mkdir(parents=True)
    facts = {"wish": {"kind": "train", "policy": "flow_vla"}, "state": "running", "began_ns": 1}
    birth = Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]
    (folder / "run.json").write_text(json.dumps({**facts, "pid": os.getpid(), "birth": birth}))
    keeper, states = RunKeeper(tmp_path / "runs"), []
    (folder / "run.json").write_text(json.dumps({**facts, "pid": os.getpid(), "birth": "1"}))
    for _ in range(2):
        keeper.look_elsewhere()
        states.append(keeper.book.runs[0].state)
    assert states == [RunState.ELSEWHERE, RunState.CANCELLED], "its console may be about to say how it ended"


def test_each_kind_of_run_keeps_its_policy(console: Console, panel: RunsPanel) -> None:
    form = panel.form
    form.show_policies(ALL)
    form.policy.setCurrentText("programmed")
    form.kind.setCurrentText("train")
    assert form.policy.currentText() == "flow_vla"
    form.kind.setCurrentText("evaluate")
    assert form.policy.currentText() == "programmed"
    assert form.trouble.isHidden()


def test_a_choice_that_cannot_stay_is_told(console: Console, panel: RunsPanel) -> None:
    form = panel.form
    form.show_policies(ALL)
    form.policy.setCurrentText("programmed")
    form.fallback.setCurrentText("programmed")
    form.show_policies(ALL[:1])
    assert (form.policy.currentText(), form.fallback.currentText()) == ("flow_vla", NO_FALLBACK)
    assert form.trouble.text() == (
        "policy programmed is there no more: flow_vla is chosen instead\n"
        "fallback programmed is there no more: none is chosen"
    )
    form.policy.activated.emit(0)
    assert form.trouble.isHidden()


def test_losses_that_are_not_finite_are_told_and_the_others_drawn(qtbot: QtBot) -> None:
    plot = CurvesPlot()
    qtbot.addWidget(plot)
    plot.resize(500, 200)
    plot.show_curves({"flow": []}, astray={"flow": 3})
    assert not plot.grab().isNull()
    plot.show_curves({"flow": [(1, 0.5), (9, 1e308)], "heat": []}, astray={"flow": 3})
    assert not plot.grab().isNull()
    assert plot.remark == plot.accessibleDescription() == "values that are not finite: flow 3"
