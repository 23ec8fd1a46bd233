"""A console on a made-up cell whose clock the test holds; hands and eyes for tests with mouse and keyboard."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from runtime.messages.requests import Body
from runtime.messages.state import Mode
from tests.support.arms import seven_joint_arm
from tests.support.fake_cell import SECOND_NS, FakeCell
from tests.support.fake_source import FakeSource
from tests.support.pick_cell import pick_cell
from twin_app.model.settings import SettingsStore
from twin_app.window import ConsoleWindow

LEFT = Qt.MouseButton.LeftButton
STEP_NS = 50_000_000


class Console:
    """The window with its cell. Time passes only in `advance`."""

    def __init__(
        self, folder: Path, *, mode: Mode = Mode.AUTO, owns_cell: bool = False, load_twin: bool = False
    ) -> None:
        self.now_ns = 100 * SECOND_NS
        self.cell = FakeCell(pick_cell(seven_joint_arm()), mode=mode, mode_since_ns=self.now_ns)
        self.source = FakeSource(self.cell, clock_ns=lambda: self.now_ns)
        self.store = SettingsStore(folder)
        self.window = ConsoleWindow(self.source, settings=self.store, owns_cell=owns_cell, load_twin=False)

    def show(self) -> None:
        """Open the window and let a second pass."""
        self.window.show()
        self.window.activateWindow()
        QTest.qWaitForWindowActive(self.window)
        self.advance(1.0)

    def advance(self, seconds: float) -> None:
        """Let the cell live for a while; every panel shows the outcome."""
        for _ in range(max(1, int(seconds * SECOND_NS / STEP_NS))):
            self.now_ns += STEP_NS
            self.window.pump.frame()
        self.window.pump.show_everything()
        QApplication.processEvents()

    def click(self, widget: QWidget, at: QPoint | None = None) -> None:
        """Left button, in the middle or at a point of the widget; it has to be visible and enabled."""
        assert widget.isVisible(), f"{widget.objectName() or widget} is not visible"
        assert widget.isEnabled(), f"{widget.objectName() or widget} is disabled: {widget.toolTip()}"
        QTest.mouseClick(widget, LEFT, Qt.KeyboardModifier.NoModifier, at or widget.rect().center())
        QApplication.processEvents()

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press and release a key in whatever window has the keyboard, as the window system would."""
        focus = QApplication.activePopupWidget() or QApplication.focusWidget() or self.window
        QTest.keyClick(focus, key, modifier)
        QApplication.processEvents()

    def type(self, words: str) -> None:
        """Type text where the keyboard is."""
        focus = QApplication.focusWidget()
        assert focus is not None
        QTest.keyClicks(focus, words)

    @property
    def mode(self) -> str:
        """What the badge says."""
        return self.window.header.bar.badge.sign.text

    def asked(self, kind: type) -> list[Body]:
        """Requests of a kind that reached the cell."""
        return [body for body in self.cell.asked if isinstance(body, kind)]

    def close(self) -> None:
        """Close without a question: the arm stands."""
        self.cell.mode = Mode.IDLE
        self.cell.muted.clear()
        self.cell.dead.clear()
        if self.window.pump.running:
            self.source.silent = False
            self.advance(0.3)
            self.window.close()
            self.window.close()
        self.window.deleteLater()
        QApplication.sendPostedEvents()
