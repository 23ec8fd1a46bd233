"""A line across the window that cannot be overlooked: lost connection, alarm, question."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from twin_app.model.wording import Shape, Sign, Tone
from twin_app.theme.shapes import draw_shape
from twin_app.theme.tokens import LIGHT, Theme
from twin_app.widgets.field import WrappedLabel


class Notice(QWidget):
    """Sign, text and at most three buttons on a ground of the sign's tone. Hidden while it has nothing to say."""

    def __init__(self) -> None:
        super().__init__()
        self.theme: Theme = LIGHT
        self.sign = Sign("", Shape.CIRCLE, Tone.MUTED)
        self._label = WrappedLabel()
        self.buttons = (QPushButton(), QPushButton(), QPushButton())
        row = QHBoxLayout(self)
        row.setContentsMargins(44, 3, 8, 3)
        row.addWidget(self._label, 1)
        for button in self.buttons:
            row.addWidget(button)
            button.hide()
        self._actions: list[Callable[[], None]] = []
        for index, button in enumerate(self.buttons):
            button.clicked.connect(lambda _=False, index=index: self._act(index))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.hide()

    @property
    def text(self) -> str:
        """What it says; empty while hidden."""
        return "" if self.isHidden() else self._label.text()

    def say(self, sign: Sign, *, actions: tuple[tuple[str, Callable[[], None]], ...] = ()) -> None:
        """Show a sign with buttons: text and what a click does."""
        self._actions = [action for _, action in actions]
        for index, button in enumerate(self.buttons):
            wanted = index < len(actions)
            if wanted and button.text() != actions[index][0]:
                button.setText(actions[index][0])
            if button.isHidden() is wanted:
                button.setVisible(wanted)
        if sign != self.sign or self.isHidden():
            self.sign = sign
            self._label.say(sign.text)
            self._colour()
            self.show()
            self.update()

    def silence(self) -> None:
        """Say nothing: hide."""
        if not self.isHidden():
            self.hide()

    def apply_theme(self, theme: Theme) -> None:
        """Take a theme's colours."""
        self.theme = theme
        self._colour()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Ground and sign."""
        del event
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.theme.grounds[self.sign.tone])
        side = 18.0
        box = QRectF(14, self.height() / 2 - side / 2, side, side)
        draw_shape(painter, self.sign.shape, box, self.theme.inks[self.sign.tone])
        painter.fillRect(0, self.height() - 1, self.width(), 1, QColor(self.theme.border))

    def _colour(self) -> None:
        ink = self.theme.inks[self.sign.tone].name()
        self._label.setStyleSheet(f"color: {ink}; font-weight: 600;")
        self._label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def _act(self, index: int) -> None:
        if index < len(self._actions):
            self._actions[index]()


class NoticeRow(QWidget):
    """Notices side by side in a row of constant height: what they say and when moves nothing below."""

    def __init__(self, *notices: Notice) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for notice in notices:
            row.addWidget(notice, 1)

    def sizeHint(self) -> QSize:
        """Room for two lines of text and for a button."""
        return QSize(400, max(2 * self.fontMetrics().lineSpacing() + 8, 40))

    def minimumSizeHint(self) -> QSize:
        """As high as ever; any width will do."""
        return QSize(100, self.sizeHint().height())
