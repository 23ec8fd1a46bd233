"""The instruction line remembers: Up and Down, and across starts of the console."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from runtime.messages.requests import Receipt, ReceiptPhase
from tests.support.console import Console
from tests.support.fake_cell import MEANT, SECOND_NS
from twin_app.model import commands
from twin_app.model.arrival import Arrival
from twin_app.model.instructions import MOST_INSTRUCTIONS
from twin_app.model.settings import SettingsStore
from twin_app.model.update import update, with_command
from twin_app.widgets.instruction_line import InstructionLine

FIRST, SECOND = "put the red cube in the left tote", "the blue one to the right"


@pytest.fixture
def line(console: Console) -> InstructionLine:
    console.key(Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    return console.window.tasks.instruction


def ask(console: Console, words: str) -> None:
    console.type(words)
    console.key(Qt.Key.Key_Return)


def test_up_brings_back_what_was_asked_and_down_what_was_being_typed(console: Console, line: InstructionLine) -> None:
    ask(console, FIRST)
    ask(console, SECOND)
    console.type("put the")
    for expected in (SECOND, FIRST, FIRST):
        console.key(Qt.Key.Key_Up)
        assert line.text() == expected
    for expected in (SECOND, "put the", "put the"):
        console.key(Qt.Key.Key_Down)
        assert line.text() == expected


def test_one_that_is_changed_starts_anew_from_the_newest(console: Console, line: InstructionLine) -> None:
    ask(console, FIRST)
    ask(console, SECOND)
    console.key(Qt.Key.Key_Up)
    console.key(Qt.Key.Key_Up)
    console.type("!")
    console.key(Qt.Key.Key_Up)
    assert line.text() == SECOND
    console.key(Qt.Key.Key_Down)
    assert line.text() == f"{FIRST}!"


def test_it_is_on_the_disk_before_the_console_ends(console: Console, line: InstructionLine) -> None:
    ask(console, FIRST)
    ask(console, SECOND)
    ask(console, FIRST)
    assert SettingsStore(console.store.folder).load().instructions == (SECOND, FIRST)


def test_the_next_console_has_it(tmp_path: Path, qapp: QApplication) -> None:
    folder = tmp_path / "settings"
    folder.mkdir()
    (folder / "console.json").write_text(json.dumps({"instructions": [FIRST], "heat_map": False}))
    console = Console(folder)
    console.show()
    assert not console.window.cameras.heat_switch.isChecked()
    console.key(Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    console.key(Qt.Key.Key_Up)
    assert console.window.tasks.instruction.text() == FIRST
    console.close()


@pytest.mark.parametrize("value", ["text", [1], ["x"] * (MOST_INSTRUCTIONS + 1), ["x" * 501]])
def test_a_history_that_is_none_is_left_out_and_told(tmp_path: Path, value: object) -> None:
    (tmp_path / "console.json").write_text(json.dumps({"instructions": value, "theme": "dark"}))
    store = SettingsStore(tmp_path)
    assert store.load().instructions == ()
    assert store.load().theme == "dark"
    assert "instructions: at most 50 texts of at most 500 letters" in store.troubles[0]


def test_a_declined_instruction_tells_its_reason_below_the_line(console: Console, line: InstructionLine) -> None:
    ask(console, "put the pink pyramid in the left tote")
    console.advance(0.5)
    told = console.window.tasks.told
    assert told.isVisible()
    assert "no part is called pink pyramid" in told.text()
    assert line.geometry().bottom() < told.geometry().top() < line.geometry().bottom() + 40
    line.clear()
    console.key(Qt.Key.Key_Up)
    assert line.text() == "put the pink pyramid in the left tote"


def test_one_that_is_too_long_is_kept_whole_and_the_limit_told(console: Console, line: InstructionLine) -> None:
    words = "put the red cube in the left tote " * 20
    line.setText(words)
    console.key(Qt.Key.Key_Return)
    assert line.text() == words
    told = console.window.tasks.told
    assert told.isVisible()
    assert told.text() == "not asked for: an instruction has at most 500 letters, this one has 679"
    line.setText(SECOND)
    console.key(Qt.Key.Key_Return)
    assert not told.isVisible()


def test_what_is_asked_back_is_asked_for_with_enter(console: Console, line: InstructionLine) -> None:
    ask(console, "put ze red kube left")
    console.advance(0.5)
    assert line.text() == MEANT
    told = console.window.tasks.told.text()
    assert told == f"declined: not understood for sure; is it: {MEANT}? If so, press Enter.\nput ze red kube left"
    console.key(Qt.Key.Key_Return)
    console.advance(0.5)
    assert console.cell.tasks[-1].instruction == MEANT
    assert not console.window.tasks.told.isVisible()


def test_what_is_asked_back_does_not_overwrite_what_is_typed(console: Console, line: InstructionLine) -> None:
    ask(console, "put ze red kube left")
    console.type("put the g")
    console.advance(0.5)
    assert line.text() == "put the g"
    assert "press Enter" not in console.window.tasks.told.text()


def test_the_first_of_two_is_answered_though_another_followed(console: Console, line: InstructionLine) -> None:
    ask(console, "put the pink pyramid in the left tote")
    ask(console, SECOND)
    console.advance(0.5)
    assert "no part is called pink pyramid" in console.window.tasks.told.text()
    line.clear()  # it was given back
    ask(console, FIRST)
    console.advance(0.5)
    assert not console.window.tasks.told.isVisible()


def test_a_later_bad_end_is_told_also_of_an_instruction_that_was_asked_for_earlier(
    console: Console, line: InstructionLine
) -> None:
    panel, state = console.window.tasks, console.window.pump.state
    for number, words in enumerate((FIRST, SECOND), start=1):
        row = commands.sent(f"x{number}", command="add_task", subject=words, now_ns=state.now_ns)
        state = with_command(state, row)
    for number, reason in ((2, "too long"), (1, "dropped")):
        stamp_ns = state.now_ns + SECOND_NS // 2
        end = Receipt(f"x{number}", ReceiptPhase.REFUSED, stamp_ns, "add_task", reason=reason)
        state = update(state, [Arrival("receipts", end, stamp_ns)], now_ns=stamp_ns)
        panel.show_state(state)
        assert panel.told.text() == f"refused: {reason}"
