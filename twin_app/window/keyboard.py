"""What every key of the window does: the table, its shortcuts, and the card that shows it."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QTabBar, QWidget

from twin_app.model.settings import PERSPECTIVES
from twin_app.panels.cameras import CamerasPanel
from twin_app.panels.tasks import TasksPanel
from twin_app.panels.transport import TransportBar
from twin_app.panels.trends import TrendsPanel
from twin_app.window.header import Header
from twin_app.window.keys import STOP_KEY, Key, bind
from twin_app.window.keys_card import KeysCard
from twin_app.window.pump import Pump


class Reach(Protocol):
    """What keys act upon; the console's window has it all."""

    header: Header
    tasks: TasksPanel
    trends: TrendsPanel
    cameras: CamerasPanel
    transport: TransportBar
    pump: Pump

    def show_perspective(self, name: str) -> None:
        """By name."""
        ...

    def show_panel(self, name: str) -> None:
        """In front, by name."""
        ...

    def switch_theme(self) -> None:
        """Light or dark."""
        ...

    def save_layout(self) -> None:
        """Of this perspective."""
        ...

    def reset_layout(self) -> None:
        """Of this perspective."""
        ...


class Keyboard:
    """Binds the keys when it is made; all that they reach exists by then."""

    def __init__(self, window: QWidget, reach: Reach, *, replay: bool) -> None:
        """The keys work wherever the keyboard is in the application, as long as the `window` lives."""
        self._window = window
        self._reach = reach
        self._replay = replay
        self.card: KeysCard | None = None
        """Made when it is first asked for."""

        self._shortcuts = bind(window, self.keys())

    def keys(self) -> tuple[Key, ...]:
        """The table of keys; F12 is STOP and stands outside of it."""
        window, reach = self._window, self._reach
        perspectives = (
            Key(f"Ctrl+{number}", f"perspective {name}", lambda name=name: reach.show_perspective(name))
            for number, name in enumerate(PERSPECTIVES, start=1)
        )
        always = (
            Key("F7", "put the keyboard on Hold to start; then hold Enter", self._aim_at_start),
            Key("F8", "Pause", reach.header.line.pause_button.click),
            Key("F9", "Reset: unlatch a stop; moves nothing", reach.header.bar.reset_button.click),
            Key("Space", "replay: play or pause; live: hold or follow the plots", self._space),
            Key("End", "to the end; live: back to live", self._end),
            Key("Ctrl+I", "type an instruction", self._instruct),
            Key("Ctrl+K", "acknowledge the most urgent alarm", reach.header.acknowledge_first),
            Key("Ctrl+H", "heat map over the pictures: show or hide", reach.cameras.heat_switch.toggle),
            Key("Ctrl+D", "light or dark theme", reach.switch_theme),
            Key("Ctrl+S", "save the layout", reach.save_layout),
            Key("Ctrl+Shift+R", "reset the layout", reach.reset_layout),
            Key("F10", "menu", reach.header.line.menu_button.showMenu),
            Key("Ctrl+Q", "close", window.close),
        )
        return (*perspectives, *always, *(self._replay_keys() if self._replay else ()))

    def show_card(self) -> None:
        """The table as a window beside the console."""
        if self.card is None:
            rows = ((STOP_KEY, "STOP, from anywhere"), *((key.sequence, key.words) for key in self.keys()))
            more = (("Tab, Enter", "go to a button, and press it"), ("Enter, held", "on Hold to start: start"))
            self.card = KeysCard(self._window, (*rows, *more))
        self.card.show()
        self.card.raise_()
        self.card.activateWindow()

    def _replay_keys(self) -> tuple[Key, ...]:
        reach, step = self._reach, self._reach.pump.step
        return (
            Key("Home", "to the start", lambda: reach.transport.jump(to_end=False)),
            Key("Left", "back 0.1 s", lambda: self._turn(forward=False)),
            Key("Right", "on 0.1 s", lambda: self._turn(forward=True)),
            Key("Shift+Left", "back 10 ms", lambda: step(forward=False, fine=True)),
            Key("Shift+Right", "on 10 ms", lambda: step(forward=True, fine=True)),
        )

    def _turn(self, *, forward: bool) -> None:
        """In time, or to the next tab where the tabs have the keyboard."""
        tabs = QApplication.focusWidget()
        if isinstance(tabs, QTabBar):
            here, step = tabs.currentIndex(), 1 if forward else -1
            ways = range(here + step, tabs.count() if forward else -1, step)
            tabs.setCurrentIndex(next((one for one in ways if tabs.isTabEnabled(one) and tabs.isTabVisible(one)), here))
        else:
            self._reach.pump.step(forward=forward, fine=False)

    def _space(self) -> None:
        if self._replay:
            self._reach.transport.toggle_play()
        else:
            self._reach.trends.toggle_hold()

    def _end(self) -> None:
        if self._replay:
            self._reach.transport.jump(to_end=True)
        else:
            self._reach.trends.canvas.go_live()

    def _instruct(self) -> None:
        self._reach.show_panel("tasks")
        self._reach.tasks.instruction.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _aim_at_start(self) -> None:
        """The keyboard on the held button; starting still takes the hold."""
        button = self._reach.header.line.start_button
        if button.isEnabled():
            button.setFocus(Qt.FocusReason.ShortcutFocusReason)
        else:
            self._reach.header.remark_on(f"Start is not possible now. {button.toolTip()}")
