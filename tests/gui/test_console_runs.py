"""Training and evaluation from the console: started, followed, cancelled, gone on with, and kept."""

from __future__ import annotations

import json
import os
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from runtime.messages.card import PolicyCard
from tests.support import fake_cards
from tests.support.console import Console
from twin_app.bridge.runs import RunKeeper
from twin_app.model.run_wish import RunWish
from twin_app.model.runs import Run, RunState
from twin_app.model.variations import STRENGTHS
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


def book_entry(console: Console, run_id: str) -> Run:
    run = console.window.keeper.book.find(run_id)
    assert run is not None
    return run


def state(console: Console, run_id: str) -> RunState:
    return book_entry(console, run_id).state


def await_state(console: Console, qtbot: QtBot, run_id: str, wanted: RunState) -> None:
    qtbot.waitUntil(lambda: state(console, run_id) is wanted, timeout=30_000)
    console.advance(0.2)


def test_an_evaluation_is_started_and_its_figures_are_kept(console: Console, panel: RunsPanel, qtbot: QtBot) -> None:
    run_id = begin(console, panel, "programmed")
    assert panel.table.selected == run_id
    await_state(console, qtbot, run_id, RunState.DONE)
    (row,) = panel.table.rows
    assert row.cells == (
        "programmed · nominal",
        "200000:200100",
        "9 of 10 succeeded, 95 % interval 60.0 to 98.0 % · ECE 0.031",
    )
    assert panel.table.sizeHintForColumn(1) <= panel.table.columnWidth(1), "the seeds are seen whole"
    assert "programmed · nominal · 200000:200100\ndone: " in row.hint
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


def test_a_robustness_table_is_followed_row_by_row_and_gone_on_with(
    console: Console, panel: RunsPanel, qtbot: QtBot
) -> None:
    panel.form.suite.setCurrentText("robustness")
    panel.form.fallback.setCurrentText("programmed")
    panel.form.variations.setFocus()
    console.type("clutter:weak, noise")
    run_id = begin(console, panel, "programmed_careful")
    qtbot.waitUntil(lambda: book_entry(console, run_id).progress.done == 24, timeout=30_000)
    console.advance(0.2)
    assert panel.words.text() == "row 3 of 22, light:medium · runs 24 of 220 · 6:32 left\n1 of 4 right · 3 timeout"
    assert panel.bar.value() == round(1000 * 24 / 220)
    assert panel.figures.isHidden()
    assert [row.cells for row in panel.rows.table.rows] == [
        ("none", "9 of 10", "75–94 %", "0.020", "—", "1 timeout"),
        ("light:weak", "8 of 10", "65–89 %", "0.020", "—", "2 timeout"),
        ("light:medium", "1 of 4", "", "", "", "row 3 of 22"),
    ]
    console.click(panel.cancel_button)
    await_state(console, qtbot, run_id, RunState.CANCELLED)
    assert [row.key for row in panel.rows.table.rows] == ["none", "light:weak"], "what is finished is kept"
    console.click(panel.resume_button)
    await_state(console, qtbot, run_id, RunState.DONE)
    assert len(panel.rows.table.rows) == 22
    assert panel.table.rows[0].cells[2] == "none 9 of 10 · worst: light:medium 7 of 10"
    told = json.loads((console.window.keeper.place(run_id) / "outcome.txt").read_text())
    assert (told["variations"], told["fallback"]) == (["clutter:weak", "noise"], "programmed")


def test_success_under_each_variation_is_seen_as_points_with_intervals(
    console: Console, panel: RunsPanel, qtbot: QtBot
) -> None:
    panel.form.suite.setCurrentText("robustness")
    run_id = begin(console, panel, "programmed")
    await_state(console, qtbot, run_id, RunState.DONE)
    bar = panel.rows.tabBar()
    console.click(bar, bar.tabRect(1).center())
    console.advance(0.2)
    plot = panel.rows.plot
    assert plot.isVisible()
    rows = {row.name: row for row in plot.rows}
    places = {name: plot.place_of(row) for name, row in rows.items()}
    assert all(plot.rect().contains(place.toPoint()) for place in places.values())
    assert places["light:weak"].y() < places["light:medium"].y() < places["light:strong"].y() < places["size:weak"].y()
    assert places["light:medium"].x() < places["light:weak"].x() < places["light:strong"].x(), "7, 8, 10 of 10"
    picture = plot.grab().toImage()
    inks = {picture.pixelColor(places[f"light:{strength}"].toPoint()).name() for strength in STRENGTHS}
    assert inks == set(plot.theme.series[:3])
    assert "light:medium: 7 of 10, 55.0 to 84.0 %" in plot.accessibleDescription()
    bar.setFocus()
    console.key(Qt.Key.Key_Left)
    assert panel.rows.table.isVisible()
    console.close()
    (again,) = RunKeeper(console.store.folder / "runs").book.runs
    assert again.rows == tuple(rows.values()), "kept beyond the console"


def test_the_models_of_an_ablation_are_named_at_the_form(
    console: Console, panel: RunsPanel, qtbot: QtBot, tmp_path: Path
) -> None:
    assert panel.form.models.isHidden()
    choose(console, panel.form.suite, "ablation")
    models = tmp_path / "models"
    models.mkdir()
    console.click(panel.form.models)
    console.type(f" {models}/mine")
    console.key(Qt.Key.Key_Return)
    assert f"there is no folder {models}/mine" in panel.form.trouble.text()
    for _ in "/mine":
        console.key(Qt.Key.Key_Backspace)
    assert panel.form.trouble.isHidden()
    console.click(panel.form.start_button)
    assert f"no model in any folder of {models}" in panel.form.trouble.text()
    policy = panel.form.policy.currentText()
    assert f"make them with: celltwin train {policy} --ablations" in panel.form.trouble.text()
    assert console.window.keeper.book.runs == ()
    made(models)
    run_id = begin(console, panel, "programmed")
    await_state(console, qtbot, run_id, RunState.DONE)
    told = json.loads((console.window.keeper.place(run_id) / "outcome.txt").read_text())
    assert told["models"] == str(models)
    choose(console, panel.form.suite, "robustness")
    assert panel.form.models.isHidden()
    assert panel.form.wish.models == ""
    choose(console, panel.form.suite, "ablation")
    choose(console, panel.form.kind, "train")
    assert panel.form.models.isHidden()


def choose(console: Console, box: QComboBox, wanted: str) -> None:
    """By arrow keys, from where it stands."""
    box.setFocus()
    steps = box.findText(wanted) - box.currentIndex()
    for _ in range(abs(steps)):
        console.key(Qt.Key.Key_Down if steps > 0 else Qt.Key.Key_Up)
    assert box.currentText() == wanted


def made(folder: Path) -> Path:
    """As `celltwin train --ablations` leaves it."""
    (folder / "regression").mkdir(parents=True)
    (folder / "regression" / "card.json").write_text("{}")
    return folder


def test_an_ablation_has_a_band_for_each_model_without_a_part(
    console: Console, panel: RunsPanel, qtbot: QtBot, tmp_path: Path
) -> None:
    panel.form.suite.setCurrentText("ablation")
    panel.form.models.setText(str(made(tmp_path / "models")))
    run_id = begin(console, panel, "programmed")
    await_state(console, qtbot, run_id, RunState.DONE)
    assert [row.cells[0] for row in panel.rows.table.rows][-2:] == ["no wrist camera", "regression"]
    panel.rows.setCurrentIndex(1)
    heights = [panel.rows.plot.place_of(row).y() for row in panel.rows.plot.rows]
    assert len({round(low - high) for high, low in pairwise(heights)}) == 1, "evenly, one below the other"
    begin(console, panel, "programmed", kind="train")
    console.advance(0.2)
    assert panel.rows.isHidden()


@pytest.mark.parametrize(
    ("variations", "words"),
    [
        ("fog", "unknown variation 'fog'"),
        ("light:weak camera:huge", "unknown strength 'huge' of variation camera"),
        ("light:1.5", "strength '1.5' of variation light is outside 0…1"),
    ],
)
def test_bad_variations_are_answered_at_the_form(
    console: Console, panel: RunsPanel, variations: str, words: str
) -> None:
    panel.form.variations.setFocus()
    console.type(variations)
    console.key(Qt.Key.Key_Return)
    assert words in panel.form.trouble.text()
    assert "one of:" in panel.form.trouble.text()
    assert console.window.keeper.book.runs == ()
    console.key(Qt.Key.Key_Backspace)
    assert panel.form.trouble.isHidden()


def test_a_policy_does_not_stand_in_for_itself_and_a_training_asks_nothing_of_the_kind(
    console: Console, panel: RunsPanel
) -> None:
    panel.form.policy.setCurrentText("programmed")
    panel.form.fallback.setCurrentText("programmed")
    console.click(panel.form.start_button)
    assert "fallback 'programmed' cannot stand in for itself" in panel.form.trouble.text()
    assert console.window.keeper.book.runs == ()
    panel.form.kind.setCurrentText("train")
    assert panel.form.variations.isHidden()
    assert panel.form.fallback.isHidden()


def test_wishes_that_were_kept_before_there_were_variations_still_load(tmp_path: Path, qtbot: QtBot) -> None:
    wish = {"kind": "evaluate", "policy": "flow_vla", "suite": "nominal", "seeds": "0:9", "config": "", "processes": 2}
    for name, one in (("old", wish), ("newer", {**wish, "more": 1}), ("spoilt", {**wish, "fallback": 7})):
        (tmp_path / name).mkdir()
        facts = {"wish": one, "state": "cancelled", "began_ns": 1}
        (tmp_path / name / "run.json").write_text(json.dumps(facts))
    runs = {run.run_id: run.wish for run in RunKeeper(tmp_path).book.runs}
    expected = RunWish("evaluate", "flow_vla", seeds="0:9", processes=2)
    assert runs == {"old": expected, "newer": expected}


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
    assert panel.table.rows[0].cells[2] == "failed: its weights have another hash"
    assert panel.said.isVisible()
    assert panel.said.toPlainText() == "celltwin: its weights have another hash\n  → train it again"
    assert panel.resume_button.isEnabled()
    panel.said.setFocus()
    console.key(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    console.advance(0.3)
    assert panel.said.textCursor().hasSelection(), "whoever wants to copy it is not disturbed"
    console.key(Qt.Key.Key_X)
    assert panel.said.toPlainText().startswith("celltwin"), "it cannot be changed"


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
