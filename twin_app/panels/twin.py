"""The cell in three dimensions; loaded after the window is usable, and replaced by words where it cannot be drawn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout

from runtime.messages.cell import CellDescription
from twin_app.model.connection import Contact
from twin_app.model.state import ConsoleState, SourceKind
from twin_app.theme.tokens import Theme
from twin_app.widgets.panel import Panel

if TYPE_CHECKING:
    from twin_app.scene import TwinView


class TwinPanel(Panel):
    """Holds the 3D view. `load()` builds it; until then, and where it fails, the panel says why."""

    def __init__(self, *, mesh_folder: Path | None) -> None:
        super().__init__(title="Twin")
        self._mesh_folder = mesh_folder
        self._words = QLabel("3D view: loading …")
        self._words.setWordWrap(True)
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.view: TwinView | None = None
        self._cell: CellDescription | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._words)

    def load(self) -> None:
        """Import and build the view; about half a second, so after the window is there."""
        if self.view is not None:
            return
        try:
            from twin_app.scene import TwinView  # noqa: PLC0415 - slow import, wanted after the first picture
        except ImportError as trouble:
            self._words.setText(f"No 3D view: {trouble}.\nEverything else works without it.")
            return
        self.view = TwinView()
        self._words.hide()
        layout = self.layout()
        if layout is not None:
            layout.addWidget(self.view)
        self.view.show_theme(self.theme)

    def show_state(self, state: ConsoleState) -> None:
        """Drawing and pose of the cell; pale while they are old news."""
        if self.view is None:
            return
        from twin_app.scene import TwinState  # noqa: PLC0415 - loaded by now

        if state.cell is not None and state.cell != self._cell:
            self._cell = state.cell
            self.view.show_cell(state.cell, self._mesh_folder)
        heard = state.connection.contact.get("control") is Contact.HEARD
        fresh = state.kind is SourceKind.REPLAY or heard
        target = state.policy.targets[0].label if state.policy and state.policy.targets else ""
        self.view.show_state(TwinState(state.robot, state.belief, state.plan, target, fresh))

    def apply_theme(self, theme: Theme) -> None:
        """Dress the view."""
        super().apply_theme(theme)
        if self.view is not None:
            self.view.show_theme(theme)
