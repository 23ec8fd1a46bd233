"""The docks of the window: perspectives, their layouts on disk, and the way back to the default."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QMainWindow

from twin_app.model.layout import Layout
from twin_app.model.settings import SettingsStore
from twin_app.widgets.panel import Panel
from twin_app.window.docks import apply_layout, apply_sizes, build_docks, read_layout, show_titles
from twin_app.window.focus import let_go_behind
from twin_app.window.perspectives import DEFAULTS


class Workspace(QObject):
    """Knows which perspective is shown and where its panels stand."""

    def __init__(self, window: QMainWindow, panels: Mapping[str, Panel], store: SettingsStore) -> None:
        super().__init__(window)
        self._window = window
        self._store = store
        self._known = frozenset(panels)
        self._layouts: dict[str, Layout] = {}
        self.docks = build_docks(window, panels)
        self.perspective = ""
        self._tidy = QTimer(self)
        self._tidy.setSingleShot(True)
        self._tidy.setInterval(0)
        self._tidy.timeout.connect(lambda: show_titles(window, self.docks.values()))
        self._tidy.timeout.connect(lambda: let_go_behind(window))
        for dock in self.docks.values():
            dock.dockLocationChanged.connect(lambda _: self._tidy.start())
            dock.topLevelChanged.connect(lambda _: self._tidy.start())
            dock.visibilityChanged.connect(lambda _: self._tidy.start())

    def show(self, perspective: str) -> None:
        """Switch; what the person moved in the perspective that is left is remembered."""
        self._remember()
        self.perspective = perspective
        layout = self._layouts.get(perspective) or self._stored(perspective)
        self._apply(layout)

    def settle(self) -> None:
        """Give the docks their shares once the window has its size."""
        layout = self._layouts.get(self.perspective) or self._stored(self.perspective)
        apply_sizes(self._window, self.docks, layout)
        self._tidy.start()

    def save(self) -> Path:
        """Write the present layout as this perspective's own; returns the file."""
        self._remember()
        layout = self._layouts.get(self.perspective)
        if layout is not None:
            self._store.save_layout(self.perspective, layout)
        return self._store.layout_file(self.perspective)

    def keep(self) -> None:
        """At the end: write the layouts that were changed and not reset."""
        self._remember()
        for perspective, layout in self._layouts.items():
            if layout != self._stored(perspective):
                self._store.save_layout(perspective, layout)

    def reset(self) -> None:
        """The default layout of this perspective; the stored one goes."""
        self._store.forget_layout(self.perspective)
        self._layouts.pop(self.perspective, None)
        self._apply(DEFAULTS[self.perspective])

    def bring(self, name: str) -> None:
        """Open a panel if it is closed, and put it in front."""
        dock = self.docks[name]
        dock.show()
        dock.raise_()

    def _apply(self, layout: Layout) -> None:
        self._window.setUpdatesEnabled(False)
        try:
            apply_layout(self._window, self.docks, layout)
        finally:
            self._window.setUpdatesEnabled(True)
        self._tidy.start()

    def _remember(self) -> None:
        if self.perspective and self._window.isVisible():
            layout = read_layout(self._window, self.docks)
            if layout is not None:
                self._layouts[self.perspective] = layout

    def _stored(self, perspective: str) -> Layout:
        return self._store.load_layout(perspective, known=self._known) or DEFAULTS[perspective]
