"""The text view says what happens when it happens, and nothing when it is to be quiet."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from runtime.messages import topics
from runtime.messages.system import SystemState
from twin_app.assembly import text_view
from twin_app.assembly.live import LiveCell
from twin_app.assembly.text_view import TextView

FULL = "disk full: 3 MB free, 200 MB are kept for the cell"


def told_of(troubles: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, *, quiet: bool) -> None:
    monkeypatch.setattr(text_view, "_PERIOD_S", 0.0)
    heard: dict[str, object] = {}
    view = TextView(cast(LiveCell, SimpleNamespace(heard=heard)), picks=1, quiet=quiet)
    for trouble in troubles:
        heard[topics.SYSTEM.name] = SystemState(
            1, "s", "one", "tray", "low", 1, 0, True, "", (), "", 0, trouble, {}, "", ""
        )
        view.update()
    view.close()


@pytest.mark.parametrize(("quiet", "times"), [(False, 1), (True, 0)])
def test_a_recording_that_ends_is_told_once_while_the_cell_works(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, quiet: bool, times: int
) -> None:
    told_of(("", FULL, FULL), monkeypatch, quiet=quiet)
    assert capsys.readouterr().err.count(FULL) == times
