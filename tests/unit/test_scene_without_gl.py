"""The twin where no OpenGL widget can draw: a sentence, and everything else goes on."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from tests.support.posed_cell import pose_cell
from twin_app.scene import TwinState, TwinView
from twin_app.theme.tokens import DARK


@pytest.fixture
def view(qtbot: QtBot) -> TwinView:
    if QGuiApplication.platformName() != "offscreen":
        pytest.skip("this platform draws OpenGL")
    view = TwinView()
    qtbot.addWidget(view)
    return view


def test_without_opengl_a_sentence_says_why(view: TwinView) -> None:
    assert view.canvas is None
    assert "No 3D view" in view.trouble
    assert "offscreen" in view.trouble


def test_without_opengl_every_call_is_harmless(view: TwinView) -> None:
    posed = pose_cell()
    view.show_cell(posed.cell, posed.mesh_folder)
    view.show_state(TwinState())
    view.show_theme(DARK)
    view.look_from("Top")
    view.show_layer("Plan", visible=False)
    assert "No 3D view" in view.trouble
