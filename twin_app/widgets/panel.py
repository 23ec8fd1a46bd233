"""What every panel is: it takes a state, emits wishes and holds no truth."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from twin_app.model.state import ConsoleState
from twin_app.theme.tokens import LIGHT, Theme


class Panel(QWidget):
    """Base of all panels. `wished` carries the body of a request."""

    wished = Signal(object)

    def __init__(self, *, title: str) -> None:
        super().__init__()
        self.title = title
        self.theme: Theme = LIGHT
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, on=True)

    def show_state(self, state: ConsoleState) -> None:
        """Show what is known now; called at most once a frame and only while the panel is visible."""
        raise NotImplementedError

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of what the panel draws itself."""
        self.theme = theme
        self.update()
