"""What a person does in the panels, and what comes of it."""

from __future__ import annotations

from msgspec.structs import replace
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from runtime.messages.faults import FaultSeverity
from runtime.messages.requests import (
    AcknowledgeAlarm,
    AddTask,
    CancelTask,
    ClearFaults,
    InjectFault,
    ReceiptPhase,
    RestartProcess,
    SwapBack,
    SwapPolicy,
)
from runtime.messages.system import AlarmPhase, Priority
from tests.support.console import LEFT, Console
from tests.support.fake_cell import DECLINED
from twin_app.widgets.sentence import Sentence
from twin_app.widgets.trend_lane import spread


def test_an_instruction_is_queued_by_keyboard_alone(console: Console) -> None:
    console.key(Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    console.type("put the  red cube in the right tote ")
    console.key(Qt.Key.Key_Return)
    console.advance(0.5)
    assert console.asked(AddTask) == [AddTask("put the red cube in the right tote")]
    assert any("red cube in the right" in row.cells[1] for row in console.window.tasks.table.rows)
    assert console.window.tasks.instruction.text() == ""


def test_an_empty_instruction_is_not_sent(console: Console) -> None:
    console.window.tasks.instruction.setFocus()
    console.type("   ")
    assert not console.window.tasks.add_button.isEnabled()
    console.key(Qt.Key.Key_Return)
    assert not console.asked(AddTask)


def test_a_task_is_chosen_with_the_mouse_and_cancelled(console: Console) -> None:
    tasks = console.window.tasks
    assert not tasks.cancel_button.isEnabled()
    place = tasks.table.visualRect(tasks.table.model().index(1, 1)).center()
    QTest.mouseClick(tasks.table.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, place)
    console.click(tasks.cancel_button)
    console.advance(0.5)
    assert console.asked(CancelTask) == [CancelTask(2)]
    assert len(tasks.table.rows) == 1


def test_the_policy_is_swapped_and_swapped_back(console: Console) -> None:
    console.window.show_panel("policy")
    console.advance(0.3)
    policy = console.window.policy
    assert not policy.back_button.isEnabled()
    assert policy.swap_button.text() == "Swap to programmed_careful"
    console.click(policy.swap_button)
    console.advance(1.0)
    assert console.asked(SwapPolicy) == [SwapPolicy("programmed_careful")]
    assert console.window.header.bar.policy.text == "programmed_careful"
    assert console.window.pump.state.commands[0].phase is ReceiptPhase.CONFIRMED
    console.click(policy.back_button)
    console.advance(0.5)
    assert console.asked(SwapBack)
    assert console.window.header.bar.policy.text == "programmed"


def test_a_policy_that_cannot_take_over_says_why_and_cannot_be_swapped_in(console: Console) -> None:
    console.window.show_panel("policy")
    console.advance(0.3)
    policy = console.window.policy
    assert policy.table.choose("flow_vla")
    console.advance(0.3)
    assert not policy.swap_button.isEnabled()
    assert "weights are not installed" in policy.why_not.text()


def test_every_priority_of_an_alarm_is_read_whole(console: Console) -> None:
    for priority in Priority:
        console.cell.raise_alarm(console.now_ns, priority=priority)
        console.cell.alarms[-1] = replace(console.cell.alarms[-1], alarm_id=priority.value)
    console.window.show_perspective("diagnose")
    console.advance(0.5)
    table = console.window.alarms.table
    assert len(table.rows) == len(Priority)
    assert table.sizeHintForColumn(0) <= table.columnWidth(0)


def test_a_fault_is_found_by_typing_injected_and_cleared(console: Console) -> None:
    console.window.show_perspective("test")
    console.advance(0.3)
    faults = console.window.faults
    faults.search.setFocus()
    console.type("friction")
    assert [row.key for row in faults.catalogue.rows] == ["F26"]
    faults.severity.setCurrentText("severe")
    assert "factor 4" in faults.sentence.text()
    console.click(faults.inject_button)
    console.advance(0.5)
    assert console.asked(InjectFault) == [InjectFault("F26", FaultSeverity.SEVERE)]
    assert faults.injections.rows[0].cells[1] == "effective"
    assert "effective after 0.5 s" in faults.story.text()
    console.click(faults.clear_button)
    console.advance(0.5)
    assert console.asked(ClearFaults) == [ClearFaults("F26")]
    assert faults.injections.rows[0].cells[1] == "cleared"
    assert not faults.clear_all_button.isEnabled()


def test_a_fault_that_was_just_injected_is_chosen_and_one_of_somebody_else_leaves_the_choice(console: Console) -> None:
    console.window.show_perspective("test")
    console.advance(0.3)
    faults = console.window.faults
    for key, injection in (("F26", "1"), ("F31", "2")):
        faults.catalogue.choose(key)
        console.click(faults.inject_button)
        console.advance(0.5)
        assert faults.injections.selected == injection
    console.cell.take(InjectFault("F01", FaultSeverity.MEDIUM), "other", console.now_ns)
    console.advance(0.5)
    assert len(faults.injections.rows) == 3
    assert faults.injections.selected == "2"
    console.click(faults.clear_button)
    assert console.asked(ClearFaults) == [ClearFaults("F31")]


def test_all_faults_are_cleared_at_once_and_the_layer_narrows_the_catalogue(console: Console) -> None:
    console.window.show_perspective("test")
    console.advance(0.3)
    faults = console.window.faults
    faults.layer.setCurrentText("hardware")
    assert [row.key for row in faults.catalogue.rows] == ["F26", "F31"]
    for key in ("F26", "F31"):
        faults.catalogue.choose(key)
        console.click(faults.inject_button)
    console.advance(0.5)
    console.click(faults.clear_all_button)
    console.advance(0.5)
    assert console.asked(ClearFaults) == [ClearFaults()]
    assert {row.cells[1] for row in faults.injections.rows} == {"cleared"}


def test_an_alarm_shows_cause_consequence_and_first_check_and_is_acknowledged(console: Console) -> None:
    console.cell.raise_alarm(console.now_ns, priority=Priority.CRITICAL)
    console.advance(0.5)
    header = console.window.header
    assert header.alarm.text.startswith("CRITICAL")
    console.click(header.alarm.buttons[1])
    console.advance(0.3)
    alarms = console.window.alarms
    assert alarms.isVisible()
    assert alarms.cause.text() and alarms.consequence.text() and alarms.check.text()  # noqa: PT018
    console.click(alarms.acknowledge_button)
    console.advance(0.5)
    assert console.asked(AcknowledgeAlarm) == [AcknowledgeAlarm("process.cameras.dead")]
    assert header.alarm.text == ""
    assert not alarms.acknowledge_button.isEnabled()


def test_an_alarm_that_is_gone_counts_no_longer(console: Console) -> None:
    console.window.show_panel("alarms")
    console.cell.raise_alarm(console.now_ns)
    console.advance(3.0)
    facts = console.window.alarms.facts
    assert "for 3.0 s" in facts.text()
    (alarm,) = console.cell.alarms
    gone = replace(alarm, phase=AlarmPhase.RETURNED_UNACKNOWLEDGED, gone_ns=alarm.since_ns + 2_000_000_000)
    console.cell.alarms = [gone]
    console.advance(0.5)
    assert "lasted 2.0 s" in facts.text()
    console.advance(5.0)
    assert "lasted 2.0 s" in facts.text()


def test_the_most_urgent_alarm_is_acknowledged_by_key(console: Console) -> None:
    console.cell.raise_alarm(console.now_ns)
    console.advance(0.5)
    console.key(Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert console.asked(AcknowledgeAlarm)


def test_a_dead_process_is_shown_and_restarted(console: Console) -> None:
    console.cell.dead.add("cameras")
    console.window.show_perspective("diagnose")
    console.advance(0.5)
    processes = console.window.processes
    row = next(row for row in processes.table.rows if row.key == "cameras")
    assert row.cells[1] == "dead"
    processes.table.choose("cameras")
    console.advance(0.2)
    console.click(processes.restart_button)
    console.advance(0.5)
    assert console.asked(RestartProcess) == [RestartProcess("cameras")]
    assert next(row for row in processes.table.rows if row.key == "cameras").cells[1] == "running"


def test_a_refused_command_says_why_at_the_bottom(console: Console) -> None:
    from runtime.messages.requests import Reset

    console.window.pump.ask(Reset())
    console.advance(0.5)
    assert "nothing is latched" in console.window.strip.command.text()


def test_what_the_policy_believes_its_target_to_be_is_marked_in_both_pictures(console: Console) -> None:
    views = console.window.cameras.views
    assert [mark.label for mark in views["overhead"].marks] == ["red cube"]
    assert [mark.label for mark in views["wrist"].marks] == ["red cube"]
    console.source.silent = True
    console.advance(1.0)
    assert "old picture" in views["overhead"].note


def test_zooming_and_panning_the_trends_while_live_and_the_way_back(console: Console) -> None:
    console.window.show_perspective("diagnose")
    console.advance(2.0)
    trends, canvas = console.window.trends, console.window.trends.canvas
    canvas.setFocus()
    console.key(Qt.Key.Key_Plus)
    assert canvas.window_shown.following
    middle = canvas.rect().center()
    QTest.mousePress(canvas, LEFT, Qt.KeyboardModifier.NoModifier, middle)
    QTest.mouseMove(canvas, middle + middle / 4)
    QApplication.processEvents()
    QTest.mouseRelease(canvas, LEFT, Qt.KeyboardModifier.NoModifier, middle + middle / 4)
    console.key(Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    console.advance(0.3)
    assert not canvas.window_shown.following
    held = canvas.window_shown.bounds_ns(canvas.edge_ns)
    samples = len(canvas.trends.blocks["robot"])
    console.advance(1.0)
    assert canvas.window_shown.bounds_ns(canvas.edge_ns) == held
    assert len(canvas.trends.blocks["robot"]) > samples, "data go on filling behind"
    assert "behind live" in trends.place.text()
    console.click(trends.live_button)
    console.advance(0.2)
    assert canvas.window_shown.following
    assert "LIVE" in trends.place.text()


def test_space_holds_the_plots_and_end_returns_to_live(console: Console) -> None:
    console.window.show_perspective("diagnose")
    console.advance(0.5)
    canvas = console.window.trends.canvas
    console.key(Qt.Key.Key_Space)
    assert not canvas.window_shown.following
    console.key(Qt.Key.Key_End)
    assert canvas.window_shown.following


def test_the_cursor_goes_through_all_lanes_at_the_moment_under_the_mouse(console: Console) -> None:
    console.window.show_perspective("diagnose")
    console.advance(3.0)
    canvas = console.window.trends.canvas
    moment_ns = console.now_ns - 2_000_000_000
    x = int(canvas.column_of(moment_ns))
    console.click(canvas, QPointF(x, canvas.height() / 2).toPoint())
    assert canvas.cursor_ns is not None
    assert abs(canvas.cursor_ns - moment_ns) < canvas.window_shown.span_ns / 200


def test_the_cursor_tells_how_long_ago_its_values_were_and_nothing_once_it_is_gone(console: Console) -> None:
    console.window.show_perspective("diagnose")
    console.advance(3.0)
    canvas = console.window.trends.canvas
    canvas.setFocus()
    canvas.pin(console.now_ns - 2_000_000_000)
    assert canvas.cursor_words == "2.0 s ago"
    without = canvas.grab().toImage()
    console.key(Qt.Key.Key_Delete)
    assert canvas.cursor_words == ""
    below = canvas.height() - 4
    columns = range(canvas.width())
    assert any(canvas.grab().toImage().pixel(x, below) != without.pixel(x, below) for x in columns), "a tag on the axis"


def test_lanes_can_be_hidden_and_shown(console: Console) -> None:
    trends = console.window.trends
    before = len(trends.canvas.lanes)
    trends.show_lane("rate", shown=True)
    trends.show_lane("speed", shown=True)
    assert sum(len(lane.labels) for lane in trends.canvas.lanes) == 24
    trends.show_lane("missed", shown=False)
    assert len(trends.canvas.lanes) == before + 1


def test_a_declined_instruction_stays_in_the_line_with_its_whole_reason_below(console: Console) -> None:
    tasks = console.window.tasks
    tasks.instruction.setFocus()
    console.type("put the pink pyramid in the bin")
    console.key(Qt.Key.Key_Return)
    console.advance(0.6)
    assert tasks.told.isVisible()
    assert tasks.told.text() == f"declined: {DECLINED}"
    assert tasks.instruction.text() == "put the pink pyramid in the bin"
    assert console.window.strip.command.text().startswith(f"failed: {DECLINED}")
    tasks.instruction.clear()
    console.type("put the green cube in the left tote")
    console.key(Qt.Key.Key_Return)
    console.advance(0.6)
    assert tasks.instruction.text() == ""
    assert not tasks.told.isVisible()


def test_what_is_being_typed_is_not_overwritten_by_what_was_declined(console: Console) -> None:
    tasks = console.window.tasks
    tasks.instruction.setFocus()
    console.type("put the pink pyramid in the bin")
    console.key(Qt.Key.Key_Return)
    console.type("put the g")
    console.advance(0.6)
    assert tasks.instruction.text() == "put the g"
    assert tasks.told.isVisible()


def test_the_reason_of_an_old_task_is_read_by_keyboard_alone(console: Console) -> None:
    tasks = console.window.tasks
    console.window.pump.ask(AddTask("put the pink pyramid in the bin"))
    console.advance(0.6)
    tasks.table.setFocus()
    for _ in range(3):
        console.key(Qt.Key.Key_Down)
    assert tasks.story.text().startswith(f"3 declined: {DECLINED}")


def test_numbers_of_a_silent_planner_and_arm_give_way_to_a_dash(console: Console) -> None:
    console.window.show_panel("policy")
    console.cell.muted |= {"policy", "robot"}
    console.advance(2.0)
    strip, policy = console.window.strip, console.window.policy
    assert strip.confidence.text() == "confidence —"
    assert strip.latency.text() == "S2 latency —"
    assert strip.hottest.text() == "hottest joint —"
    assert "—" not in strip.lateness.text()
    assert policy.confidence.text == "—"
    assert "silent for" in policy.phase.caption
    assert not console.window.cameras.views["overhead"].marks


def test_without_a_task_nothing_is_marked_and_no_confidence_is_shown(console: Console) -> None:
    console.window.show_panel("policy")
    console.cell.has_task = False
    console.advance(0.5)
    assert not console.window.cameras.views["overhead"].marks
    assert console.window.cameras.views["overhead"].note == "no target"
    assert console.window.strip.confidence.text() == "confidence —"
    assert console.window.policy.confidence.text == "—"
    assert "ms" in console.window.strip.latency.text()


def test_the_trends_tell_all_values_of_a_lane_in_the_tooltip(console: Console) -> None:
    console.window.show_perspective("diagnose")
    console.advance(1.0)
    canvas = console.window.trends.canvas
    lane = next(lane for lane in canvas.lanes if lane.key == "temperature")
    hint = canvas.hint_at(QPointF(200, canvas.height() - 60))
    assert hint.startswith(lane.title)
    assert all(label in hint for label in lane.labels)


def test_a_command_of_the_history_is_read_in_full_when_it_is_chosen(console: Console) -> None:
    console.window.pump.ask(AddTask("put the pink pyramid in the bin"))
    console.window.show_panel("history")
    console.advance(0.5)
    history = console.window.history
    history.commands.setFocus()
    console.key(Qt.Key.Key_Down)
    assert DECLINED in history.told.text()


def test_labels_of_an_axis_stay_in_their_lane_and_apart() -> None:
    for height in range(30, 200, 7):
        ticks = [(float(number), 10.0 + height * (1 - number / 4)) for number in range(5)]
        placed = sorted(y for _, y in spread(ticks, top=0.0, bottom=10.0 + height))
        assert placed[0] >= 7.0
        assert placed[-1] <= 3.0 + height
        assert all(after - before >= 14.0 for before, after in zip(placed, placed[1:], strict=False))


def test_what_somebody_typed_is_no_markup(console: Console) -> None:
    del console
    plain, typed = Sentence("put it there"), Sentence("<h1>put it there</h1>")
    assert typed.heightForWidth(2000) == plain.heightForWidth(2000)
