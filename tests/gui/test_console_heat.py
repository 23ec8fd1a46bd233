"""The heat map over the pictures: where the policy sees what it was asked for, and for how long that holds."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt

from runtime.messages.policy import HeatMap
from tests.support.console import Console
from tests.support.fake_policies import heat_maps
from twin_app.panels.cameras import CamerasPanel
from twin_app.widgets.heat import DARKEST, shade


@pytest.fixture
def panel(console: Console) -> CamerasPanel:
    console.cell.sees_heat = True
    console.window.show_panel("cameras")
    console.advance(0.5)
    return console.window.cameras


def brightness(panel: CamerasPanel, column_px: float, row_px: float) -> int:
    """Of one pixel of the overhead picture, as painted."""
    view = panel.views["overhead"]
    line = view.fontMetrics().height() + 4
    scale = min(view.width(), view.height() - 2 * line) / 128
    return view.grab().toImage().pixelColor(QPoint(round(column_px * scale), round(line + row_px * scale))).lightness()


def test_it_darkens_the_picture_but_for_what_was_asked_for(console: Console, panel: CamerasPanel) -> None:
    console.source.silent = True  # the same picture with and without
    lit, unlit = brightness(panel, 62.0, 70.0), brightness(panel, 20.0, 20.0)
    panel.heat_switch.toggle()
    assert brightness(panel, 62.0, 70.0) == pytest.approx(lit, abs=12)
    assert brightness(panel, 20.0, 20.0) > unlit + 20


def test_a_key_hides_it_and_shows_it_again(console: Console, panel: CamerasPanel) -> None:
    assert panel.heat_switch.isVisible()
    assert panel.scale.isVisible()
    console.key(Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    assert panel.views["overhead"].heat is None
    assert panel.scale.isHidden()
    panel.heat_switch.setFocus()
    console.key(Qt.Key.Key_Return)
    assert panel.views["wrist"].heat is not None


def test_it_goes_with_the_words_of_a_silent_policy(console: Console, panel: CamerasPanel) -> None:
    assert panel.views["overhead"].heat is not None
    console.cell.muted.add("policy")
    console.advance(2.0)
    assert panel.views["overhead"].heat is None
    assert panel.views["overhead"].marks == ()
    assert panel.heat_switch.isVisible(), "the switch stays where it is"


def test_it_goes_with_the_task(console: Console, panel: CamerasPanel) -> None:
    console.cell.has_task = False
    console.advance(0.5)
    assert panel.views["overhead"].heat is None


def test_a_policy_without_maps_has_no_switch(console: Console) -> None:
    console.window.show_panel("cameras")
    console.advance(0.5)
    assert console.window.cameras.foot.isHidden()


def test_certainty_is_left_as_bright_as_it_is_and_nothing_is_blacked_out() -> None:
    (heat, _) = heat_maps()
    dark = shade(heat)
    assert dark is not None
    assert dark.pixelColor(15, 17).alpha() == 0
    assert dark.pixelColor(0, 0).alpha() == DARKEST < 200


@pytest.mark.parametrize("heat", [HeatMap("overhead", 32, 32, b"short"), HeatMap("overhead", 0, 0, b"")])
def test_a_map_that_does_not_fit_its_size_is_not_drawn(heat: HeatMap) -> None:
    assert shade(heat) is None
