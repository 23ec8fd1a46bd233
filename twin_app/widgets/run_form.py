"""What a run is started with: kind, policy, and what that kind needs."""

from __future__ import annotations

import os

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QPushButton, QSpinBox, QVBoxLayout, QWidget

from runtime.mistakes import UserMistake
from twin_app.model.run_wish import KINDS, SUITES, RunWish, checked

LONGEST = 400


class RunForm(QWidget):
    """Start emits a wish that holds; one that does not is answered below the line with field, value and limit."""

    started = Signal(object)
    """A `RunWish`."""

    def __init__(self) -> None:
        super().__init__()
        self.kind = _combo("Kind of run", KINDS)
        self.policy = _combo("Policy of the run", ())
        self.suite = _combo("Suite", SUITES)
        self.seeds = QLineEdit(RunWish("evaluate", "").seeds)
        self.seeds.setMaxLength(LONGEST)
        self.seeds.setAccessibleName("Seeds")
        self.seeds.setToolTip("Seeds A:B, B not included; those of tests begin at 500000")
        self.config = QLineEdit()
        self.config.setMaxLength(LONGEST)
        self.config.setAccessibleName("Training configuration")
        self.config.setPlaceholderText("configuration file; empty: the shipped one")
        self.processes = QSpinBox()
        self.processes.setRange(1, max(1, os.cpu_count() or 1))
        self.processes.setSuffix(" at once")
        self.processes.setAccessibleName("Processes side by side")
        self.processes.setToolTip("Processes side by side; they give way to the cell")
        self.start_button = QPushButton("Start run")
        self.start_button.clicked.connect(self._start)
        self.trouble = QLabel()
        self.trouble.setAccessibleName("Why it cannot be started")
        self.trouble.setWordWrap(True)
        self.trouble.hide()
        self._policies: tuple[tuple[str, bool], ...] = ()
        self.kind.currentTextChanged.connect(lambda _: self._show_kind())
        for line in (self.seeds, self.config):
            line.textEdited.connect(lambda _: self.say(""))
            line.returnPressed.connect(self._start)
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
        )

    def show_policies(self, policies: tuple[tuple[str, bool], ...]) -> None:
        """Names, and whether each can be trained."""
        if policies != self._policies:
            self._policies = policies
            self._show_kind()

    def say(self, trouble: str) -> None:
        """Why the newest wish came to nothing; empty takes it away."""
        self.trouble.setText(trouble)
        self.trouble.setVisible(bool(trouble))

    def _arrange(self) -> None:
        first, second = QHBoxLayout(), QHBoxLayout()
        for widget in (self.kind, self.policy, self.suite):
            first.addWidget(widget, 1)
        for widget in (self.seeds, self.config):
            second.addWidget(widget, 1)
        second.addWidget(self.processes)
        second.addWidget(self.start_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(first)
        column.addLayout(second)
        column.addWidget(self.trouble)

    def _show_kind(self) -> None:
        training = self.kind.currentText() == "train"
        self.suite.setVisible(not training)
        self.seeds.setVisible(not training)
        self.config.setVisible(training)
        names = [name for name, trained in self._policies if trained or not training]
        if names != [self.policy.itemText(index) for index in range(self.policy.count())]:
            before = self.policy.currentText()
            self.policy.clear()
            self.policy.addItems(names)
            self.policy.setCurrentIndex(max(0, names.index(before) if before in names else 0))
        self.start_button.setEnabled(bool(names))
        self.start_button.setToolTip("" if names else "No cell has told yet which policies there are")
        self.say("")

    def _start(self) -> None:
        try:
            wish = checked(self.wish)
        except UserMistake as mistake:
            self.say(str(mistake))
            return
        self.say("")
        self.started.emit(wish)


def _combo(name: str, words: tuple[str, ...]) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.addItems(list(words))
    return box
