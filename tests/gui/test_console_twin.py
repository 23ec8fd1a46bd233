"""The 3D view inside the console: loaded after the window, kept through perspectives and themes."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from tests.support.console import Console

pytestmark = pytest.mark.gl


@pytest.fixture(scope="module", autouse=True)
def driver(qapp: QApplication, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Loads the OpenGL driver, which keeps its descriptors for the whole run, before stock is taken."""
    warm = Console(tmp_path_factory.mktemp("driver"))
    warm.window.twin.load()
    warm.show()
    picture(warm)
    warm.close()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def loaded(console: Console) -> Console:
    console.window.twin.load()
    console.advance(0.5)
    return console


def picture(console: Console) -> QImage:
    view = console.window.twin.view
    assert view is not None
    assert view.canvas is not None
    return view.canvas.picture()


def test_the_window_is_usable_before_the_view_is_loaded(console: Console) -> None:
    assert console.window.twin.view is None
    assert console.mode == "AUTO"
    console.window.twin.load()
    console.advance(0.3)
    assert console.window.twin.view is not None
    assert console.window.twin.view.trouble == ""


def test_the_arm_moves_in_the_picture(loaded: Console) -> None:
    before = picture(loaded)
    loaded.advance(1.0)
    assert picture(loaded) != before


def test_the_view_survives_a_change_of_perspective_and_theme(loaded: Console) -> None:
    for perspective in ("diagnose", "test", "operate"):
        loaded.window.show_perspective(perspective)
        loaded.window.switch_theme()
        loaded.advance(0.3)
        view = loaded.window.twin.view
        assert view is not None
        assert view.trouble == ""
        assert not picture(loaded).isNull()


def test_views_and_layers_are_in_one_menu(loaded: Console) -> None:
    words = [action.text() for action in loaded.window.twin.look_button.menu().actions() if action.text()]
    assert "From: top" in words
    assert "Show plan" in words
    before = picture(loaded)
    next(action for action in loaded.window.twin.look_button.menu().actions() if action.text() == "From: top").trigger()
    loaded.advance(0.1)
    assert picture(loaded) != before
