"""Which policy drives, what it believes, which one stands by or runs in shadow, and the wishes to change that."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from runtime.messages.policy import PolicyEntry, PolicyState
from runtime.messages.requests import (
    Body,
    PromoteShadow,
    ReturnFromFallback,
    SetFallback,
    SetShadow,
    SwapBack,
    SwapPolicy,
    TryPolicy,
)
from runtime.messages.state import Mode
from twin_app.model.beside import Line, comparison, state_sign
from twin_app.model.freshness import confidence_now, policy_now
from twin_app.model.policy_wishes import PolicyWishes, first_choice, policy_wishes
from twin_app.model.state import ConsoleState
from twin_app.model.wording import duration, milliseconds
from twin_app.theme.tokens import Theme
from twin_app.widgets.buttons import set_usable
from twin_app.widgets.card_view import CardView
from twin_app.widgets.confidence_view import ConfidenceView
from twin_app.widgets.field import ElidedLabel, Field
from twin_app.widgets.panel import Panel
from twin_app.widgets.records import RecordView, Row
from twin_app.widgets.sentence import Sentence

SMALLEST_PX = 56
"""Of a table: its title and a row. The panel shares its place with others, which shall not be kept from shrinking."""

ACROSS_PX = 540
"""From here on the two tables stand side by side, so that a low panel shows several rows of each."""

WIDE_PX = 820
"""From here on the versions have room, too, with the tables side by side."""

SETTLED_S = 0.5
"""For so long after the cell has changed the buttons a press does nothing: it was aimed at what was there before."""

UNHEEDED_TOLD_NS = 4_000_000_000

VERSION = 1
"""Column of the table of policies."""


class PolicyPanel(Panel):
    """Active policy on top; below it all policies with what may be wished, its confidence, the cards."""

    def __init__(self) -> None:
        super().__init__(title="Policy")
        self.phase = Field("doing", stretch=True)
        self.confidence = Field("confidence")
        self.inference = Field("inference")
        self.reason = ElidedLabel(name="muted")
        self.parts = ConfidenceView()
        self.card = CardView()
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.beside = RecordView(
            ("Beside it", "Active", "Shadow"), stretched=2, widest={0: "confidence", 1: "0.00 of 0.00"}, signs=False
        )
        self.beside.setAccessibleName("Active policy and shadow")
        self.beside.hide()
        self.table = RecordView(("Policy", "Version", "State"), stretched=0, widest={1: "Version", 2: "not available"})
        self.table.setAccessibleName("Policies")
        self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # names often differ in their ends
        self.table.chosen.connect(self._choose)
        self.swap_button = self._button("Swap", lambda name: SwapPolicy(name))
        self.back_button = self._button("Back", lambda name: SwapBack())
        self.try_button = self._button("Try again", lambda name: TryPolicy(name))
        self.shadow_button = self._button("Shadow", lambda name: SetShadow("" if self._wishes.ends_shadow else name))
        self.promote_button = self._button("Promote", lambda name: PromoteShadow())
        self.fallback_button = self._button(
            "Fallback", lambda name: SetFallback("" if self._wishes.ends_fallback else name)
        )
        self.return_button = self._button("Return", lambda name: ReturnFromFallback())
        self.why_not = Sentence()
        self._policy: PolicyState | None = None
        self._commandable = False
        self._wishes = PolicyWishes()
        self._now_ns = self._changed_ns = 0
        self._aimed = False
        """Whether the newest press met buttons that had been there for a while."""

        self._unheeded_ns = -UNHEEDED_TOLD_NS
        """When a press met others, which is said for a while."""

        self._arrange()

    def show_state(self, state: ConsoleState) -> None:
        """Active, candidate, why not."""
        self._commandable = state.may_command and state.current
        policy = state.policy
        self._show_numbers(state)
        if policy is not self._policy:
            self._show_entries(policy)
        self._policy = policy
        if state.cards and not self.card.chosen and policy is not None:
            self.card.show_cards(state.cards)
            self.card.choose(policy.active)
        self.card.show_cards(state.cards)
        self._show_swaps(state)
        before = self._wishes.places
        self._show_buttons()
        self._now_ns = state.now_ns
        if self._wishes.places != before:
            self._changed_ns = state.now_ns

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of the signs."""
        super().apply_theme(theme)
        for view in (self.table, self.beside, self.parts, self.card):
            view.apply_theme(theme)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Side by side where there is room, else one below the other."""
        super().resizeEvent(event)
        self._place_tables()

    def _place_tables(self) -> None:
        width, ways = self.width(), QBoxLayout.Direction
        across = width >= ACROSS_PX
        self._tables.setDirection(ways.LeftToRight if across else ways.TopToBottom)
        for place, stretch in enumerate((6, 5) if across else (1, 1)):
            self._tables.setStretch(place, stretch)
        self.table.setColumnHidden(VERSION, across and width < WIDE_PX and not self.beside.isHidden())

    def _button(self, words: str, wish: Callable[[str], Body]) -> QPushButton:
        """Emits a wish about the chosen policy."""
        button = QPushButton(words)

        def wished() -> None:
            if self._aimed:
                self.wished.emit(wish(self.table.selected))
            else:
                self._unheeded_ns = self._now_ns
            self.table.setFocus()  # as this button is disabled it would go on to a neighbour: Enter does another thing

        button.pressed.connect(self._note_press)
        button.clicked.connect(wished)
        return button

    def _note_press(self) -> None:
        self._aimed = self._now_ns - self._changed_ns >= SETTLED_S * 1e9

    def _choose(self, name: str) -> None:
        self.card.choose(name)
        self._show_buttons()

    def _arrange(self) -> None:
        numbers = QGridLayout()
        numbers.setHorizontalSpacing(12)
        for column, field in enumerate((self.phase, self.confidence, self.inference)):
            numbers.addWidget(field, 0, column)
        for column, stretch in enumerate((7, 10, 8)):
            numbers.setColumnStretch(column, stretch)
        foot = QHBoxLayout()
        foot.addWidget(self.why_not, 1)
        for button in (self.swap_button, self.back_button, self.try_button):
            foot.addWidget(button)
        roles = QHBoxLayout()
        roles.addStretch(1)
        for button in (self.shadow_button, self.promote_button, self.fallback_button, self.return_button):
            roles.addWidget(button)
        policies = QWidget()
        below = QVBoxLayout(policies)
        below.setContentsMargins(0, 4, 0, 0)
        below.setSpacing(4)
        self._tables = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._tables.addWidget(self.beside, 1)
        self._tables.addWidget(self.table, 1)
        below.addLayout(self._tables, 1)
        below.addLayout(foot)
        below.addLayout(roles)
        for table in (self.beside, self.table):
            table.setMinimumHeight(SMALLEST_PX)
        self.tabs.addTab(policies, "Policies")
        self.tabs.addTab(self.parts, "Confidence")
        self.tabs.addTab(self.card, "Card")
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.setSpacing(4)
        column.addLayout(numbers)
        column.addWidget(self.reason)
        column.addWidget(self.tabs, 1)

    def _show_numbers(self, state: ConsoleState) -> None:
        policy, confidence = policy_now(state), confidence_now(state)
        limit = 0.0 if policy is None or confidence is None else policy.confidence_limit
        below = " ▼" if confidence is not None and confidence < limit else ""
        self.confidence.say(
            "—" if confidence is None else f"{confidence:.2f}{below}",
            caption=f"confidence · limit {limit:.2f}" if limit > 0.0 else "confidence",
        )
        self.parts.show_policy(policy)
        if policy is None:
            silent = state.policy is not None and state.policy.inferences > 0
            age = f" · silent for {duration(state.age_s(state.inferred_ns))}" if silent else ""
            self.phase.say("—", caption=f"doing{age}")
            self.inference.say("—", caption="inference")
            self.reason.say("")
            return
        self.phase.say(policy.phase or policy.status.value, caption=f"doing · {policy.status.value}")
        late = f" · {policy.deadline_misses} late" if policy.deadline_misses else ""
        self.inference.say(
            f"{milliseconds(policy.inference_s)} ms", caption=f"of {policy.deadline_s * 1e3:.0f} ms{late}"
        )
        control = state.control
        stands_in = control is not None and control.mode is Mode.FALLBACK and bool(policy.stands_in_for)
        reason = control.mode_reason if control is not None and stands_in else policy.reason
        self.reason.say(reason)  # its line is kept where it is empty: the buttons below are not to move

    def _show_entries(self, policy: PolicyState | None) -> None:
        first = not self.table.rows
        self.table.show_rows(tuple(_row(entry, policy) for entry in policy.entries) if policy is not None else ())
        if policy is not None and first and self.table.rows and not self.table.selected:
            self.table.choose(first_choice(policy))
        lines = comparison(policy) if policy is not None else ()
        self.beside.show_rows(tuple(map(_beside_row, lines)))
        if bool(lines) is self.beside.isHidden():
            self.beside.setVisible(bool(lines))
            self._place_tables()

    def _show_swaps(self, state: ConsoleState) -> None:
        policy = state.policy
        if policy is None:
            self.why_not.setText("no policy has been heard of yet")
            return
        ago = duration(state.age_s(policy.last_swap_ns)) if policy.swaps and policy.last_swap_ns else ""
        words = f"{policy.swaps} {'swap' if policy.swaps == 1 else 'swaps'}, last {ago} ago" if ago else "no swap yet"
        if policy.swap_refusal:
            words = f"the newest swap was refused, {policy.active} goes on: {policy.swap_refusal}"
        if policy.stands_in_for:
            words = f"{policy.active} stands in for {policy.stands_in_for}"
        chosen = self._entry(self.table.selected)
        if chosen is not None and chosen.obstacle:
            words = f"{chosen.name} is in quarantine and cannot take over: {chosen.obstacle}"
        if policy.candidate:
            words = f"preparing {policy.candidate}: takes over at the next chunk border"
        if 0 <= state.now_ns - self._unheeded_ns < UNHEEDED_TOLD_NS:
            words = "the buttons had just changed, nothing was done: press again if it is still what you want"
        if words != self.why_not.text():
            self.why_not.setText(words)

    def _show_buttons(self) -> None:
        wishes = self._wishes = policy_wishes(self._policy, self.table.selected, commandable=self._commandable)
        for button, offer in (
            (self.swap_button, wishes.swap),
            (self.back_button, wishes.back),
            (self.try_button, wishes.try_again),
            (self.shadow_button, wishes.shadow),
            (self.promote_button, wishes.promote),
            (self.fallback_button, wishes.fallback),
            (self.return_button, wishes.come_back),
        ):
            button.setText(offer.words)
            button.setToolTip(offer.hint)
            set_usable(button, usable=offer.possible)
            button.setVisible(offer.shown)

    def _entry(self, name: str) -> PolicyEntry | None:
        return next((entry for entry in self._policy.entries if entry.name == name), None) if self._policy else None


def _row(entry: PolicyEntry, policy: PolicyState) -> Row:
    sign = state_sign(entry, policy)
    hint = "\n".join(filter(None, (f"{entry.name} {entry.version}", entry.label, entry.obstacle)))
    return Row(entry.name, (entry.name, entry.version, sign.text), sign, hint=hint)


def _beside_row(line: Line) -> Row:
    whole = f"{line.name}: {line.active or '—'} · shadow: {line.shadow}"
    return Row(line.name, (line.name, line.active, line.shadow), hint="\n".join(filter(None, (whole, line.hint))))
