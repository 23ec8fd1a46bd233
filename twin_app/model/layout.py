"""A dock layout as a tree, and as a text that people can read, compare and keep."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, cast


@dataclass(frozen=True, slots=True)
class Tabs:
    """One or more panels in one place; the one in front is `current`."""

    panels: tuple[str, ...]
    current: str


@dataclass(frozen=True, slots=True)
class Split:
    """Places beside (`across`) or below each other (`down`), with their shares in per mille."""

    direction: str
    shares: tuple[int, ...]
    places: tuple[Place, ...]


Place = Tabs | Split


@dataclass(frozen=True, slots=True)
class Floating:
    """A panel in a window of its own: left, top, width, height in pixels of the desktop."""

    panel: str
    rectangle_px: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where every panel stands; one that is named nowhere is hidden."""

    root: Place
    floating: tuple[Floating, ...] = ()


class BadLayout(ValueError):
    """A text that is no layout; says where and why."""


def panels_of(place: Place) -> tuple[str, ...]:
    """Names of all panels in a place, in reading order."""
    if isinstance(place, Tabs):
        return place.panels
    return tuple(name for child in place.places for name in panels_of(child))


def to_text(layout: Layout) -> str:
    """Indented JSON with a fixed order of keys: the same layout gives the same text."""
    floating = [{"panel": item.panel, "rectangle_px": list(item.rectangle_px)} for item in layout.floating]
    return json.dumps({"layout": _plain(layout.root), "floating": floating}, indent=2, ensure_ascii=False) + "\n"


def from_text(text: str, *, known: frozenset[str]) -> Layout:
    """Read a layout; raises `BadLayout` with the place, the value and what is allowed."""
    try:
        data: Any = json.loads(text)
    except json.JSONDecodeError as trouble:
        raise BadLayout(f"line {trouble.lineno}: {trouble.msg}") from trouble
    top = _mapping(data, "file")
    root = _place(top.get("layout"), "layout", known)
    floating = tuple(
        _floating(item, f"floating[{index}]", known) for index, item in enumerate(_items(top, "floating", "file"))
    )
    names = [*panels_of(root), *(item.panel for item in floating)]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise BadLayout(f"panel {doubled[0]!r} stands in two places")
    return Layout(root, floating)


def _plain(place: Place) -> dict[str, Any]:
    if isinstance(place, Tabs):
        return {"tabs": list(place.panels), "current": place.current}
    rows = [{"share": share, **_plain(child)} for share, child in zip(place.shares, place.places, strict=True)]
    return {place.direction: rows}


def _place(data: Any, where: str, known: frozenset[str]) -> Place:
    entry = _mapping(data, where)
    if "tabs" in entry:
        return _tabs(entry, where, known)
    for direction in ("across", "down"):
        if direction in entry:
            rows = _items(entry, direction, where)
            if not rows:
                raise BadLayout(f"{where}.{direction}: is empty")
            places = tuple(_place(row, f"{where}.{direction}[{index}]", known) for index, row in enumerate(rows))
            shares = tuple(_share(row, f"{where}.{direction}[{index}]") for index, row in enumerate(rows))
            return places[0] if len(places) == 1 else Split(direction, shares, places)
    raise BadLayout(f"{where}: needs one of tabs, across, down")


def _tabs(entry: dict[str, Any], where: str, known: frozenset[str]) -> Tabs:
    names = tuple(str(name) for name in _items(entry, "tabs", where))
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise BadLayout(f"{where}.tabs: {unknown or 'empty'}; known panels are {', '.join(sorted(known))}")
    current = str(entry.get("current", names[0]))
    return Tabs(names, current if current in names else names[0])


def _floating(data: Any, where: str, known: frozenset[str]) -> Floating:
    entry = _mapping(data, where)
    name, numbers = str(entry.get("panel", "")), _items(entry, "rectangle_px", where)
    if name not in known:
        raise BadLayout(f"{where}.panel: {name!r}; known panels are {', '.join(sorted(known))}")
    if len(numbers) != 4 or not all(isinstance(number, int) for number in numbers):
        raise BadLayout(f"{where}.rectangle_px: needs four whole numbers")
    return Floating(name, (numbers[0], numbers[1], numbers[2], numbers[3]))


def _share(row: Any, where: str) -> int:
    share = _mapping(row, where).get("share", 0)
    if not isinstance(share, int) or not 0 < share <= 1000:
        raise BadLayout(f"{where}.share: {share!r}; a whole number from 1 to 1000")
    return share


def _mapping(data: Any, where: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise BadLayout(f"{where}: needs named entries")
    return cast("dict[str, Any]", data)


def _items(entry: dict[str, Any], key: str, where: str) -> list[Any]:
    value = entry.get(key, [])
    if not isinstance(value, list):
        raise BadLayout(f"{where}.{key}: needs a list")
    return cast("list[Any]", value)
