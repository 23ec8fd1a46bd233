"""A replay of a recording with a gap: nothing of another moment is shown as if it were of this one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.support.console import Console
from tests.support.recording_file import write_recording
from twin_app.bridge.replay import ReplaySource
from twin_app.model.state import ConsoleState, Playhead, SourceKind
from twin_app.model.update import rewound
from twin_app.widgets.picture import PictureView


def paused(console: Console, *, after_s: float) -> ConsoleState:
    """What the cell has said, as a recording that stands so long after its newest message."""
    state = console.window.pump.state
    now_ns = state.now_ns + int(after_s * 1e9)
    head = Playhead(0, 2 * now_ns, now_ns, False, 1.0, "made up.mcap")
    return replace(state, kind=SourceKind.REPLAY, now_ns=now_ns, playhead=head)


@pytest.mark.parametrize("after_s", [0.0, 3.0])
def test_an_old_picture_is_veiled_also_while_the_replay_is_paused(console: Console, after_s: float) -> None:
    panel = console.window.cameras
    panel.show_state(paused(console, after_s=after_s))
    for view in panel.views.values():
        assert view._veiled is (after_s > 0.0)
        assert view.note.startswith("old picture: 3") is (after_s > 0.0)


def test_after_a_jump_into_a_gap_no_picture_of_another_moment_is_left(console: Console) -> None:
    panel = console.window.cameras
    there = paused(console, after_s=0.0)
    panel.show_state(there)
    panel.show_state(rewound(there))
    seen = [(view._image, view.marks, view.heat, view.note) for view in panel.views.values()]
    assert seen == [(None, (), None, "no picture at this moment")] * 2
    panel.show_state(there)
    assert all(view._image is not None for view in panel.views.values())


def test_a_camera_that_has_given_no_picture_yet_is_said_to_wait(qtbot: QtBot) -> None:
    view = PictureView("wrist")
    qtbot.addWidget(view)
    view.clear()
    assert view.note == "no picture yet"


def test_after_a_jump_into_a_gap_no_policy_task_or_process_is_listed(console: Console) -> None:
    console.cell.shadow = "programmed_careful"
    console.window.show_panel("policy")
    console.advance(1.0)
    window, there = console.window, paused(console, after_s=0.0)
    panels = (window.policy, window.tasks, window.processes)
    tables = (window.policy.table, window.tasks.table, window.processes.table, window.policy.beside)
    for panel in panels:
        panel.show_state(there)
    assert all(table.rows for table in tables)
    assert window.policy.table.choose("flow_vla")
    assert window.tasks.table.choose("2")
    for panel in panels:
        panel.show_state(rewound(there))
    assert not any(table.rows for table in tables)
    assert window.policy.beside.isHidden()
    assert (window.tasks.counts.text(), window.processes.session.text()) == ("", "")
    for panel in panels:
        panel.show_state(there)
    assert (window.policy.table.selected, window.tasks.table.selected) == ("flow_vla", "2"), "chosen as before"


def test_what_leads_up_to_a_moment_comes_in_one_piece(tmp_path: Path, qtbot: QtBot) -> None:
    source = ReplaySource(write_recording(tmp_path / "session.mcap", seconds=3.0), playing=False)
    source.start()
    qtbot.waitUntil(lambda: source.collect().playhead is not None and source._playhead.loaded == 1.0)
    told: list[set[str]] = []

    def jumped() -> bool:
        delivery = source.collect()
        if delivery.rewound:
            told.append({arrival.topic for arrival in delivery.arrivals})
        return bool(told)

    for _ in range(5):
        told.clear()
        source.seek(102_000_000_000)
        qtbot.waitUntil(jumped, timeout=10_000)
        assert {"policy", "tasks", "robot", "camera/overhead"} <= told[0]
    source.close()
