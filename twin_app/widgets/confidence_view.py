"""The parts of a confidence: each signal with its value and how far it pulls, the worst one marked."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from runtime.messages.policy import PolicyState
from twin_app.model.confidence import Part, Ranking, confidence_words
from twin_app.model.wording import Shape, Sign, Tone
from twin_app.theme.tokens import Theme
from twin_app.widgets.records import RecordView, Row
from twin_app.widgets.sentence import Sentence

WORST = Sign("pulls down most", Shape.TRIANGLE, Tone.NORMAL)
OTHER = Sign("", Shape.RING, Tone.MUTED)


class ConfidenceView(QWidget):
    """A sentence above, the table below."""

    def __init__(self) -> None:
        super().__init__()
        self._ranking = Ranking()
        self.sentence = Sentence(name="Confidence in words")
        self.table = RecordView(("Signal", "Value", "Pull"), stretched=0, widest={1: "00.000 mm", 2: "+0.0 ▼▼▼▼▼"})
        self.table.setAccessibleName("Parts of the confidence")
        self.table.setMinimumHeight(56)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.sentence)
        column.addWidget(self.table, 1)

    def show_policy(self, policy: PolicyState | None) -> None:
        """What the active policy says now; None: it is silent, and nothing old is shown as if it held."""
        words = confidence_words(policy)
        if words != self.sentence.text():
            self.sentence.setText(words)
        self.table.show_rows(() if policy is None else tuple(_row(part) for part in self._ranking.of(policy)))

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of the signs."""
        self.table.apply_theme(theme)


def _row(part: Part) -> Row:
    hint = (
        f"{part.name} {part.value}. Pull: what it adds to the confidence, on the policy's own scale (logarithmic); "
        "▼ lowers it, 0.0 takes no part."
    )
    return Row(part.name, (part.name, part.value, part.pull or "not told"), WORST if part.worst else OTHER, hint=hint)
