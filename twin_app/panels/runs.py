"""Training and evaluation: start one, see how far it is, cancel it, go on with it, read what came of it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPlainTextEdit, QProgressBar, QPushButton, QVBoxLayout

from twin_app.model.loss_curves import LossCurves
from twin_app.model.runs import RESUMABLE, UNDER_WAY, Run, RunBook, RunState, outcome_rows
from twin_app.model.state import ConsoleState
from twin_app.theme.tokens import Theme
from twin_app.widgets.buttons import set_usable
from twin_app.widgets.curves_plot import CurvesPlot
from twin_app.widgets.field import WrappedLabel
from twin_app.widgets.panel import Panel
from twin_app.widgets.records import RecordView, Row
from twin_app.widgets.run_form import RunForm
from twin_app.widgets.run_table import RunTable

NEWEST = "newest stage"
WIDEST = {0: "programmed · nominal", 1: "200000:200100"}


class RunsPanel(Panel):
    """Form above, all runs below it, the chosen one at the bottom. It asks; the book tells what became of it."""

    start_wished = Signal(object)
    """A `RunWish`."""

    cancel_wished = Signal(str)
    resume_wished = Signal(str)

    def __init__(self, book: RunBook, curves_of: Callable[[str], LossCurves]) -> None:
        """`curves_of`: the loss curves of a run, as far as it is."""
        super().__init__(title="Runs")
        self._book = book
        self._curves_of = curves_of
        self.form = RunForm()
        self.form.started.connect(self.start_wished.emit)
        self.table = RecordView(("Run", "Seeds", "How far, what came of it"), stretched=2, widest=WIDEST)
        self.table.setAccessibleName("Runs")
        self.table.chosen.connect(lambda _: self._show_chosen())
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(10)
        self.words = WrappedLabel(lines=2)
        self.figures = RecordView(("Figure", "Value"), stretched=1, widest={0: "declined rightly"})
        self.figures.setAccessibleName("Figures of the run")
        self.rows = RunTable()
        self.said = QPlainTextEdit()
        self.said.setReadOnly(True)
        self.said.setTabChangesFocus(True)
        self.said.setAccessibleName("What the run has said")
        self.stage = QComboBox()
        self.stage.setAccessibleName("Stage of the loss curves")
        self.stage.activated.connect(lambda _: self._show_chosen())
        self.plot = CurvesPlot()
        self.cancel_button = QPushButton("Cancel run")
        self.cancel_button.setToolTip("End it; what it has done is kept")
        self.cancel_button.clicked.connect(lambda: self.cancel_wished.emit(self.table.selected))
        self.resume_button = QPushButton("Go on")
        self.resume_button.setToolTip("Go on where it was interrupted")
        self.resume_button.clicked.connect(lambda: self.resume_wished.emit(self.table.selected))
        self._newest = ""
        self._said = ""
        self._arrange()
        self._show_chosen()

    def show_state(self, state: ConsoleState) -> None:
        """The book as it is now; of the cell only which policies there are."""
        self.form.show_policies(tuple((card.policy, card.trained) for card in state.cards.values()))
        rows = tuple(_row(run) for run in self._book.runs)
        self.table.show_rows(rows)
        newest = self._book.runs[0].run_id if self._book.runs else ""
        if newest != self._newest:
            self._newest = newest
            self.table.choose(newest)
        self._show_chosen()

    def say(self, trouble: str) -> None:
        """Why a run could not be started."""
        self.form.say(trouble)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of signs and curves."""
        super().apply_theme(theme)
        self.table.apply_theme(theme)
        self.figures.apply_theme(theme)
        self.rows.apply_theme(theme)
        self.plot.theme = theme
        self.plot.update()

    def _arrange(self) -> None:
        foot = QHBoxLayout()
        foot.addWidget(self.stage)
        foot.addStretch(1)
        foot.addWidget(self.resume_button)
        foot.addWidget(self.cancel_button)
        self.nothing = QLabel("Nothing was started yet.")
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.setSpacing(5)
        column.addWidget(self.form)
        column.addWidget(self.table, 2)
        column.addWidget(self.nothing)
        column.addWidget(self.bar)
        column.addWidget(self.words)
        column.addWidget(self.said, 3)
        column.addWidget(self.figures, 3)
        column.addWidget(self.rows, 5)
        column.addWidget(self.plot, 3)
        column.addLayout(foot)

    def _show_chosen(self) -> None:
        run = self._book.find(self.table.selected)
        training = run is not None and run.wish.kind == "train"
        self.nothing.setVisible(not self._book.runs)
        self.bar.setVisible(run is not None and run.state in UNDER_WAY)
        self.words.setVisible(run is not None)
        self.plot.setVisible(training)
        self.stage.setVisible(training)
        tabled = run is not None and (run.progress.row is not None or bool(run.rows))
        self.rows.setVisible(tabled)
        rows = () if run is None or training or tabled else tuple(_figures(run))
        self.figures.setVisible(bool(rows))
        self.figures.show_rows(rows)
        self._show_said(run.progress.words if run is not None and run.state is RunState.FAILED else "")
        set_usable(self.cancel_button, usable=run is not None and run.state is RunState.RUNNING)
        set_usable(self.resume_button, usable=run is not None and run.state in RESUMABLE)
        if run is None:
            return
        self.bar.setValue(round(1000 * run.progress.share))
        self.words.say(_words(run))
        if tabled:
            self.rows.show_run(run)
        if training:
            self._show_curves(run)

    def _show_said(self, words: str) -> None:
        """Why it failed, in its own words; whoever marks some of them to copy keeps the mark."""
        self.said.setVisible(bool(words))
        if words != self._said:
            self._said = words
            self.said.setPlainText(words)
            self.said.moveCursor(QTextCursor.MoveOperation.End)

    def _show_curves(self, run: Run) -> None:
        curves = self._curves_of(run.run_id)
        stages = curves.stages
        names = [NEWEST, *stages]
        if names != [self.stage.itemText(index) for index in range(self.stage.count())]:
            chosen = self.stage.currentText()
            self.stage.clear()
            self.stage.addItems(names)
            self.stage.setCurrentIndex(names.index(chosen) if chosen in names else 0)
        wanted = self.stage.currentText()
        name = wanted if wanted in stages else next(reversed(stages), "")
        self.plot.show_curves(stages.get(name, {}), astray=curves.astray(name))


def _row(run: Run) -> Row:
    seeds = "" if run.wish.kind == "train" else run.wish.seeds
    told = run.result if run.state is RunState.DONE else f"{run.sign.text}: {run.result}"
    over = run.state is RunState.CANCELLED
    hint = f"{run.wish.words}\n{run.sign.text}: {run.result}\n{run.run_id}"
    return Row(run.run_id, (run.wish.name, seeds, told), run.sign, quiet=over, hint=hint)


def _words(run: Run) -> str:
    if run.state is RunState.DONE:
        return f"{run.result}\n{run.wish.words}"
    return "\n".join(filter(None, (run.standing, run.progress.tally)))


def _figures(run: Run) -> list[Row]:
    """Of an evaluation that is done all figures; of one that goes on its newest verdicts."""
    if run.state is RunState.DONE:
        return [Row(name, (name, value)) for name, value in outcome_rows(run.outcome)]
    told = list(run.progress.verdicts.items())[-12:]
    return [Row(str(seed), (f"seed {seed}", verdict.replace("_", " "))) for seed, (verdict, _) in reversed(told)]
