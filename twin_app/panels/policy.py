"""Which policy drives, what it believes, which one stands by, and the wish to swap them."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from runtime.messages.policy import PolicyEntry, PolicyState, Readiness
from runtime.messages.requests import SwapBack, SwapPolicy
from twin_app.model.freshness import confidence_now, policy_now
from twin_app.model.state import ConsoleState
from twin_app.model.wording import Shape, Sign, Tone, duration, milliseconds
from twin_app.theme.tokens import Theme
from twin_app.widgets.field import ElidedLabel, Field
from twin_app.widgets.panel import Panel
from twin_app.widgets.records import RecordView, Row

READINESS: dict[Readiness, Sign] = {
    Readiness.AVAILABLE: Sign("available", Shape.RING, Tone.MUTED),
    Readiness.LOADING: Sign("loading", Shape.RING, Tone.NORMAL),
    Readiness.WARMING: Sign("warming up", Shape.RING, Tone.NORMAL),
    Readiness.READY: Sign("ready", Shape.CIRCLE, Tone.NORMAL),
    Readiness.ACTIVE: Sign("active", Shape.PLAY, Tone.ACTIVE),
    Readiness.REFUSED: Sign("refused", Shape.BAR, Tone.NORMAL),
}


class PolicyPanel(Panel):
    """Active policy on top, all policies below, swap and back under them."""

    def __init__(self) -> None:
        super().__init__(title="Policy")
        self.phase = Field("doing", stretch=True)
        self.confidence = Field("confidence")
        self.inference = Field("inference")
        self.reason = ElidedLabel(name="muted")
        self.signals = ElidedLabel(name="muted")
        self.table = RecordView(("Policy", "Version", "State"), stretched=0, widest={1: "Version", 2: "not available"})
        self.table.setAccessibleName("Policies")
        self.table.chosen.connect(lambda _: self._show_buttons())
        self.swap_button = QPushButton("Swap")
        self.swap_button.clicked.connect(self._swap)
        self.back_button = QPushButton("Back")
        self.back_button.clicked.connect(lambda: self.wished.emit(SwapBack()))
        self.why_not = QLabel()
        self.why_not.setWordWrap(True)
        self._policy: PolicyState | None = None
        self._commandable = False
        self._arrange()

    def show_state(self, state: ConsoleState) -> None:
        """Active, candidate, why not."""
        self._commandable = state.may_command and state.current
        policy = state.policy
        self._show_numbers(state)
        if policy is not None and policy is not self._policy:
            self._show_entries(policy)
        self._policy = policy
        self._show_swaps(state)
        self._show_buttons()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of the signs."""
        super().apply_theme(theme)
        self.table.apply_theme(theme)

    def _arrange(self) -> None:
        numbers = QGridLayout()
        numbers.setHorizontalSpacing(12)
        for column, field in enumerate((self.phase, self.confidence, self.inference)):
            numbers.addWidget(field, 0, column)
        numbers.setColumnStretch(0, 2)
        numbers.setColumnStretch(1, 1)
        numbers.setColumnStretch(2, 1)
        foot = QHBoxLayout()
        foot.addWidget(self.why_not, 1)
        foot.addWidget(self.swap_button)
        foot.addWidget(self.back_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.setSpacing(4)
        column.addLayout(numbers)
        column.addWidget(self.signals)
        column.addWidget(self.reason)
        column.addWidget(self.table, 1)
        column.addLayout(foot)

    def _show_numbers(self, state: ConsoleState) -> None:
        policy, confidence = policy_now(state), confidence_now(state)
        self.confidence.say("—" if confidence is None else f"{confidence:.2f}")
        if policy is None:
            silent = state.policy is not None and state.policy.inferences > 0
            age = f" · silent for {duration(state.age_s(state.inferred_ns))}" if silent else ""
            self.phase.say("—", caption=f"doing{age}")
            self.inference.say("—", caption="inference")
            self.signals.say("no signals")
            self.reason.hide()
            return
        self.phase.say(policy.phase or policy.status.value, caption=f"doing · {policy.status.value}")
        late = f" · {policy.deadline_misses} late" if policy.deadline_misses else ""
        self.inference.say(
            f"{milliseconds(policy.inference_s)} ms", caption=f"of {policy.deadline_s * 1e3:.0f} ms{late}"
        )
        self.signals.say("  ".join(f"{signal.name} {signal.value:.2f}" for signal in policy.signals) or "no signals")
        self.reason.say(policy.reason)
        self.reason.setVisible(bool(policy.reason))

    def _show_entries(self, policy: PolicyState) -> None:
        rows = tuple(_row(entry, policy) for entry in policy.entries)
        first = not self.table.rows
        self.table.show_rows(rows)
        if first and rows:
            other = next((entry.name for entry in policy.entries if entry.name != policy.active), rows[0].key)
            self.table.choose(policy.candidate or other)

    def _show_swaps(self, state: ConsoleState) -> None:
        policy = state.policy
        if policy is None:
            self.why_not.setText("no policy has been heard of yet")
            return
        ago = duration(state.age_s(policy.last_swap_ns)) if policy.swaps and policy.last_swap_ns else ""
        words = f"{policy.swaps} {'swap' if policy.swaps == 1 else 'swaps'}, last {ago} ago" if ago else "no swap yet"
        if policy.candidate:
            words = f"preparing {policy.candidate}: takes over at the next chunk border"
        chosen = self._entry(self.table.selected)
        if chosen is not None and chosen.obstacle:
            words = f"{chosen.name} cannot take over: {chosen.obstacle}"
        elif policy.swap_refusal:
            words = f"refused: {policy.swap_refusal}"
        if words != self.why_not.text():
            self.why_not.setText(words)

    def _show_buttons(self) -> None:
        policy, chosen = self._policy, self._entry(self.table.selected)
        free = policy is not None and self._commandable and not policy.candidate
        active = policy.active if policy is not None else ""
        swappable = free and chosen is not None and not chosen.obstacle and chosen.name != active
        self.swap_button.setEnabled(bool(swappable))
        self.swap_button.setText(f"Swap to {chosen.name}" if swappable and chosen else "Swap")
        self.back_button.setEnabled(bool(free and policy and policy.previous))
        self.back_button.setToolTip(f"Back to {policy.previous}" if policy and policy.previous else "There was no swap")

    def _entry(self, name: str) -> PolicyEntry | None:
        return next((entry for entry in self._policy.entries if entry.name == name), None) if self._policy else None

    def _swap(self) -> None:
        if self.table.selected:
            self.wished.emit(SwapPolicy(policy=self.table.selected))


def _row(entry: PolicyEntry, policy: PolicyState) -> Row:
    sign = READINESS[entry.readiness]
    words = "candidate" if entry.name == policy.candidate and entry.readiness is Readiness.READY else sign.text
    return Row(entry.name, (entry.label or entry.name, entry.version, words), sign, hint=entry.obstacle)
