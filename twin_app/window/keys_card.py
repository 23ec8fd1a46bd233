"""The table of keys as a window of its own, beside everything else: it is not modal and moves nothing."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

ROWS_A_COLUMN = 14
"""Beyond this a second pair of columns begins, so that the card fits a screen 640 pixels high."""


class KeysCard(QDialog):
    """Key left, what it does right. Escape closes it."""

    def __init__(self, parent: QWidget, keys: Sequence[tuple[str, str]]) -> None:
        """`keys`: the key's name and what it does, in the order to show."""
        super().__init__(parent)
        self.setWindowTitle("Keys")
        self.setModal(False)
        grid = QGridLayout()
        grid.setHorizontalSpacing(18)
        grid.setVerticalSpacing(6)
        for number, (name, words) in enumerate(keys):
            row, pair = number % ROWS_A_COLUMN, number // ROWS_A_COLUMN * 2
            key = QLabel(name)
            key.setObjectName("heading")
            grid.addWidget(key, row, pair, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(QLabel(words), row, pair + 1, Qt.AlignmentFlag.AlignTop)
        self.close_button = QPushButton("Close")
        self.close_button.clicked.connect(self.close)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 14, 18, 14)
        column.setSpacing(14)
        column.addLayout(grid)
        column.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignRight)

    @property
    def lines(self) -> tuple[str, ...]:
        """Everything that is written on it."""
        return tuple(label.text() for label in self.findChildren(QLabel))
