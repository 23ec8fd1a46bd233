"""The always-visible bar: mode, owner, policy, LIVE, loop health, hardware e-stop, Reset and STOP."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from runtime.messages.requests import Reset
from twin_app.model.connection import Contact
from twin_app.model.fault_effects import injected, injected_words
from twin_app.model.mode_claim import LATCHED, ModeClaim, mode_claim, stop_is_unconfirmed
from twin_app.model.state import ConsoleState, SourceKind
from twin_app.model.wording import MODES, duration
from twin_app.theme.tokens import Theme
from twin_app.widgets.badge import Badge
from twin_app.widgets.buttons import StopButton, set_usable
from twin_app.widgets.field import Field
from twin_app.widgets.panel import Panel

SLOW_FRESH_S = 1.5
"""What the supervisor and the planner say at 5 to 10 Hz is old after this."""

SPACING_PX = 10
BEFORE_STOP_PX = 18
MARGINS_PX = 16 + BEFORE_STOP_PX + 2 * SPACING_PX
"""Left and right, and between mode, Reset and STOP."""


class Bar(Panel):
    """Same place, same content, in every perspective."""

    stop_wished = Signal()

    def __init__(self, *, stop_key: str) -> None:
        super().__init__(title="Status")
        self.setObjectName("bar")
        self.badge = Badge()
        self.owner = Field("owner", width_px=124, least_px=72)
        self.policy = Field("policy", width_px=140, least_px=96, stretch=True)
        self.link = Field("source", width_px=98, least_px=76)
        self.loop = Field("loop", width_px=146, least_px=92)
        self.fault = Field("fault injected", width_px=146, least_px=132)
        self._faulty = False
        self.estop = Field("hardware e-stop", width_px=192, least_px=56, stretch=True)
        self.reset_button = QPushButton("Reset")
        self.reset_button.setObjectName("reset")
        self.reset_button.setMinimumSize(92, 44)
        self.reset_button.clicked.connect(lambda: self.wished.emit(Reset()))
        self.stop_button = StopButton(key=stop_key)
        self.stop_button.pressed.connect(self.stop_wished.emit)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 5, 8, 5)
        row.setSpacing(SPACING_PX)
        for widget in (self.badge, self.owner, self.policy, self.link, self.loop, self.fault, self.estop):
            row.addWidget(widget)
        row.addWidget(self.reset_button)
        row.addSpacing(BEFORE_STOP_PX)
        row.addWidget(self.stop_button)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where room is short the fields go one by one, so that mode, Reset and STOP stay whole."""
        super().resizeEvent(event)
        self._fit(event.size().width())

    def _fit(self, width_px: int) -> None:
        fault = (self.fault,) if self._faulty else ()
        taken_px = MARGINS_PX + sum(map(_least_px, (self.badge, self.reset_button, self.stop_button)))
        for field in (self.owner, *fault, self.policy, self.link, self.loop, self.estop):
            taken_px += _least_px(field) + SPACING_PX
            field.setVisible(taken_px <= width_px)
        if not self._faulty:
            self.fault.hide()

    def show_state(self, state: ConsoleState) -> None:
        """Everything from telemetry; what is not heard any more is shown as old."""
        self._show_mode(state)
        self._show_policy(state)
        self._show_link(state)
        self._show_loop(state)
        self._show_faults(state)
        system = state.system
        self.estop.say(
            system.hardware_estop if system else "—", old_s=_old_s(state, system.stamp_ns) if system else 0.0
        )

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of badge and STOP."""
        super().apply_theme(theme)
        self.badge.theme = theme
        self.stop_button.theme = theme
        self.badge.update()
        self.stop_button.update()

    def _show_mode(self, state: ConsoleState) -> None:
        control, claim = state.control, mode_claim(state)
        self.badge.say(claim.sign, claim.detail, outdated=not claim.known or claim.age_s > 0.0)
        self.badge.setToolTip(_last_known(state, claim))
        self.owner.say(control.owner if control else "—", old_s=claim.age_s)
        latched = control is not None and control.mode in LATCHED
        unconfirmed = state.may_command and stop_is_unconfirmed(state)
        self.stop_button.show_latched(latched=latched and claim.known, unconfirmed=unconfirmed)
        self.stop_button.setEnabled(state.may_command)
        self._show_reset(state, latched=latched and claim.known)

    def _show_reset(self, state: ConsoleState, *, latched: bool) -> None:
        usable = state.may_command and latched
        set_usable(self.reset_button, usable=usable)
        why = "Unlatch the stop. The arm does not move." if usable else "Nothing is latched."
        why = why if state.may_command else "Commands are impossible in a replay."
        if why != self.reset_button.toolTip():
            self.reset_button.setToolTip(why)

    def _show_policy(self, state: ConsoleState) -> None:
        policy = state.policy
        if policy is None or not policy.active:
            self.policy.say("—", caption="policy")
        else:
            old_s = _old_s(state, policy.stamp_ns)
            instead = f"stands in for {policy.stands_in_for}" if policy.stands_in_for else policy.active_version
            self.policy.say(policy.active, caption=f"policy · {instead}", old_s=old_s)

    def _show_link(self, state: ConsoleState) -> None:
        if state.kind is SourceKind.REPLAY:
            self.link.say("REPLAY", caption="source")
            return
        contact = state.connection.contact.get("supervisor", Contact.NEVER)
        words = {Contact.HEARD: "● LIVE", Contact.LOST: "✕ LOST", Contact.NEVER: "… waiting"}
        lost = state.connection.gaps
        self.link.say(words[contact], caption=f"{lost} lost" if lost else "source")

    def _show_faults(self, state: ConsoleState) -> None:
        """What is injected now, in every perspective: nobody shall look for a fault that somebody has made."""
        reports = injected(state.faults)
        more = f" +{len(reports) - 1}" if len(reports) > 1 else ""
        if reports:
            self.fault.say(
                f"◆ {reports[0].fault_id} {reports[0].severity.value}{more}", hint=injected_words(state.faults)
            )
        if bool(reports) is not self._faulty:
            self._faulty = bool(reports)
            self._fit(self.width())

    def _show_loop(self, state: ConsoleState) -> None:
        control = state.control
        if control is None:
            self.loop.say("—", caption="loop")
            return
        share = control.missed_ticks / control.ticks if control.ticks else 0.0
        missed = f"{control.missed_ticks} missed" if share < 0.01 else f"{share:.1%} missed"
        self.loop.say(f"{control.loop_hz:.0f} Hz", caption=f"loop · {missed}", old_s=mode_claim(state).age_s)


def _least_px(widget: QWidget) -> int:
    return max(widget.minimumWidth(), widget.minimumSizeHint().width())


def _old_s(state: ConsoleState, stamp_ns: int) -> float:
    """Age of a value that should come several times a second; 0 while it is fresh, and in a replay."""
    age_s = state.age_s(stamp_ns)
    return age_s if state.kind is SourceKind.LIVE and age_s > SLOW_FRESH_S else 0.0


def _last_known(state: ConsoleState, claim: ModeClaim) -> str:
    control = state.control
    if control is None or claim.age_s <= 0.0:
        return ""
    return f"No answer for {duration(claim.age_s)}. The last mode that was reported: {MODES[control.mode].text}."
