"""The catalogue of faults: find one, read what it will do, switch it on, see what it did, clear it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from runtime.messages.faults import FaultKind, FaultPhase, FaultReport, FaultSeverity, FaultState, Layer
from runtime.messages.requests import ClearFaults, InjectFault
from twin_app.model.fault_effects import effect_words, measured_words
from twin_app.model.state import ConsoleState
from twin_app.model.wording import FAULT_PHASES, duration
from twin_app.theme.tokens import Theme
from twin_app.widgets.field import WrappedLabel
from twin_app.widgets.panel import Panel
from twin_app.widgets.records import RecordView, Row
from twin_app.widgets.sentence import Sentence

OVER = (FaultPhase.CLEARED, FaultPhase.NOT_CLEARED)
MISSED = (FaultPhase.NOT_EFFECTIVE, *OVER)
"""An effect that has not shown so far will not be waited for any longer."""

EVERY_LAYER = "all layers"


class FaultsPanel(Panel):
    """Catalogue above, injections of this session with their phases and times below."""

    def __init__(self) -> None:
        super().__init__(title="Faults")
        self.search = QLineEdit()
        self.search.setPlaceholderText("search: friction, F26, camera …")
        self.search.setAccessibleName("Search faults")
        self.search.setClearButtonEnabled(True)
        self.layer = QComboBox()
        self.layer.addItems([EVERY_LAYER, *(layer.value for layer in Layer)])
        self.catalogue = RecordView(("Id", "Fault", "Layer"), stretched=1, widest={0: "F00", 2: "integration"})
        self.catalogue.setAccessibleName("Fault catalogue")
        self.sentence = Sentence("Choose a fault to read what it will do.")
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.severity = QComboBox()
        self.severity.addItems([severity.value for severity in FaultSeverity])
        self.severity.setAccessibleName("Severity")
        self.onset = _seconds("in ", 600.0)
        self.lasting = _seconds("for ", 3600.0)
        self.lasting.setSpecialValueText("until cleared")
        self.inject_button = QPushButton("Inject")
        widest = {0: "F00 medium", 1: "not effective"}
        self.injections = RecordView(("Injection", "Phase", "Measured"), stretched=2, widest=widest)
        self.injections.setAccessibleName("Injections")
        self.story = WrappedLabel("Nothing was injected yet.", lines=3)
        self.clear_button = QPushButton("Clear")
        self.clear_all_button = QPushButton("Clear all")
        self._faults: FaultState | None = None
        self._awaited = ""
        """The fault that was injected here and has not appeared among the injections yet."""

        self._commandable = False
        self._simulated = False
        self._arrange()
        self._connect()

    def show_state(self, state: ConsoleState) -> None:
        """Catalogue, injections, and whether faults are possible here at all."""
        self._commandable = state.may_command and state.current
        self._simulated = state.cell is not None and state.cell.simulated
        changed = state.faults is not self._faults
        self._faults = state.faults
        if changed:
            self._show_catalogue()
            self._show_injections(state.faults.injections if state.faults else ())
        self._show_buttons()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of the signs."""
        super().apply_theme(theme)
        self.catalogue.apply_theme(theme)
        self.injections.apply_theme(theme)

    def _arrange(self) -> None:
        find = QHBoxLayout()
        find.addWidget(self.search, 1)
        find.addWidget(self.layer)
        grid = QGridLayout()
        grid.setSpacing(5)
        for column, widget in enumerate((self.severity, self.onset, self.lasting, self.inject_button)):
            grid.addWidget(widget, 0, column)
        grid.setColumnStretch(2, 1)
        upper = _column(find, self.catalogue, self.sentence, grid)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.clear_button)
        foot.addWidget(self.clear_all_button)
        lower = _column(self.injections, self.story, foot)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(upper)
        split.addWidget(lower)
        split.setChildrenCollapsible(False)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.addWidget(split)

    def _connect(self) -> None:
        self.search.textChanged.connect(self._show_catalogue)
        self.layer.currentTextChanged.connect(self._show_catalogue)
        self.severity.currentTextChanged.connect(self._show_sentence)
        self.catalogue.chosen.connect(lambda _: self._show_sentence())
        self.injections.chosen.connect(lambda _: self._show_buttons())
        self.inject_button.clicked.connect(self._inject)
        self.clear_button.clicked.connect(self._clear)
        self.clear_all_button.clicked.connect(lambda: self.wished.emit(ClearFaults()))

    def _show_catalogue(self) -> None:
        words = self.search.text().lower().split()
        layer = self.layer.currentText()
        kinds = self._faults.catalogue if self._faults else ()
        found = [kind for kind in kinds if _matches(kind, words) and layer in (EVERY_LAYER, kind.layer.value)]
        rows = tuple(
            Row(kind.fault_id, (kind.fault_id, kind.name, kind.layer.value), hint=kind.sentence) for kind in found
        )
        self.catalogue.show_rows(rows)
        if rows and not self.catalogue.selected:
            self.catalogue.choose(rows[0].key)
        self._show_sentence()

    def _show_injections(self, reports: tuple[FaultReport, ...]) -> None:
        """All of them; the one that was just injected here is chosen, so that Clear means it."""
        known = {row.key for row in self.injections.rows}
        self.injections.show_rows(tuple(_injection_row(report) for report in reports))
        new = [str(report.injection_id) for report in reports if report.fault_id == self._awaited]
        key = next((key for key in new if key not in known), "")
        if key:
            self._awaited = ""
            self.injections.choose(key)

    def _show_sentence(self) -> None:
        kind = self._chosen()
        if kind is None:
            self.sentence.setText("No fault matches." if self.search.text() else "No catalogue has been heard of yet.")
            return
        step = list(FaultSeverity).index(FaultSeverity(self.severity.currentText()))
        values = ", ".join(
            f"{name} {numbers[step]:g}" for name, numbers in kind.parameters.items() if len(numbers) > step
        )
        text = f"{kind.sentence} ({values})" if values else kind.sentence
        self.sentence.setText(f"{text}\nConfirmed by: {kind.effect}.\nExpected: {kind.expected_reaction}.")

    def _show_buttons(self) -> None:
        possible = self._commandable and self._simulated
        active = [report for report in (self._faults.injections if self._faults else ()) if report.phase not in OVER]
        self.inject_button.setEnabled(possible and self._chosen() is not None)
        why = "" if self._simulated else "Faults are possible on a simulated cell only."
        self.inject_button.setToolTip(why)
        chosen = self._report(self.injections.selected)
        told = chosen or (self._faults.injections[0] if self._faults and self._faults.injections else None)
        self.story.say(_story(told) if told else "Nothing was injected yet.")
        self.clear_button.setEnabled(possible and chosen is not None and chosen.phase not in OVER)
        self.clear_all_button.setEnabled(possible and bool(active))

    def _chosen(self) -> FaultKind | None:
        key = self.catalogue.selected
        return next((kind for kind in self._faults.catalogue if kind.fault_id == key), None) if self._faults else None

    def _report(self, key: str) -> FaultReport | None:
        reports = self._faults.injections if self._faults else ()
        return next((report for report in reports if str(report.injection_id) == key), None)

    def _inject(self) -> None:
        kind = self._chosen()
        if kind is not None:
            severity = FaultSeverity(self.severity.currentText())
            onset_s, lasting_s = self.onset.value(), self.lasting.value()
            self._awaited = kind.fault_id
            self.wished.emit(InjectFault(kind.fault_id, severity, delay_s=onset_s, duration_s=lasting_s))

    def _clear(self) -> None:
        report = self._report(self.injections.selected)
        if report is not None:
            self.wished.emit(ClearFaults(fault_id=report.fault_id))


def _matches(kind: FaultKind, words: list[str]) -> bool:
    text = f"{kind.fault_id} {kind.name} {kind.layer.value} {kind.seam} {kind.sentence} {kind.effect}".lower()
    return all(word in text for word in words)


def _injection_row(report: FaultReport) -> Row:
    sign = FAULT_PHASES[report.phase]
    measured = measured_words(report)
    name = f"{report.fault_id} {report.severity.value}"
    over = report.phase in OVER
    return Row(str(report.injection_id), (name, sign.text, measured), sign, quiet=over, hint=_story(report))


def _story(report: FaultReport) -> str:
    """One injection in words: its phases with their times, then what was measured."""
    steps = ["injected" if report.injected_ns else "sent, waiting for its seam"]
    if report.effective_ns:
        steps.append(f"effective after {duration((report.effective_ns - report.injected_ns) * 1e-9)}")
    elif report.injected_ns and not report.obstacle:
        steps.append("no effect measured" if report.phase in MISSED else "effect not measured yet")
    if report.cleared_ns:
        steps.append(f"cleared after {duration((report.cleared_ns - report.injected_ns) * 1e-9)}")
    before = effect_words(report.effect_before, name=report.effect_name, unit=report.unit)
    effect = f"{report.effect_name}: {before} before, {measured_words(report)}"
    return f"{report.fault_id} {report.severity.value}: {' → '.join(steps)}\n{effect}"


def _seconds(prefix: str, most_s: float) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setRange(0.0, most_s)
    box.setDecimals(0)
    box.setPrefix(prefix)
    box.setSuffix(" s")
    return box


def _column(*parts: QWidget | QHBoxLayout | QGridLayout) -> QWidget:
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(5)
    for part in parts:
        if isinstance(part, QWidget):
            column.addWidget(part, 1 if isinstance(part, RecordView) else 0)
        else:
            column.addLayout(part)
    return holder
