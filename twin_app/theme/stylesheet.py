"""A theme as Qt understands it: palette, style sheet and font."""

from __future__ import annotations

from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

from twin_app.theme.tokens import Theme

FAMILIES = ["Inter", "Noto Sans", "Liberation Sans", "DejaVu Sans"]


def font_of(points: int) -> QFont:
    """The console's type at a size in points; digits of equal width where the font has them."""
    font = QFont(FAMILIES)
    font.setPointSize(points)
    return font


def palette_of(theme: Theme) -> QPalette:
    """Colours for what a style sheet does not reach."""
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: theme.panel,
        QPalette.ColorRole.WindowText: theme.text,
        QPalette.ColorRole.Base: theme.field,
        QPalette.ColorRole.AlternateBase: theme.panel,
        QPalette.ColorRole.Text: theme.text,
        QPalette.ColorRole.Button: theme.button,
        QPalette.ColorRole.ButtonText: theme.text,
        QPalette.ColorRole.PlaceholderText: theme.muted,
        QPalette.ColorRole.Highlight: theme.selection,
        QPalette.ColorRole.HighlightedText: theme.text,
        QPalette.ColorRole.ToolTipBase: theme.field,
        QPalette.ColorRole.ToolTipText: theme.text,
        QPalette.ColorRole.Mid: theme.border,
    }
    for role, name in roles.items():
        palette.setColor(role, QColor(name))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.muted))
    return palette


def dress(application: QApplication, theme: Theme, *, font_pt: int) -> None:
    """Put a theme on the whole application. Cheap before widgets exist, about 0.3 s afterwards: each is polished."""
    sheet = sheet_of(theme, font_pt=font_pt)
    if application.styleSheet() == sheet:
        return
    if application.style().name().lower() != "fusion":
        application.setStyle("Fusion")
    application.setFont(font_of(font_pt))
    application.setPalette(palette_of(theme))
    application.setStyleSheet(sheet)


def sheet_of(theme: Theme, *, font_pt: int) -> str:
    """The style sheet; sizes in points follow the chosen type size."""
    return _SHEET.format(**vars_of(theme), pt=font_pt, big=font_pt + 1)


def vars_of(theme: Theme) -> dict[str, str]:
    """The theme's colours by name."""
    names = theme.__dataclass_fields__
    return {name: getattr(theme, name) for name in names if isinstance(getattr(theme, name), str)}


_SHEET = """
* {{ font-size: {pt}pt; color: {text}; }}
QMainWindow, QMainWindow::separator {{ background: {ground}; }}
QMainWindow::separator {{ width: 6px; height: 6px; }}
QMainWindow::separator:hover {{ background: {focus}; }}
QWidget#panel {{ background: {panel}; }}
QWidget#bar, QWidget#line {{ background: {ground}; }}
QWidget#strip {{ background: {panel}; border-top: 1px solid {border}; }}
QDockWidget {{ font-weight: 600; }}
QLabel#caption {{ color: {muted}; }}
QLabel#value {{ font-size: {big}pt; font-weight: 600; }}
QLabel#value:disabled {{ color: {muted}; }}
QLabel#stale, QLabel#muted {{ color: {muted}; }}
QLabel#heading {{ font-weight: 600; }}
QPushButton, QToolButton {{ background: {button}; border: 1px solid {border}; border-radius: 3px;
  padding: 3px 10px; min-height: 22px; }}
QPushButton:hover, QToolButton:hover {{ background: {button_hover}; }}
QPushButton:pressed, QToolButton:pressed {{ background: {border}; }}
QPushButton:checked, QToolButton:checked {{ background: {field}; border: 1px solid {text};
  border-bottom: 4px solid {text}; }}
QPushButton:disabled, QToolButton:disabled {{ color: {muted}; background: {panel};
  border: 1px dashed {border}; }}
QPushButton:focus, QToolButton:focus, QLineEdit:focus, QAbstractItemView:focus {{ border: 2px solid {focus}; }}
QToolButton::menu-indicator {{ image: none; }}
QPushButton#reset {{ background: {reset}; color: {reset_text}; font-weight: 600; border: 1px solid {reset}; }}
QPushButton#reset:disabled {{ background: {panel}; color: {muted}; border: 1px dashed {border}; }}
QPushButton#reset:focus {{ border: 3px solid {text}; }}
QLineEdit {{ background: {field}; border: 1px solid {border}; border-radius: 3px; padding: 3px 6px;
  min-height: 22px; selection-background-color: {selection}; }}
QTreeView, QListView, QTextEdit, QPlainTextEdit {{ background: {field}; border: 1px solid {border};
  selection-background-color: {selection}; selection-color: {text}; alternate-background-color: {field}; }}
QTreeView::item, QListView::item {{ padding: 2px 2px; min-height: 22px; }}
QTreeView::item:selected, QListView::item:selected {{ background: {selection}; color: {text}; }}
QHeaderView::section {{ background: {panel}; color: {muted}; border: none; border-bottom: 1px solid {border};
  padding: 2px 4px; }}
QTabBar::tab {{ background: {panel}; color: {muted}; padding: 4px 12px; border: 1px solid {border}; }}
QTabBar::tab:selected {{ background: {field}; color: {text}; font-weight: 600; border-bottom: 3px solid {text}; }}
QTabBar::tab:focus {{ color: {focus}; }}
QScrollBar:vertical {{ background: {panel}; width: 12px; }}
QScrollBar:horizontal {{ background: {panel}; height: 12px; }}
QScrollBar::handle {{ background: {border}; border-radius: 4px; min-height: 24px; min-width: 24px; margin: 2px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QMenu {{ background: {panel}; border: 1px solid {border}; }}
QMenu::item {{ padding: 4px 22px; }}
QMenu::item:selected {{ background: {selection}; }}
QMenu::item:disabled {{ color: {muted}; }}
QToolTip {{ background: {field}; color: {text}; border: 1px solid {border}; padding: 3px; }}
QSlider::groove:horizontal {{ background: {border}; height: 6px; border-radius: 3px; }}
QSlider::handle:horizontal {{ background: {text}; width: 12px; margin: -7px 0; border-radius: 2px; }}
QSlider::handle:horizontal:focus {{ background: {focus}; }}
QProgressBar {{ background: {field}; border: 1px solid {border}; border-radius: 3px; }}
QProgressBar::chunk {{ background: {muted}; }}
QSplitter::handle {{ background: {border}; }}
"""
