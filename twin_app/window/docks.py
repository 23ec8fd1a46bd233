"""Docks of the window as a layout tree, both ways."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabBar, QWidget

from twin_app.model.layout import Floating, Layout, Place, Split, Tabs, panels_of
from twin_app.widgets.panel import Panel

AREA = Qt.DockWidgetArea.LeftDockWidgetArea
WAYS = {"across": Qt.Orientation.Horizontal, "down": Qt.Orientation.Vertical}


def build_docks(window: QMainWindow, panels: Mapping[str, Panel]) -> dict[str, QDockWidget]:
    """One dock a panel, all of them in one area that may be split as one likes; none is placed yet."""
    window.setDockOptions(
        QMainWindow.DockOption.AllowNestedDocks
        | QMainWindow.DockOption.AllowTabbedDocks
        | QMainWindow.DockOption.GroupedDragging
    )
    docks: dict[str, QDockWidget] = {}
    for name, panel in panels.items():
        dock = QDockWidget(panel.title, window)
        dock.setObjectName(name)
        dock.setWidget(panel)
        window.addDockWidget(AREA, dock)
        docks[name] = dock
    return docks


def apply_layout(window: QMainWindow, docks: Mapping[str, QDockWidget], layout: Layout) -> None:
    """Put every dock where the layout says; those it does not name are hidden."""
    for dock in docks.values():
        dock.setFloating(False)
        window.removeDockWidget(dock)
    first = docks[panels_of(layout.root)[0]]
    window.addDockWidget(AREA, first)
    _split(window, docks, layout.root)
    for name in panels_of(layout.root):
        docks[name].show()
    for place in _leaves(layout.root):
        docks[place.current].raise_()
    for item in layout.floating:
        dock = docks[item.panel]
        window.addDockWidget(AREA, dock)
        dock.setFloating(True)
        dock.setGeometry(*item.rectangle_px)
        dock.show()
    apply_sizes(window, docks, layout)


def apply_sizes(window: QMainWindow, docks: Mapping[str, QDockWidget], layout: Layout) -> None:
    """Give every place its share; has its full effect only in a window that is shown."""
    _resize(window, docks, layout.root, window.width(), window.height())


def show_titles(window: QMainWindow, docks: Iterable[QDockWidget]) -> None:
    """A dock among tabs has its name on the tab already: its title bar goes, and comes back when alone."""
    for dock in docks:
        tabbed = bool(window.tabifiedDockWidgets(dock)) and not dock.isFloating()
        bare = dock.titleBarWidget() is not None
        if tabbed and not bare:
            dock.setTitleBarWidget(QWidget(dock))
        elif bare and not tabbed:
            holder = dock.titleBarWidget()
            dock.setTitleBarWidget(None)  # type: ignore[arg-type] - Qt's way to give the title back
            holder.deleteLater()


def read_layout(window: QMainWindow, docks: Mapping[str, QDockWidget]) -> Layout | None:
    """The layout as it stands on the screen; None when every panel is closed."""
    names = {dock: name for name, dock in docks.items()}
    floating = tuple(
        Floating(name, _rectangle(dock.geometry()))
        for name, dock in docks.items()
        if dock.isFloating() and not dock.isHidden()
    )
    groups: dict[tuple[str, ...], QRect] = {}
    for dock in docks.values():
        if dock.isHidden() or dock.isFloating():
            continue
        members = [dock, *(other for other in window.tabifiedDockWidgets(dock) if not other.isHidden())]
        front = next((member for member in members if not member.visibleRegion().isEmpty()), dock)
        ordered = _tab_order(window, members)
        key = (names[front], *(names[member] for member in ordered))
        groups.setdefault(key, front.geometry())
    unique = {frozenset(key[1:]): (key, box) for key, box in groups.items()}
    leaves = [(Tabs(key[1:], key[0]), box) for key, box in unique.values()]
    return Layout(_cut(leaves), floating) if leaves else None


def _split(window: QMainWindow, docks: Mapping[str, QDockWidget], place: Place) -> None:
    if isinstance(place, Tabs):
        for before, name in zip(place.panels, place.panels[1:], strict=False):
            window.tabifyDockWidget(docks[before], docks[name])
        return
    heads = [docks[panels_of(child)[0]] for child in place.places]
    for before, head in zip(heads, heads[1:], strict=False):
        window.splitDockWidget(before, head, WAYS[place.direction])
    for child in place.places:
        _split(window, docks, child)


def _resize(window: QMainWindow, docks: Mapping[str, QDockWidget], place: Place, width: int, height: int) -> None:
    if isinstance(place, Tabs):
        return
    across = place.direction == "across"
    total = sum(place.shares)
    sizes = [max(1, (width if across else height) * share // total) for share in place.shares]
    heads = [docks[_current(child)] for child in place.places]
    window.resizeDocks(heads, sizes, WAYS[place.direction])
    for child, size in zip(place.places, sizes, strict=True):
        _resize(window, docks, child, size if across else width, height if across else size)


def _current(place: Place) -> str:
    return place.current if isinstance(place, Tabs) else _current(place.places[0])


def _rectangle(box: QRect) -> tuple[int, int, int, int]:
    return box.x(), box.y(), box.width(), box.height()


def _leaves(place: Place) -> list[Tabs]:
    return [place] if isinstance(place, Tabs) else [leaf for child in place.places for leaf in _leaves(child)]


def _tab_order(window: QMainWindow, members: Sequence[QDockWidget]) -> list[QDockWidget]:
    """Members in the order of their tabs."""
    return sorted(members, key=lambda dock: _rank(window, dock))


def _rank(window: QMainWindow, dock: QDockWidget) -> int:
    for bar in window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
        for index in range(bar.count()):
            if bar.tabText(index).replace("&", "") == dock.windowTitle():
                return index
    return 0


def _cut(leaves: list[tuple[Tabs, QRect]]) -> Place:
    """Rebuild the tree from rectangles: cut where a straight line passes between all of them."""
    if len(leaves) == 1:
        return leaves[0][0]
    for direction in ("across", "down"):
        across = direction == "across"
        bands = _bands(leaves, across=across)
        if len(bands) > 1:
            extents = [_extent(band, across=across) for band in bands]
            total = max(1, sum(extents))
            shares = tuple(max(1, round(1000 * extent / total)) for extent in extents)
            return Split(direction, shares, tuple(_cut(band) for band in bands))
    names = tuple(name for tabs, _ in leaves for name in tabs.panels)
    return Tabs(names, names[0])


def _bands(leaves: list[tuple[Tabs, QRect]], *, across: bool) -> list[list[tuple[Tabs, QRect]]]:
    ordered = sorted(leaves, key=lambda leaf: leaf[1].left() if across else leaf[1].top())
    bands: list[list[tuple[Tabs, QRect]]] = []
    end = -(10**9)
    for leaf in ordered:
        begin = leaf[1].left() if across else leaf[1].top()
        if begin > end:
            bands.append([])
        bands[-1].append(leaf)
        end = max(end, leaf[1].right() if across else leaf[1].bottom())
    return bands


def _extent(band: list[tuple[Tabs, QRect]], *, across: bool) -> int:
    boxes = [box for _, box in band]
    if across:
        return max(box.right() for box in boxes) - min(box.left() for box in boxes) + 1
    return max(box.bottom() for box in boxes) - min(box.top() for box in boxes) + 1
