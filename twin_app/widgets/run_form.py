"""What a run is started with: kind, policy, and what that kind needs."""

from __future__ import annotations

import os

from PySide6.QtCore import QElapsedTimer, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QPushButton, QSpinBox, QVBoxLayout, QWidget

from runtime.mistakes import UserMistake
from twin_app.model.run_wish import KINDS, SUITES, RunWish, checked
from twin_app.model.variations import STRENGTHS, VARIATIONS
from twin_app.widgets.sentence import Sentence

LONGEST = 400
NO_FALLBACK = "no fallback"
AGAIN_MS = 1_000
"""The same wish within this time is one press that came twice."""


class RunForm(QWidget):
    """Start emits a wish that holds; one that does not is answered below the line with field, value and limit."""

    started = Signal(object)
    """A `RunWish`."""

    def __init__(self) -> None:
        super().__init__()
        self.kind = _combo("Kind of run", KINDS)
        self.policy = _combo("Policy of the run", ())
        self.suite = _combo("Suite", tuple(SUITES))
        for index, words in enumerate(SUITES.values()):
            self.suite.setItemData(index, words, Qt.ItemDataRole.ToolTipRole)
        self.seeds = _line("Seeds", text=RunWish("evaluate", "").seeds)
        self.seeds.setToolTip("Seeds A:B, B not included; those of tests begin at 500000")
        self.variations = _line("Variations", hint="variations, e.g. light:weak")
        self.variations.setToolTip(
            f"Each NAME or NAME:STRENGTH, between spaces or commas; empty: the cell as it is.\n"
            f"Names: {', '.join(VARIATIONS)}.\n"
            f"Strengths: {', '.join(STRENGTHS)}, or a number from 0 to 1; medium where none is given."
        )
        self.fallback = _combo("Fallback of the run", (NO_FALLBACK,))
        self.fallback.setToolTip("Stands in when the examined policy declines, fails, is late, unsure or slow")
        self.models = _line("Models of the ablation", hint="folder of models; empty: where train puts them")
        self.models.setToolTip("Whole path of the folder that `celltwin train POLICY --ablations` has made")
        self.config = _line("Training configuration", hint="configuration file; empty: the shipped one")
        self.processes = QSpinBox()
        self.processes.setRange(1, max(1, os.cpu_count() or 1))
        self.processes.setSuffix(" at once")
        self.processes.setAccessibleName("Processes side by side")
        self.processes.setToolTip("Processes side by side; they give way to the cell")
        self.start_button = QPushButton("Start run")
        self.start_button.clicked.connect(self._start)
        self.trouble = Sentence(name="Why it cannot be started")
        self.trouble.hide()
        self._policies: tuple[tuple[str, bool], ...] = ()
        self._chosen: dict[str, str] = {}
        """The policy of each kind of run."""

        self._newest: RunWish | None = None
        self._since = QElapsedTimer()
        self._connect()
        self._arrange()
        self._show_kind()

    @property
    def wish(self) -> RunWish:
        """As it stands in the form."""
        return RunWish(
            kind=self.kind.currentText(),
            policy=self.policy.currentText(),
            suite=self.suite.currentText(),
            seeds=self.seeds.text().strip(),
            config=self.config.text().strip(),
            processes=self.processes.value(),
            variations=self.variations.text().strip(),
            fallback=self.fallback.currentText() if self.fallback.currentIndex() > 0 else "",
            models=self.models.text().strip() if self._ablating else "",
        )

    @property
    def _ablating(self) -> bool:
        return self.kind.currentText() == "evaluate" and self.suite.currentText() == "ablation"

    def show_policies(self, policies: tuple[tuple[str, bool], ...]) -> None:
        """Names, and whether each can be trained."""
        if policies != self._policies:
            self._policies = policies
            self._show_kind()

    def say(self, trouble: str) -> None:
        """Why the newest wish came to nothing; empty takes it away."""
        self.trouble.setText(trouble)
        self.trouble.setVisible(bool(trouble))

    def _connect(self) -> None:
        for box in (self.policy, self.fallback):
            box.activated.connect(lambda _: self.say(""))
        self.policy.currentTextChanged.connect(self._remember)
        self.kind.currentTextChanged.connect(lambda _: self._show_kind())
        self.suite.currentTextChanged.connect(lambda _: self._show_kind())
        for line in (self.seeds, self.variations, self.models, self.config):
            line.textEdited.connect(lambda _: self.say(""))
            line.returnPressed.connect(self._start)

    def _arrange(self) -> None:
        first, second, third = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        for widget in (self.kind, self.policy, self.suite):
            first.addWidget(widget, 1)
        for widget in (self.variations, self.fallback):
            second.addWidget(widget, 1)
        for widget in (self.seeds, self.config):
            third.addWidget(widget, 1)
        third.addWidget(self.processes)
        third.addWidget(self.start_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(first)
        column.addLayout(second)
        column.addWidget(self.models)
        column.addLayout(third)
        column.addWidget(self.trouble)

    def _show_kind(self) -> None:
        training = self.kind.currentText() == "train"
        for widget in (self.suite, self.seeds, self.variations, self.fallback):
            widget.setVisible(not training)
        self.models.setVisible(self._ablating)
        self.config.setVisible(training)
        names = [name for name, trained in self._policies if trained or not training]
        gone = self._offer_policies(names), self._offer_fallbacks()
        self.start_button.setEnabled(bool(names))
        self.start_button.setToolTip("" if names else "No cell has told yet which policies there are")
        self.say("\n".join(filter(None, gone)))

    def _remember(self, policy: str) -> None:
        self._chosen[self.kind.currentText()] = policy

    def _offer_policies(self, names: list[str]) -> str:
        """Returns what is to be said of it: a choice that cannot stay."""
        kind, before = self.kind.currentText(), self.policy.currentText()
        known = self._chosen.get(kind, "")
        stays = _offer(self.policy, names, wanted=known or before)
        if not names:
            return ""
        now = self._chosen[kind] = self.policy.currentText()
        return "" if stays or not known else f"policy {known} is there no more: {now} is chosen instead"

    def _offer_fallbacks(self) -> str:
        before = self.fallback.currentText()
        stays = _offer(self.fallback, [NO_FALLBACK, *(name for name, _ in self._policies)], wanted=before)
        return "" if stays else f"fallback {before} is there no more: none is chosen"

    def _start(self) -> None:
        try:
            wish = checked(self.wish)
        except UserMistake as mistake:
            self.say(str(mistake))
            return
        if wish == self._newest and self._since.elapsed() < AGAIN_MS:
            return
        self._newest = wish
        self._since.start()
        self.say("")
        self.started.emit(wish)


class _Line(QLineEdit):
    """Enter acts once, however long it is held."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """All other keys repeat."""
        if not (event.isAutoRepeat() and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)):
            super().keyPressEvent(event)


def _offer(box: QComboBox, words: list[str], *, wanted: str) -> bool:
    """Choose what is wanted, the first where that is not there; returns whether it is. Emits nothing."""
    with QSignalBlocker(box):
        if words != [box.itemText(index) for index in range(box.count())]:
            box.clear()
            box.addItems(words)
        box.setCurrentIndex(words.index(wanted) if wanted in words else min(0, len(words) - 1))
    return wanted in words


def _line(name: str, *, text: str = "", hint: str = "") -> QLineEdit:
    line = _Line(text)
    line.setMaxLength(LONGEST)
    line.setAccessibleName(name)
    line.setPlaceholderText(hint)
    return line


def _combo(name: str, words: tuple[str, ...]) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.addItems(list(words))
    return box
