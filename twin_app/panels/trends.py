"""The trends with their controls: which lanes, how long a stretch, and the way back to live."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QMenu, QPushButton, QToolButton, QVBoxLayout

from twin_app.model.state import ConsoleState, SourceKind
from twin_app.model.time_window import SECOND_NS
from twin_app.model.trends import Trends
from twin_app.model.wording import duration
from twin_app.theme.tokens import Theme
from twin_app.widgets.field import ElidedLabel
from twin_app.widgets.panel import Panel
from twin_app.widgets.trend_canvas import TrendCanvas

STRETCHES_S = (10, 60, 300, 900)


class TrendsPanel(Panel):
    """Canvas below, controls above."""

    moment_wished = Signal(object)
    """A moment in ns to go to; has an effect in a replay only."""

    def __init__(self, trends: Trends) -> None:
        super().__init__(title="Trends")
        self.canvas = TrendCanvas()
        self.canvas.trends = trends
        self.canvas.moment_chosen.connect(self.moment_wished.emit)
        self.canvas.window_changed.connect(self._show_place)
        self.place = ElidedLabel(name="heading")
        self.live_button = QPushButton("Live ▶|")
        self.live_button.setToolTip("Follow the newest sample again (End, or a double click)")
        self.live_button.clicked.connect(self.canvas.go_live)
        self.stretch = QComboBox()
        self.stretch.setAccessibleName("Stretch of time")
        self.stretch.addItems([_words(seconds) for seconds in STRETCHES_S])
        self.stretch.setCurrentIndex(STRETCHES_S.index(60))
        self.stretch.activated.connect(lambda index: self._show_stretch(STRETCHES_S[index]))
        self.lanes_button = QToolButton()
        self.lanes_button.setText("Lanes")
        self.lanes_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self.lanes_button)
        self._menu.aboutToShow.connect(self._fill_menu)
        self.lanes_button.setMenu(self._menu)
        self._kind = SourceKind.LIVE
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.place, 1)
        for widget in (self.live_button, self.stretch, self.lanes_button):
            row.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 4, 6, 4)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self.canvas, 1)
        self._whole = False
        self._show_place()

    def show_state(self, state: ConsoleState) -> None:
        """Move on with the newest sample; in a replay show the whole recording until the person zooms."""
        canvas = self.canvas
        self._kind = state.kind
        canvas.wall_offset_ns = state.wall_offset_ns
        if state.playhead is not None:
            self.stretch.hide()
            canvas.edge_ns, canvas.playhead_ns = state.playhead.end_ns, state.playhead.now_ns
            canvas.start_ns = state.playhead.start_ns
            if not self._whole and state.playhead.end_ns > state.playhead.start_ns:
                self._whole = True
                canvas.show_all(state.playhead.start_ns, state.playhead.end_ns)
        else:
            canvas.edge_ns, canvas.playhead_ns = max(canvas.trends.span_ns[1], _edge(state)), None
        self._show_place()
        canvas.update()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of the canvas."""
        super().apply_theme(theme)
        self.canvas.theme = theme
        self.canvas.update()

    def toggle_hold(self) -> None:
        """Hold the plots where they are, or follow again (Space while live)."""
        canvas = self.canvas
        window = canvas.window_shown
        canvas.set_window(window.held(canvas.edge_ns) if window.following else window.live())

    def _show_place(self) -> None:
        canvas, window = self.canvas, self.canvas.window_shown
        if self._kind is SourceKind.REPLAY:
            self.place.say(f"recording · {duration(window.span_ns / SECOND_NS)} shown · click: go there")
            self.live_button.hide()
            return
        behind = window.behind_s(canvas.edge_ns)
        shown = duration(window.span_ns / SECOND_NS)
        self.place.say(
            f"● LIVE · last {shown}" if window.following else f"{duration(behind)} behind live · {shown} shown"
        )
        away = not window.following or canvas.pinned_ns is not None
        if away is self.live_button.isHidden():
            self.live_button.setVisible(away)

    def _show_stretch(self, seconds: int) -> None:
        canvas = self.canvas
        factor = seconds * SECOND_NS / canvas.window_shown.span_ns
        canvas.set_window(canvas.window_shown.zoomed(factor, at=1.0, edge_ns=canvas.edge_ns))

    def _fill_menu(self) -> None:
        self._menu.clear()
        signals: QMenu | None = None
        for lane in self.canvas.trends.lanes:
            if lane.key.startswith("signal ") and signals is None:
                signals = self._menu.addMenu("Signals behind the confidence")
            action = (signals or self._menu).addAction(lane.title)
            action.setCheckable(True)
            action.setChecked(lane in self.canvas.lanes)
            action.toggled.connect(lambda shown, key=lane.key: self.show_lane(key, shown=shown))

    def show_lane(self, key: str, *, shown: bool) -> None:
        """Show or hide a lane; one always stays."""
        canvas = self.canvas
        there = any(lane.key == key for lane in canvas.lanes)
        if there is not shown and (shown or len(canvas.lanes) > 1):
            canvas.turned = canvas.turned ^ {key}
            canvas.update()


def _edge(state: ConsoleState) -> int:
    """The present, as long as the cell is heard; a lost cell's plots go on too, so that the gap shows."""
    return state.now_ns if state.control is not None else 0


def _words(seconds: int) -> str:
    return f"{seconds} s" if seconds < 60 else f"{seconds // 60} min"
