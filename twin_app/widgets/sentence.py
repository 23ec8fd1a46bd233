"""Words that wrap, shown as they are."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel


class Sentence(QLabel):
    """What somebody typed, or a plugin or server says, is no markup."""

    def __init__(self, text: str = "", *, name: str = "") -> None:
        """`name`: for those who have the window read to them."""
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setAccessibleName(name)
