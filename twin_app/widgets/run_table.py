"""A table of examinations, as rows to read and as a picture; the row under way stands at its end."""

from __future__ import annotations

from PySide6.QtWidgets import QTabWidget

from twin_app.model.run_table import TableRow
from twin_app.model.runs import UNDER_WAY, Run
from twin_app.theme.tokens import Theme
from twin_app.widgets.records import RecordView, Row
from twin_app.widgets.success_plot import SuccessPlot

COLUMNS = ("Row", "Success", "95 %", "ECE", "AUROC", "Otherwise")
WIDEST = {0: "occlusion:me", 1: "99 of 100", 2: "90–100 %", 3: "0.999", 4: "AUROC"}
"""The first column has room for a sign besides, which only the row under way has: a longer name fits without."""


class RunTable(QTabWidget):
    """Two tabs: table and picture."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Rows of the run")
        self.table = RecordView(COLUMNS, stretched=len(COLUMNS) - 1, widest=WIDEST)
        self.table.setAccessibleName("Figures of each row")
        self.table.header().setMinimumSectionSize(8)
        self.setDocumentMode(True)
        self.plot = SuccessPlot()
        self.addTab(self.table, "Table")
        self.addTab(self.plot, "Picture")

    def show_run(self, run: Run) -> None:
        """Its rows as they are now."""
        rows = run.rows
        self.table.show_rows((*map(_row, rows), *_under_way(run)))
        self.plot.show_rows(rows)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of signs and points."""
        self.table.apply_theme(theme)
        self.plot.theme = theme
        self.plot.update()


def _row(row: TableRow) -> Row:
    name = row.name.replace("_", " ")
    low, high = row.interval95
    interval = f"{100 * low:.0f}–{100 * high:.0f} %"
    cells = (name, row.tally, interval, _figure(row.ece), _figure(row.auroc), row.otherwise)
    early = f"AUROC by the first seconds {_figure(row.auroc_early)}"
    hint = f"{name}: {row.tally} succeeded, 95 % interval {row.interval}\n{row.otherwise or 'nothing else'}\n{early}"
    return Row(row.name, cells, hint=hint)


def _under_way(run: Run) -> tuple[Row, ...]:
    """The row that is being examined; none once it is finished."""
    row = run.progress.row
    if row is None or run.state not in UNDER_WAY or row.name in run.progress.rows:
        return ()
    right = sum(good for _, good in run.progress.verdicts.values())
    tally = f"{right} of {len(run.progress.verdicts)}" if run.progress.verdicts else ""
    cells = (row.name.replace("_", " "), tally, "", "", "", f"row {row.number} of {row.of}")
    return (Row(row.name, cells, run.sign, quiet=True, hint=f"{row.words}: {tally or 'nothing yet'}"),)


def _figure(value: float | None) -> str:
    return "—" if value is None else f"{value:.3f}"
