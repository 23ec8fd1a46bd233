"""A line to type an instruction in, which knows those before it: Up brings them back, Down goes on again."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit

from twin_app.model.instructions import with_instruction


class InstructionLine(QLineEdit):
    """Oldest first in `history`; what was being typed comes back at the end of it."""

    def __init__(self) -> None:
        super().__init__()
        self.setPlaceholderText("put the red cube in the left tote")
        self.setAccessibleName("Instruction")
        self.setToolTip("Up and Down bring back what was asked for before")
        self.history: tuple[str, ...] = ()
        self._back = 0
        """How far back from the newest; 0: what is being typed."""

        self._draft = ""
        self.textEdited.connect(lambda _: self._forget_place())

    def remember(self, words: str) -> None:
        """Keep an instruction that was asked for."""
        self.history = with_instruction(self.history, words)
        self._forget_place()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and Down go through the history; everything else types."""
        way = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()), 0)
        if not way:
            super().keyPressEvent(event)
            return
        back = min(max(self._back + way, 0), len(self.history))
        if back == self._back:
            return
        if self._back == 0:
            self._draft = self.text()
        self._back = back
        self.setText(self.history[-back] if back else self._draft)

    def _forget_place(self) -> None:
        self._back, self._draft = 0, ""
