"""The keyboard: one table of keys, and Enter as the key that presses a button (Space belongs to the timeline)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractButton, QApplication, QToolButton, QWidget

STOP_KEY = "F12"


@dataclass(frozen=True, slots=True)
class Key:
    """A key, what it does in words, and the deed."""

    sequence: str
    words: str
    deed: Callable[[], object]


def bind(window: QWidget, keys: tuple[Key, ...]) -> list[QShortcut]:
    """Make the keys work wherever the keyboard is in the application."""
    shortcuts: list[QShortcut] = []
    for key in keys:
        shortcut = QShortcut(QKeySequence(key.sequence), window)
        shortcut.setContext(Qt.ShortcutContext.ApplicationShortcut)
        shortcut.setAutoRepeat(key.sequence in ("Left", "Right", "Shift+Left", "Shift+Right"))
        shortcut.activated.connect(key.deed)
        shortcuts.append(shortcut)
    return shortcuts


class StopKey(QObject):
    """Sees the stop key before everything else: also while a menu or a list is open."""

    def __init__(self, application: QApplication, stop: Callable[[], None]) -> None:
        super().__init__(application)
        self._stop = stop
        self._application = application
        self._key = Qt.Key.Key_F12
        application.installEventFilter(self)

    def release(self) -> None:
        """Stop watching."""
        self._application.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Act on the press, at whoever gets it first, and let nobody else have it."""
        del watched
        if event.type() is not QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        if event.key() != self._key:
            return False
        if not event.isAutoRepeat():
            self._stop()
        return True


class EnterPresses(QObject):
    """Enter presses the button that has the keyboard."""

    def watch(self, window: QWidget) -> None:
        """Watch every button that the window has now."""
        for button in window.findChildren(QAbstractButton):
            button.removeEventFilter(self)
            button.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Turn Enter into a click."""
        if event.type() is not QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter) or event.isAutoRepeat():
            return False
        if isinstance(watched, QToolButton) and watched.menu() is not None:
            watched.showMenu()
        elif isinstance(watched, QAbstractButton):
            watched.pressed.emit() if watched.accessibleName() == "STOP" else watched.click()
        return True
