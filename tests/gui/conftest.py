"""The console of a made-up cell, shown and closed for every test that asks for it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.support.console import Console
from tests.support.leaks import left_behind, take_stock

os.environ.setdefault("LP_NUM_THREADS", "0")  # as the console does: docs/decisions/0015


@pytest.fixture(scope="session", autouse=True)
def qt_has_opened_a_window(qapp: QApplication, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Descriptors that Qt opens once for the whole process with the first window belong to nobody's test."""
    warm = Console(tmp_path_factory.mktemp("first"))
    warm.show()
    warm.click(warm.window.header.bar.stop_button)
    menu = warm.window.header.line.menu
    menu.popup(warm.window.pos())
    qapp.processEvents()
    menu.close()
    warm.window.grab()
    warm.close()


@pytest.fixture(autouse=True)
def nothing_left_behind(qapp: QApplication) -> Iterator[None]:
    """As everywhere, but for the wake-up descriptors of Qt's own drawing threads: these come and go by themselves."""
    del qapp
    before = take_stock(with_timers=True)
    yield
    left = left_behind(before, with_timers=True)
    own = [name for name in left.pop("descriptors", []) if not name.endswith("anon_inode:[eventfd]")]
    if own:
        left["descriptors"] = own
    if left:
        pytest.fail("left behind: " + "; ".join(f"{kind}: {', '.join(names)}" for kind, names in left.items()))


@pytest.fixture
def console(qtbot: QtBot, tmp_path: Path) -> Iterator[Console]:
    opened = Console(tmp_path / "settings")
    qtbot.addWidget(opened.window, before_close_func=lambda _: opened.close())
    opened.show()
    yield opened
    opened.close()
