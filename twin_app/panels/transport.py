"""Moving about in a recording: play, step, jump, speed."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton

from twin_app.model.state import ConsoleState, Playhead
from twin_app.model.wording import Shape, Tone, duration
from twin_app.theme.shapes import shape_icon
from twin_app.theme.tokens import Theme
from twin_app.widgets.panel import Panel
from twin_app.widgets.time_slider import TimeSlider

SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
STEPS = 10_000


class TransportBar(Panel):
    """A row at the bottom, in a replay only. Space plays and pauses, arrows step, Home and End jump."""

    play_wished = Signal(bool)
    seek_wished = Signal(object)
    step_wished = Signal(bool, bool)
    speed_wished = Signal(float)

    def __init__(self) -> None:
        super().__init__(title="Replay")
        self.setObjectName("strip")
        self.start_button = _button("|◀", "To the start (Home)")
        self.back_button = _button("◀", "Back 0.1 s (←), fine with Shift")
        self.play_button = _button("Play", "Play or pause (Space)")
        self.play_button.setMinimumWidth(96)
        self.forward_button = _button("▶", "On 0.1 s (→), fine with Shift")
        self.end_button = _button("▶|", "To the end (End)")
        self.slider = TimeSlider(steps=STEPS)
        self.slider.setAccessibleName("Place in the recording")
        self.speed = QComboBox()
        self.speed.addItems([f"{speed:g} x" for speed in SPEEDS])
        self.speed.setCurrentIndex(SPEEDS.index(1.0))
        self.speed.setAccessibleName("Speed")
        self.place = QLabel("—")
        self._playhead: Playhead | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 4, 10, 4)
        for widget in (self.start_button, self.back_button, self.play_button, self.forward_button, self.end_button):
            row.addWidget(widget)
        row.addWidget(self.slider, 1)
        row.addWidget(self.place)
        row.addWidget(self.speed)
        self.setEnabled(False)
        self._connect()

    def show_state(self, state: ConsoleState) -> None:
        """Where the playhead is; nothing to move about in before the first message is known."""
        head = state.playhead
        if head is None:
            return
        self.setEnabled(head.end_ns > 0)
        if self._playhead is None or head.playing != self._playhead.playing:
            shape = Shape.PAUSE if head.playing else Shape.PLAY
            self.play_button.setText("Pause" if head.playing else "Play")
            self.play_button.setIcon(shape_icon(shape, self.theme.signs[Tone.NORMAL]))
        self._playhead = head
        length_ns = max(1, head.end_ns - head.start_ns)
        if not self.slider.isSliderDown():
            self.slider.blockSignals(True)
            self.slider.setValue(int((head.now_ns - head.start_ns) / length_ns * STEPS))
            self.slider.blockSignals(False)
        loading = f" · {head.loaded:.0%} read" if head.loaded < 1.0 else ""
        self.place.setText(f"{duration((head.now_ns - head.start_ns) * 1e-9)} of {duration(length_ns * 1e-9)}{loading}")

    def toggle_play(self) -> None:
        """Play or pause."""
        self.play_wished.emit(not (self._playhead is not None and self._playhead.playing))

    def jump(self, *, to_end: bool) -> None:
        """To the start or the end."""
        if self._playhead is not None and self.isEnabled():
            self.seek_wished.emit(self._playhead.end_ns if to_end else self._playhead.start_ns)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of the sign on Play."""
        super().apply_theme(theme)
        playing = self._playhead is not None and self._playhead.playing
        self.play_button.setIcon(shape_icon(Shape.PAUSE if playing else Shape.PLAY, theme.signs[Tone.NORMAL]))

    def _connect(self) -> None:
        self.start_button.clicked.connect(lambda: self.jump(to_end=False))
        self.end_button.clicked.connect(lambda: self.jump(to_end=True))
        self.back_button.clicked.connect(lambda: self.step_wished.emit(False, False))
        self.forward_button.clicked.connect(lambda: self.step_wished.emit(True, False))
        self.play_button.clicked.connect(self.toggle_play)
        self.slider.valueChanged.connect(self._seek)
        self.speed.currentIndexChanged.connect(lambda index: self.speed_wished.emit(SPEEDS[index]))

    def _seek(self, value: int) -> None:
        head = self._playhead
        if head is not None:
            self.seek_wished.emit(head.start_ns + (head.end_ns - head.start_ns) * value // STEPS)


def _button(text: str, hint: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(hint)
    return button
