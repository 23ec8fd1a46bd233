"""STOP, which acts on the press, and buttons that must be held until they act."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFocusEvent, QFont, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from twin_app.model.wording import Shape
from twin_app.theme.shapes import draw_shape
from twin_app.theme.tokens import LIGHT


class StopButton(QAbstractButton):
    """Red, large, with its key on it. Emits `pressed` at the touch; a stop waits for no release."""

    def __init__(self, *, key: str) -> None:
        super().__init__()
        self._key = key
        self._latched = False
        self._unconfirmed = False
        self.theme = LIGHT
        self.setAccessibleName("STOP")
        self.setToolTip(
            f"Protective stop: the arm brakes and stays stopped until Reset ({key}). Not an emergency stop."
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)

    @property
    def words(self) -> tuple[str, str]:
        """What is written on it: the large word and the line below, as large where it is pressing."""
        if self._unconfirmed:
            return "STOP pressed", "not confirmed"
        if not self.isEnabled():
            return "STOP", "replay"
        return "STOP", "latched" if self._latched else self._key

    def show_latched(self, *, latched: bool, unconfirmed: bool = False) -> None:
        """Whether the cell reports a latched stop, or has not confirmed one that was pressed: the face says so."""
        if (latched, unconfirmed) != (self._latched, self._unconfirmed):
            self._latched, self._unconfirmed = latched, unconfirmed
            self.setAccessibleDescription(" ".join(self.words))
            self.update()

    def sizeHint(self) -> QSize:
        """Wide enough for the word at twice the size of text."""
        return QSize(168, 58)

    def minimumSizeHint(self) -> QSize:
        """Never less."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Octagon, word and key."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, usable = self.theme, self.isEnabled()
        face, ink = QColor(theme.stop if usable else theme.panel), QColor(theme.stop_text if usable else theme.muted)
        if self.isDown():
            face = face.darker(140)
        box = QRectF(self.rect()).adjusted(2, 2, -2, -2)
        painter.setBrush(face)
        painter.setPen(QPen(QColor(self.theme.text) if self.hasFocus() else face.darker(130), 3))
        painter.drawRoundedRect(box, 6, 6)
        painter.setPen(ink)
        if self._unconfirmed:
            self._paint_unconfirmed(painter, box)
        else:
            self._paint_word(painter, box, ink)

    def _paint_word(self, painter: QPainter, box: QRectF, ink: QColor) -> None:
        large, small = self.words
        side = box.height() * 0.56
        sign = QRectF(box.x() + 14, box.center().y() - side / 2, side, side)
        draw_shape(painter, Shape.OCTAGON, sign, ink)
        painter.setPen(ink)
        words = QRectF(sign.right() + 10, box.y(), box.right() - sign.right() - 14, box.height())
        painter.setFont(self._font(1.75, bold=True))
        painter.drawText(words.adjusted(0, 2, 0, -box.height() * 0.34), Qt.AlignmentFlag.AlignCenter, large)
        painter.setFont(self._font(1.0, bold=False))
        painter.drawText(words.adjusted(0, box.height() * 0.60, 0, -2), Qt.AlignmentFlag.AlignCenter, small)

    def _paint_unconfirmed(self, painter: QPainter, box: QRectF) -> None:
        painter.setFont(self._font(1.3, bold=True))
        half = box.height() / 2
        for number, line in enumerate(self.words):
            row = QRectF(box.x(), box.y() + 2 + number * (half - 2), box.width(), half - 2)
            painter.drawText(row, Qt.AlignmentFlag.AlignCenter, line)

    def _font(self, factor: float, *, bold: bool) -> QFont:
        font = QFont(self.font())
        font.setBold(bold)
        font.setPointSizeF(max(11.0, self.font().pointSizeF() * factor))
        return font


def set_usable(button: QWidget, *, usable: bool) -> None:
    """Switch a button on or off. One that has the keyboard hands it to the window, never to its neighbour."""
    if usable is button.isEnabled():
        return
    if not usable and button.hasFocus():
        button.window().setFocus(Qt.FocusReason.OtherFocusReason)
    button.setEnabled(usable)


class HoldButton(QWidget):
    """Acts only after it was held, by mouse or Enter: the second step of whatever adds motion."""

    held = Signal()

    def __init__(self, text: str, *, hold_s: float = 0.8, shape: Shape = Shape.PLAY) -> None:
        super().__init__()
        self._text = text
        self._shape = shape
        self._hold_s = hold_s
        self._since = QElapsedTimer()
        self._beat = QTimer(self)
        self._beat.setInterval(16)
        self._beat.timeout.connect(self._advance)
        self.theme = LIGHT
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @property
    def text(self) -> str:
        """What is written on it."""
        return self._text

    def say(self, text: str, *, enabled: bool, reason: str = "") -> None:
        """Text and whether it may be held; the reason why not is its tooltip."""
        if text != self._text:
            self._text = text
            self.setAccessibleName(text)
            self.updateGeometry()
            self.update()
        if enabled != self.isEnabled():
            set_usable(self, usable=enabled)
            self._release()
        if reason != self.toolTip():
            self.setToolTip(reason)

    @property
    def progress(self) -> float:
        """0…1 of the holding time."""
        return min(1.0, self._since.elapsed() * 1e-3 / self._hold_s) if self._beat.isActive() else 0.0

    def sizeHint(self) -> QSize:
        """Room for sign and text."""
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._text) + metrics.height() + 40, metrics.height() + 16)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to hold."""
        if event.button() is Qt.MouseButton.LeftButton:
            self._press()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go: nothing happens before the time is full."""
        del event
        self._release()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Sliding off lets go."""
        if not self.rect().contains(event.position().toPoint()):
            self._release()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter holds; Space belongs to the timeline."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.isAutoRepeat():
            self._press()
        elif event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Let go."""
        if not event.isAutoRepeat():
            self._release()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Losing the keyboard lets go."""
        self._release()
        super().focusOutEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A button that fills from the left while it is held."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, box = self.theme, QRectF(self.rect()).adjusted(1, 1, -1, -1)
        ink = QColor(theme.text if self.isEnabled() else theme.muted)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.button if self.isEnabled() else theme.panel))
        painter.drawRoundedRect(box, 3, 3)
        if self._beat.isActive():
            painter.setBrush(QColor(theme.selection).darker(115 if theme.name == "light" else 80))
            painter.drawRoundedRect(QRectF(box.x(), box.y(), box.width() * self.progress, box.height()), 3, 3)
        pen = QPen(QColor(theme.focus if self.hasFocus() else theme.border), 2 if self.hasFocus() else 1)
        pen.setStyle(Qt.PenStyle.SolidLine if self.isEnabled() else Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, 3, 3)
        side = self.fontMetrics().ascent()
        draw_shape(painter, self._shape, QRectF(box.x() + 10, box.center().y() - side / 2, side, side), ink)
        painter.setPen(ink)
        painter.drawText(box.adjusted(18 + side, 0, -6, 0), Qt.AlignmentFlag.AlignCenter, self._text)

    def _press(self) -> None:
        if self.isEnabled() and not self._beat.isActive():
            self._since.start()
            self._beat.start()
            self.update()

    def _release(self) -> None:
        if self._beat.isActive():
            self._beat.stop()
            self.update()

    def _advance(self) -> None:
        if self.progress >= 1.0:
            self._release()
            self.held.emit()
        self.update()
