"""Configurations of training and compressing: TOML files, every key with its limit."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from runtime.mistakes import UserMistake

Limit = tuple[str, float, float, float]
"""Key, its value, and the range that it must lie in."""

SEED_MAX = 2**31 - 1
"""Of a training: every generator takes it."""

T = TypeVar("T")

_PLACE = re.compile(r"`\$\.([\w.]+)`$")


def read_configuration(file: Path, kind: type[T], limits: Callable[[T], Iterable[Limit]]) -> T:
    """Read and check; raises `UserMistake` naming file, key, value and limit."""
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as trouble:
        raise UserMistake(f"{file}: {trouble.strerror}", remedy="give the path of a TOML file") from trouble
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as trouble:
        raise UserMistake(f"{file}: {trouble}", remedy="mend it, it is to be TOML in UTF-8") from trouble
    try:
        found = msgspec.convert(tables, kind)
    except msgspec.ValidationError as trouble:
        where = _place_of(trouble)
        value = _at(tables, where)
        shown = f" (it is {value!r:.60})" if where and not isinstance(value, dict) else ""
        raise UserMistake(f"{file}: {trouble}{shown}", remedy=_keys(kind, where)) from trouble
    for name, value, low, high in limits(found):
        if not low <= value <= high:
            raise UserMistake(f"{file}: {name} = {value}, must be between {low} and {high}", remedy=f"change {name}")
    return found


def _place_of(trouble: msgspec.ValidationError) -> list[str]:
    """The key that it is about, table by table; empty for the whole file."""
    found = _PLACE.search(str(trouble))
    return found[1].split(".") if found else []


def _at(tables: Any, place: list[str]) -> Any:
    """What stands in the file there."""
    for key in place:
        tables = tables.get(key) if isinstance(tables, dict) else None
    return tables


def _keys(kind: Any, place: list[str]) -> str:
    """Which keys the table there knows, or the one around the value there."""
    known, table = {field.name: field.type for field in msgspec.structs.fields(kind)}, "the file"
    for key in place:
        inner = known.get(key)
        if not (isinstance(inner, type) and issubclass(inner, msgspec.Struct)):
            break
        known, table = {field.name: field.type for field in msgspec.structs.fields(inner)}, f"[{key}]"
    words = (
        f"[{name}]" if issubclass(one, msgspec.Struct) else f"{name} ({one.__name__})" for name, one in known.items()
    )
    return f"{table} knows: {', '.join(words)}"
