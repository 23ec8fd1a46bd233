"""The heat map over the pictures: where the policy sees what it was asked for, and for how long that holds."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from runtime.messages.policy import HeatMap
from tests.support.console import Console
from tests.support.fake_policies import heat_maps
from twin_app.panels.cameras import CamerasPanel
from twin_app.widgets.heat import DARKEST, HeatOverlay
from twin_app.widgets.picture import PictureView


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


def test_it_darkens_the_picture_a_little_but_for_what_was_asked_for(console: Console, panel: CamerasPanel) -> None:
    console.source.silent = True  # the same picture with and without
    lit, unlit = brightness(panel, 62.0, 70.0), brightness(panel, 20.0, 20.0)
    panel.heat_switch.toggle()
    assert brightness(panel, 62.0, 70.0) == pytest.approx(lit, abs=12)
    assert brightness(panel, 20.0, 20.0) > unlit + 8


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


def test_certainty_is_outlined_and_the_rest_of_the_cell_stays_to_be_seen() -> None:
    (heat, _) = heat_maps()
    overlay = HeatOverlay(heat)
    assert overlay.shade.pixelColor(15, 17).alpha() == 0
    assert overlay.shade.pixelColor(0, 0).alpha() == DARKEST < 80
    assert len(overlay.outline) == 4 * 7, "around five by five cells, one cell away from them"
    assert {(12, 14, 13, 14), (19, 20, 19, 21)} <= set(overlay.outline)


def test_an_outline_closes_at_the_edge_of_the_picture() -> None:
    lines = HeatOverlay(HeatMap("wrist", 3, 1, bytes((0, 0, 255)))).outline
    assert sorted(lines) == [(1, 0, 1, 1), (1, 0, 2, 0), (1, 1, 2, 1), (2, 0, 3, 0), (2, 1, 3, 1), (3, 0, 3, 1)]


@pytest.mark.parametrize("heat", [HeatMap("overhead", 32, 32, b"short"), HeatMap("overhead", 0, 0, b"")])
def test_a_map_that_does_not_fit_its_size_is_not_drawn(heat: HeatMap, qtbot: QtBot) -> None:
    with pytest.raises(ValueError, match="cells, but"):
        HeatOverlay(heat)
    view = PictureView("overhead")
    qtbot.addWidget(view)
    view.show_picture(bytes(8 * 8 * 3), width_px=8, height_px=8)
    view.show_heat(heat)
    assert not view.grab().isNull()
