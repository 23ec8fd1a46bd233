"""The console of a made-up cell, shown and closed for every test that asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QIcon
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu, QToolButton
from pytestqt.qtbot import QtBot

from tests.support.console import Console


@pytest.fixture(scope="session", autouse=True)
def qt_has_opened_a_window(qapp: QApplication, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Descriptors that Qt opens once for the whole process with the first window belong to nobody's test."""
    warm = Console(tmp_path_factory.mktemp("first"))
    warm.show()
    warm.click(warm.window.header.bar.stop_button)
    warm.close()
    first = QMainWindow()
    button = QToolButton()
    button.setIcon(QIcon.fromTheme("document-open"))
    first.setMenuWidget(button)
    first.show()
    QTest.qWaitForWindowExposed(first)
    menu = QMenu(first)
    menu.addAction(button.icon(), "one")
    menu.popup(first.pos())
    qapp.processEvents()
    menu.close()
    first.grab()
    first.close()
    first.deleteLater()
    qapp.processEvents()


@pytest.fixture
def console(qtbot: QtBot, tmp_path: Path) -> Iterator[Console]:
    opened = Console(tmp_path / "settings")
    qtbot.addWidget(opened.window, before_close_func=lambda _: opened.close())
    opened.show()
    yield opened
    opened.close()
