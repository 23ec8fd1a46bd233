"""The twin as a widget: the 3D picture with its few buttons, or a sentence where there is no OpenGL."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QStackedLayout, QToolButton, QVBoxLayout, QWidget

from runtime.messages.cell import CellDescription
from twin_app.scene.canvas import VIEWS, Canvas, missing_gl
from twin_app.scene.items import LineItem, TriangleItem
from twin_app.scene.state import TwinState
from twin_app.scene.twin import Twin
from twin_app.theme.tokens import LIGHT, Theme

LAYERS = ("Plan", "Workspace", "Cameras")


class TwinView(QWidget):
    """Shows a cell and its state. Takes states, holds no truth, emits nothing."""

    def __init__(self, parent: QWidget | None = None, *, bar: bool = True) -> None:
        """Without `bar` the caller offers views and layers himself, through `look_from` and `show_layer`."""
        super().__init__(parent)
        self._with_bar = bar
        self._twin: Twin | None = None
        self._theme = LIGHT
        self._message = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self._message.setWordWrap(True)
        self._message.setAccessibleName("3D view message")
        self._layer_buttons = {name: _toggle(name) for name in LAYERS}
        self._view_buttons = {name: _button(name) for name in VIEWS}
        self._remark = QLabel()
        self._canvas: Canvas | None = None
        self._stack = QStackedLayout()
        self._stack.addWidget(self._message)
        self._compose()
        self._connect()
        self._begin()

    @property
    def trouble(self) -> str:
        """Why there is no 3D picture; empty when there is one."""
        return self._message.text() if self._canvas is None else ""

    @property
    def remark(self) -> str:
        """What stands in for something missing, in words; empty when nothing does."""
        return self._remark.text()

    @property
    def canvas(self) -> Canvas | None:
        """The OpenGL widget, where there is one."""
        return self._canvas

    def show_cell(self, cell: CellDescription, mesh_folder: Path | None) -> None:
        """Draw this cell from now on; without a folder (or with broken files) capsules stand in for the arm."""
        if self._canvas is None:
            return
        self._twin = Twin(cell, program=self._canvas.program, mesh_folder=mesh_folder)
        self._remark.setText(self._twin.remark)
        self._canvas.replace(self._twin.items)
        centre_m, radius_m = self._twin.ball
        self._canvas.frame(centre_m=centre_m, radius_m=radius_m, table_z_m=cell.floor_z_m)
        self._stack.setCurrentWidget(self._canvas)
        self.show_theme(self._theme)
        self._show_layers()

    def show_state(self, state: TwinState) -> None:
        """Move what has changed; the picture is painted once, when Qt next has time."""
        if self._twin is not None:
            self._twin.show(state)

    def show_theme(self, theme: Theme) -> None:
        """Ground and lines of this dress."""
        self._theme = theme
        if self._canvas is None or self._twin is None:
            return
        self._canvas.setBackgroundColor(QColor(theme.field))
        ink = QColor(theme.text)
        self._twin.colour_lines((ink.redF(), ink.greenF(), ink.blueF()))

    def look_from(self, view: str) -> None:
        """Turn to one of the named views: Overview, Front, Side, Top."""
        if self._canvas is not None:
            self._canvas.look(view)

    def show_layer(self, layer: str, *, visible: bool) -> None:
        """Plan, Workspace or Cameras on or off."""
        self._layer_buttons[layer].setChecked(visible)

    def _begin(self) -> None:
        trouble = missing_gl()
        if trouble:
            self._give_up(trouble)
            return
        self._message.setText("waiting for a cell")
        self._canvas = Canvas(self)
        self._canvas.setAccessibleName("3D view of the cell")
        self._canvas.failed.connect(self._give_up)
        self._stack.addWidget(self._canvas)

    def _give_up(self, reason: str) -> None:
        canvas, self._canvas, self._twin = self._canvas, None, None
        self._message.setText(f"No 3D view: {reason}.\nEverything else works without it.")
        self._stack.setCurrentWidget(self._message)
        for button in (*self._layer_buttons.values(), *self._view_buttons.values()):
            button.setEnabled(False)
        if canvas is not None:
            self._stack.removeWidget(canvas)
            canvas.deleteLater()

    def _compose(self) -> None:
        bar = QHBoxLayout()
        for button in self._view_buttons.values():
            bar.addWidget(button)
        bar.addStretch(1)
        bar.addWidget(self._remark)
        for button in self._layer_buttons.values():
            bar.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(bar)
        layout.addLayout(self._stack, 1)
        for widget in (*self._view_buttons.values(), self._remark, *self._layer_buttons.values()):
            widget.setVisible(self._with_bar)

    def _connect(self) -> None:
        for button in self._layer_buttons.values():
            button.toggled.connect(self._show_layers)
        for name, button in self._view_buttons.items():
            button.clicked.connect(lambda _checked, name=name: self.look_from(name))

    def _show_layers(self) -> None:
        if self._twin is None:
            return
        twin = self._twin
        layers: dict[str, tuple[TriangleItem | LineItem, ...]] = {
            "Plan": (twin.ghost, twin.path, twin.shadow_path),
            "Workspace": (twin.workspace,),
            "Cameras": (twin.frusta,),
        }
        for name, items in layers.items():
            for item in items:
                item.setVisible(self._layer_buttons[name].isChecked())


def _toggle(name: str) -> QToolButton:
    button = QToolButton()
    button.setText(name)
    button.setCheckable(True)
    button.setChecked(True)
    button.setToolTip(f"Show or hide: {name.lower()}")
    return button


def _button(name: str) -> QPushButton:
    button = QPushButton(name)
    button.setToolTip(f"Look from: {name.lower()}")
    return button
