"""The keyboard never rests on what cannot be seen: docks behind a tab keep no focus and are passed over."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QDockWidget, QWidget

_MOST_WIDGETS = 500
"""More than a window has; a walk that finds nothing seen ends here."""


def walk(step: Callable[[], bool], focused: Callable[[], QWidget | None]) -> bool:
    """Take Tab's step again until what is focused can be seen; whether any step was possible."""
    for _ in range(_MOST_WIDGETS):
        if not step():
            return False
        widget = focused()
        if widget is None or not is_behind(widget):
            break
    return True


def is_behind(widget: QWidget) -> bool:
    """Whether another tab covers the widget. What is only scrolled out of view is not behind: focus scrolls to it."""
    dock = _dock_of(widget)
    return (widget if dock is None else dock).visibleRegion().isEmpty()


def let_go_behind(window: QWidget) -> None:
    """Take the keyboard away from what has just gone behind a tab."""
    widget = window.focusWidget()
    if widget is not None and window.isVisible() and is_behind(widget):
        widget.clearFocus()


def _dock_of(widget: QWidget) -> QDockWidget | None:
    above: QWidget | None = widget
    while above is not None and not isinstance(above, QDockWidget):
        above = above.parentWidget()
    return above
