"""What happens in each frame: collect what has arrived, make the new state, show it; never wait."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Qt, QTimer

from runtime.messages.requests import Body, Stop
from twin_app.bridge.source import Delivery, Source, Transport
from twin_app.model import commands
from twin_app.model.state import ConsoleState
from twin_app.model.trends import Trends
from twin_app.model.update import rewound, update, with_command, with_playhead
from twin_app.model.wording import subject_of
from twin_app.widgets.panel import Panel

FRAME_MS = 26
QUICK = {"twin": 1, "cameras": 2, "trends": 1, "header": 3}
"""Panels that show motion, and every how many frames they are painted; the others follow more slowly."""

SLOW = 6


class Pump(QObject):
    """Owns state and trends; shows them to the panels that can be seen."""

    def __init__(self, source: Source, panels: Mapping[str, Panel], always: Sequence[Panel]) -> None:
        super().__init__()
        self._source = source
        self._transport: Transport | None = source.transport
        self._panels = panels
        self._always = always
        self.state = ConsoleState(kind=source.kind, wall_offset_ns=source.wall_offset_ns)
        self.trends = Trends()
        self.after: list[Callable[[ConsoleState], None]] = []
        self.frames = 0
        self.longest_s = 0.0
        """Longest frame work since it was last set to zero."""

        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self.frame)

    @property
    def running(self) -> bool:
        """Whether frames are being shown."""
        return self._timer.isActive()

    def show_in(self, panels: Mapping[str, Panel]) -> None:
        """The panels that show the state while they can be seen."""
        self._panels = panels

    def start(self) -> None:
        """Begin to show frames."""
        self._source.start()
        self._timer.start()
        self.show_everything()

    def stop(self) -> None:
        """Show no more, and let the source go."""
        self._timer.stop()
        self._source.close()

    def ask(self, body: Body) -> None:
        """Send a request and show it as sent; in a replay say that there are none."""
        if not self.state.may_command:
            return
        request_id = self._source.ask(body)
        tag = str(type(body).__struct_config__.tag)
        row = commands.sent(request_id, command=tag, subject=subject_of(body), now_ns=self.state.now_ns)
        self.state = with_command(self.state, row)

    def stop_cell(self) -> None:
        """The flag past every queue, then the request for the record."""
        self._source.stop_now()
        self.ask(Stop())

    def end_motion(self) -> None:
        """The flag past every queue because the cell is about to end, which is no person's stop to be kept in mind."""
        self._source.stop_now(ending=True)

    def play(self, *, playing: bool) -> None:
        """Run or hold a replay."""
        if self._transport is not None:
            self._transport.play(playing=playing)

    def seek(self, moment_ns: int) -> None:
        """Put a replay's playhead there; while live this does nothing."""
        if self._transport is not None:
            self._transport.seek(moment_ns)

    def step(self, *, forward: bool, fine: bool) -> None:
        """Step a replay."""
        if self._transport is not None:
            self._transport.step(forward=forward, fine=fine)

    def set_speed(self, speed: float) -> None:
        """Speed of a replay."""
        if self._transport is not None:
            self._transport.set_speed(speed)

    def frame(self) -> None:
        """One frame."""
        began = time.perf_counter()
        self._take(self._source.collect())
        for number, (name, panel) in enumerate(self._panels.items()):
            if (self.frames + number) % QUICK.get(name, SLOW) == 0 and panel.isVisible():
                panel.show_state(self.state)
        if self.frames % QUICK["header"] == 0:
            for panel in self._always:
                panel.show_state(self.state)
        for look in self.after:
            look(self.state)
        self.frames += 1
        self.longest_s = max(self.longest_s, time.perf_counter() - began)

    def show_everything(self) -> None:
        """Show the present state in every panel that can be seen, at once."""
        for panel in (*self._panels.values(), *self._always):
            if panel.isVisible():
                panel.show_state(self.state)

    def _take(self, delivery: Delivery) -> None:
        if delivery.rewound:
            self.state = rewound(self.state)
        self.trends.feed(arrival for arrival in delivery.arrivals if arrival.historic or delivery.playhead is None)
        self.state = update(self.state, delivery.arrivals, now_ns=delivery.now_ns, gaps=delivery.gaps)
        if delivery.playhead is not None:
            self.state = with_playhead(self.state, delivery.playhead)
        if self.state.wall_offset_ns != self._source.wall_offset_ns:
            self.state = replace(self.state, wall_offset_ns=self._source.wall_offset_ns)
