"""The cell in three dimensions; loaded after the window is usable, and replaced by words where it cannot be drawn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QToolButton, QVBoxLayout

from runtime.messages.cell import CellDescription
from twin_app.model.connection import Contact
from twin_app.model.freshness import shadow_path, targets_now
from twin_app.model.state import ConsoleState, SourceKind
from twin_app.theme.tokens import Theme
from twin_app.widgets.field import ElidedLabel
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
        self.look_button = _menu_button("View", "Where to look from, and what is drawn")
        self.remark = ElidedLabel(name="muted")
        row = QHBoxLayout()
        row.setContentsMargins(6, 2, 6, 0)
        row.addWidget(self.look_button)
        row.addWidget(self.remark, 1)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self._column.addLayout(row)
        self._column.addWidget(self._words, 1)

    def load(self) -> None:
        """Import and build the view; about half a second, so after the window is there."""
        if self.view is not None:
            return
        try:
            from twin_app.scene import TwinView
        except ImportError as trouble:
            self._words.setText(f"No 3D view: {trouble}.\nEverything else works without it.")
            return
        self.view = TwinView(bar=False)
        self.view.setMinimumSize(160, 120)
        self._words.hide()
        self._column.addWidget(self.view, 1)
        self.view.show_theme(self.theme)
        self._fill_menu(self.view)

    def show_state(self, state: ConsoleState) -> None:
        """Drawing and pose of the cell; pale while they are old news."""
        if self.view is None:
            return
        from twin_app.scene import TwinState

        if state.cell is not None and state.cell != self._cell:
            self._cell = state.cell
            self.view.show_cell(state.cell, self._mesh_folder)
        heard = state.connection.contact.get("control") is Contact.HEARD
        fresh = state.kind is SourceKind.REPLAY or heard
        targets = targets_now(state)
        target = targets[0].label if targets else ""
        plan = state.plan if state.plan is not None and state.now_ns <= state.plan.expires_ns else None
        self.remark.say(self.view.remark or (f"target: {target}" if target else ""))
        self.view.show_state(TwinState(state.robot, state.belief, plan, target, fresh, shadow=shadow_path(state)))

    def apply_theme(self, theme: Theme) -> None:
        """Dress the view."""
        super().apply_theme(theme)
        if self.view is not None:
            self.view.show_theme(theme)

    def _fill_menu(self, view: TwinView) -> None:
        from twin_app.scene.canvas import VIEWS
        from twin_app.scene.view import LAYERS

        menu = self.look_button.menu()
        for name in VIEWS:
            menu.addAction(f"From: {name.lower()}", lambda name=name: view.look_from(name))
        menu.addSeparator()
        for name in LAYERS:
            action = menu.addAction(f"Show {name.lower()}")
            action.setCheckable(True)
            action.setChecked(True)
            action.toggled.connect(lambda shown, name=name: view.show_layer(name, visible=shown))


def _menu_button(text: str, hint: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(hint)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setMenu(QMenu(button))
    return button
