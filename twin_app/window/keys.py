"""The keyboard: one table of keys, STOP before all others, and Enter to press a button (Space is the timeline's)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QMouseEvent, QShortcut
from PySide6.QtWidgets import QAbstractButton, QApplication, QToolButton, QWidget

STOP_KEY = "F12"
POPUP = Qt.WindowType.Popup
PRESSES = (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick)
NESTED_POPUPS = 8
"""More than any menu has levels: closing them ends for certain."""


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


class StopFirst(QObject):
    """Sees the stop key, and a press on STOP, before everything else: also while a menu or a list is open."""

    def __init__(self, application: QApplication, button: QAbstractButton, stop: Callable[[], None]) -> None:
        super().__init__(application)
        self._stop = stop
        self._button = button
        self._application = application
        self._key = Qt.Key.Key_F12
        application.installEventFilter(self)

    def release(self) -> None:
        """Stop watching."""
        self._application.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Act on the press, at whoever gets it first, and let nobody else have it."""
        del watched
        if event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._take_key(event)
        if event.type() in PRESSES and isinstance(event, QMouseEvent):
            return self._take_press(event)
        return False

    def _take_key(self, event: QKeyEvent) -> bool:
        if event.key() != self._key:
            return False
        if not event.isAutoRepeat():
            self._stop()
        return True

    def _take_press(self, event: QMouseEvent) -> bool:
        """A popup takes every press for itself and would only close; without one the button has it as ever."""
        if QApplication.activePopupWidget() is None or event.button() is not Qt.MouseButton.LeftButton:
            return False
        place = event.globalPosition().toPoint()
        if not self._shown_at(place):
            return False
        self._stop()
        for _ in range(NESTED_POPUPS):
            popup = QApplication.activePopupWidget()
            if popup is None:
                break
            popup.close()
        return True

    def _shown_at(self, place: QPoint) -> bool:
        """Whether STOP is what the person sees there, and not a popup above it."""
        button = self._button
        if not (button.isVisible() and button.isEnabled() and button.rect().contains(button.mapFromGlobal(place))):
            return False
        popups = (top for top in QApplication.topLevelWidgets() if top.isVisible() and top.windowType() is POPUP)
        return not any(popup.geometry().contains(place) for popup in popups)


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
