"""Bottom strip: the four numbers that tell how well it goes, and what became of the newest command."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout

from runtime.messages.joint import PlantFlag
from twin_app.model.freshness import confidence_now, control_now, policy_now, robot_now
from twin_app.model.state import ConsoleState
from twin_app.model.wording import command_words, milliseconds, outcome
from twin_app.theme.tokens import Theme
from twin_app.widgets.field import ElidedLabel
from twin_app.widgets.panel import Panel


class Strip(Panel):
    """Always visible, one line."""

    def __init__(self) -> None:
        super().__init__(title="Numbers")
        self.setObjectName("strip")
        self.confidence, self.latency, self.lateness, self.hottest, self.command = (ElidedLabel() for _ in range(5))
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 4, 10, 4)
        row.setSpacing(14)
        labels = (self.confidence, self.latency, self.lateness, self.hottest, self.command)
        for label, weight in zip(labels, (14, 22, 18, 21, 25), strict=True):
            row.addWidget(label, weight)

    def show_state(self, state: ConsoleState) -> None:
        """Numbers of the present; a dash where there is none: nothing heard, silent, or no task."""
        policy, control, confidence = policy_now(state), control_now(state), confidence_now(state)
        self.confidence.say(f"confidence {confidence:.2f}" if confidence is not None else "confidence —")
        latency = f"{milliseconds(policy.inference_s)} / {policy.deadline_s * 1e3:.0f} ms" if policy else "—"
        self.latency.say(f"S2 latency {latency}")
        self.lateness.say(f"S1 late p99 {milliseconds(control.lateness_p99_s)} ms" if control else "S1 late p99 —")
        self.hottest.say(_hottest(state))
        newest = state.commands[0] if state.commands else None
        if newest is None:
            self.command.say("" if state.may_command else "commands are impossible in a replay")
            return
        words = f"{command_words(newest.command)} {newest.subject}".strip()
        self.command.say(f"{outcome(newest)} · {words}" if newest.ended_badly else f"{words}: {outcome(newest)}")

    def apply_theme(self, theme: Theme) -> None:
        """Nothing of its own."""
        super().apply_theme(theme)


def _hottest(state: ConsoleState) -> str:
    robot = robot_now(state)
    if robot is None or not robot.winding_celsius:
        return "hottest joint —"
    celsius = max(robot.winding_celsius)
    joint = robot.winding_celsius.index(celsius) + 1
    words = f"hottest J{joint} · {celsius:.0f} °C"
    if robot.flags & PlantFlag.TRIPPED:
        return f"{words} · tripped"
    return f"{words} · derated" if robot.flags & PlantFlag.DERATED else words
