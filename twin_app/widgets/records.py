"""A table of records that keeps selection and scroll position while its rows change under it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeView

from twin_app.model.wording import Sign, wrapped
from twin_app.theme.shapes import shape_icon
from twin_app.theme.tokens import LIGHT, Theme

Index = QModelIndex | QPersistentModelIndex

ICON_PX = 24
"""What the sign in front of the first column takes."""

PADDING_PX = 16


@dataclass(frozen=True, slots=True)
class Row:
    """One record: a stable key, the texts of its columns, and a sign in front."""

    key: str
    cells: tuple[str, ...]
    sign: Sign | None = None
    quiet: bool = False
    """Drawn in the muted colour: over and done with."""

    hint: str = ""


class RecordModel(QAbstractTableModel):
    """Rows for a view; changes in place are told as changes, so that nothing jumps."""

    def __init__(self, columns: Sequence[str]) -> None:
        super().__init__()
        self._columns = tuple(columns)
        self.rows: tuple[Row, ...] = ()
        self.theme: Theme = LIGHT

    def replace(self, rows: tuple[Row, ...]) -> None:
        """Show other rows; the same rows cost nothing."""
        if rows == self.rows:
            return
        if len(rows) == len(self.rows):
            self.rows = rows
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(self._columns) - 1))
            return
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """Rows of the table."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """Columns of the table."""
        return 0 if parent.isValid() else len(self._columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> object:
        """Titles of the columns."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._columns[section]
        return None

    def data(self, index: Index, role: int = 0) -> object:
        """Text, sign, colour and hint of a cell."""
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.cells[index.column()]
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 0 and row.sign:
            return shape_icon(row.sign.shape, self.theme.signs[row.sign.tone])
        if role == Qt.ItemDataRole.ForegroundRole and row.quiet:
            return QColor(self.theme.muted)
        if role == Qt.ItemDataRole.ToolTipRole:
            return wrapped(row.hint or row.cells[index.column()])
        return None


class RecordView(QTreeView):
    """The table. `chosen` carries the key of the selected row, empty when none is."""

    chosen = Signal(str)

    def __init__(
        self, columns: Sequence[str], *, stretched: int, widest: dict[int, str] | None = None, signs: bool = True
    ) -> None:
        """`widest`: by column, the longest text that must be seen whole, in whatever font; `signs`: rows have one."""
        self._widest = widest or {}
        self._sign_px = ICON_PX if signs else 0
        super().__init__()
        self._rows = RecordModel(columns)
        self._left = ""
        """What was selected when the rows went: it is again when they come back."""

        self.setModel(self._rows)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setItemsExpandable(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        header = self.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(24)
        for column in range(len(columns)):
            mode = QHeaderView.ResizeMode.Stretch if column == stretched else QHeaderView.ResizeMode.Interactive
            header.setSectionResizeMode(column, mode)
        self._fit()
        self.selectionModel().selectionChanged.connect(lambda *_: self.chosen.emit(self.selected))

    def changeEvent(self, event: QEvent) -> None:
        """Another font needs other widths."""
        super().changeEvent(event)
        if self.model() is not None and event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    def _fit(self) -> None:
        for column, text in self._widest.items():
            sign_px = self._sign_px if column == 0 else 0
            self.setColumnWidth(column, self.fontMetrics().horizontalAdvance(text) + sign_px + PADDING_PX)

    @property
    def rows(self) -> tuple[Row, ...]:
        """What it shows."""
        return self._rows.rows

    @property
    def selected(self) -> str:
        """Key of the selected row; empty when none is."""
        index = self.currentIndex()
        picked = self.selectionModel().isRowSelected(index.row(), QModelIndex()) if index.isValid() else False
        return self._rows.rows[index.row()].key if picked and index.row() < len(self._rows.rows) else ""

    def show_rows(self, rows: tuple[Row, ...]) -> None:
        """Show rows; the selected key stays selected where it still exists."""
        if rows == self._rows.rows:
            return
        key, before = self.selected if self.rows else self._left, [row.key for row in self.rows]
        self._left = "" if rows else key
        self._rows.replace(rows)
        if key and before != [row.key for row in rows]:
            self.choose(key)

    def choose(self, key: str) -> bool:
        """Select the row with this key; False, and nothing selected, when there is none."""
        for number, row in enumerate(self._rows.rows):
            if row.key == key:
                self.setCurrentIndex(self._rows.index(number, 0))
                return True
        self.clearSelection()
        self.chosen.emit("")
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The first arrow key selects the row that has the frame, also when it is the only one."""
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down) and self.rows and not self.selected:
            self.choose(self.rows[max(0, self.currentIndex().row())].key)
            return
        super().keyPressEvent(event)

    def apply_theme(self, theme: Theme) -> None:
        """Take a theme's colours."""
        self._rows.theme = theme
        self.viewport().update()
