"""A policy's card: what it is, its weaknesses, its figures with their reliability diagrams, what it was trained on."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QComboBox, QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from runtime.messages.card import Examination, PolicyCard
from twin_app.model.card import figures, headline
from twin_app.theme.tokens import LIGHT, Theme
from twin_app.widgets.reliability import ReliabilityDiagram

_LONG = re.compile(r"\S{40,}")
_EIGHT = re.compile(r".{1,8}")
WIDE_PX = 560
"""From here on a diagram has room beside its figures."""

NO_CARD = "No card of this policy has been heard of yet."


class Page(QScrollArea):
    """As high as its words need at its width: a resizable scroll area leaves holes under labels that wrap."""

    def fit(self) -> None:
        """Give the widget the height that goes with the width there is."""
        holder = self.widget()
        layout = None if holder is None else holder.layout()
        if holder is not None and layout is not None:
            width = self.viewport().width()
            holder.resize(width, max(layout.totalHeightForWidth(width), self.viewport().height()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width, another height."""
        super().resizeEvent(event)
        self.fit()


class CardView(QWidget):
    """Choose a policy above, read below; the keyboard scrolls it."""

    def __init__(self) -> None:
        super().__init__()
        self.theme: Theme = LIGHT
        self.choice = QComboBox()
        self.choice.setAccessibleName("Card of the policy")
        self.choice.activated.connect(lambda _: self._show_chosen())
        self.page = Page()
        self.page.setFrameShape(QFrame.Shape.NoFrame)
        self.page.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.page.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.page.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.page.setAccessibleName("Card")
        self.page.setMinimumHeight(56)
        self.diagrams: list[ReliabilityDiagram] = []
        self._pairs: list[QBoxLayout] = []
        self.text = ""
        """All of the card's words, as shown."""

        self._cards: Mapping[str, PolicyCard] = {}
        self._shown: PolicyCard | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.choice)
        column.addWidget(self.page, 1)
        self._lay_out(None)

    def show_cards(self, cards: Mapping[str, PolicyCard]) -> None:
        """The cards that are known; the one that is being read stays."""
        if cards is self._cards:
            return
        self._cards = cards
        names, chosen = sorted(cards), self.chosen
        if names != [self.choice.itemData(index) for index in range(self.choice.count())]:
            self.choice.clear()
            for name in names:
                self.choice.addItem(headline(cards[name]), name)
            self.choice.setCurrentIndex(max(0, names.index(chosen) if chosen in names else 0))
        for index, name in enumerate(names):
            if (words := headline(cards[name])) != self.choice.itemText(index):
                self.choice.setItemText(index, words)
        self._show_chosen()

    def choose(self, policy: str) -> None:
        """Turn to the card of a policy, if there is one."""
        index = self.choice.findData(policy)
        if index >= 0 and index != self.choice.currentIndex():
            self.choice.setCurrentIndex(index)
            self._show_chosen()

    @property
    def chosen(self) -> str:
        """The policy whose card is shown; empty when none is."""
        return self.choice.currentData() or ""

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of the diagrams."""
        self.theme = theme
        for diagram in self.diagrams:
            diagram.theme = theme
            diagram.update()

    def _show_chosen(self) -> None:
        card = self._cards.get(self.chosen)
        if card != self._shown or card is None:
            self._shown = card
            self._lay_out(card)

    def _lay_out(self, card: PolicyCard | None) -> None:
        holder = QWidget()
        holder.setObjectName("panel")
        column = QVBoxLayout(holder)
        column.setContentsMargins(2, 2, 8, 2)
        self.diagrams, self._pairs, self.text = [], [], ""
        self._add(column, NO_CARD if card is None else _opening(card))
        if card is not None:
            for one in card.examinations:
                self._add_examination(column, one)
            self._add(column, "".join(_table(section.title, section.rows) for section in card.sections))
        column.addStretch(1)
        self.page.setWidget(holder)  # the one before is deleted with it
        self.page.fit()
        self.page.verticalScrollBar().setValue(0)

    def _add_examination(self, column: QVBoxLayout, one: Examination) -> None:
        beside = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._add(beside, _table(one.name.capitalize(), figures(one)))
        if one.reliability:
            diagram = ReliabilityDiagram(one, theme=self.theme)
            self.diagrams.append(diagram)
            # aligned in both ways, else its width would be the pair's limit and its words be given the height for that
            beside.addWidget(diagram, 0, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        column.addLayout(beside)
        self._pairs.append(beside)
        self._turn(beside)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A diagram goes below its figures where there is no room beside them."""
        super().resizeEvent(event)
        for pair in self._pairs:
            self._turn(pair)
        self.page.fit()

    def _turn(self, pair: QBoxLayout) -> None:
        wide = self.width() >= WIDE_PX
        pair.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)
        pair.setStretch(0, int(wide))  # a label that is stretched downwards leaves a hole under its words

    def _add(self, place: QBoxLayout, words: str) -> None:
        if not words:
            return
        label = QLabel(words)
        label.setTextFormat(Qt.TextFormat.RichText)
        label.setWordWrap(True)
        label.setAlignment(Qt.AlignmentFlag.AlignTop)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        place.addWidget(label)
        self.text += words


def _opening(card: PolicyCard) -> str:
    trouble = f"<p><b>Its figures cannot be read:</b> {html.escape(card.trouble)}</p>" if card.trouble else ""
    items = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in card.weaknesses)
    weaknesses = f"<p><b>Known weaknesses</b></p><ul style='margin-left: -22px'>{items}</ul>" if items else ""
    return f"<p>{html.escape(card.what)}</p>{trouble}{weaknesses}"


def _table(title: str, rows: Iterable[tuple[str, str]]) -> str:
    body = "".join(
        f"<tr><td style='padding-right: 10px'>{html.escape(name)}</td><td>{_breakable(value)}</td></tr>"
        for name, value in rows
    )
    return f"<p><b>{html.escape(title)}</b></p><table>{body}</table>"


def _breakable(value: str) -> str:
    """A hash of 64 letters may be broken, so that it makes no panel wide."""
    return html.escape(_LONG.sub(lambda word: "\u200b".join(_EIGHT.findall(word[0])), value))
