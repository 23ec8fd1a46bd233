"""Strict reading of TOML files into records: unknown keys, wrong types and values out of range are refused."""

from __future__ import annotations

import re
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar, cast

import msgspec
from msgspec import inspect

from runtime.mistakes import UserMistake

Record = TypeVar("Record")


class SceneError(UserMistake):
    """A scene or robot file that cannot be used: which file, which key, its value and what is allowed."""

    def __init__(self, *, file: str, key: str, value: object, limit: str, remedy: str = "") -> None:
        super().__init__(f"{file}: {key} = {_shown(value)}: {limit}", remedy=remedy or f"correct `{key}` in {file}")
        self.file = file
        self.key = key
        self.value = value
        self.limit = limit


def read_table(path: Path, record: type[Record]) -> Record:
    """The file as one record; raises `SceneError` with file, key, value and limit."""
    try:
        table = cast(object, tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as trouble:
        limit = str(trouble.strerror)
        remedy = "give the path of a scene or robot file that can be read"
        raise SceneError(file=path.name, key="file", value=str(path), limit=limit, remedy=remedy) from trouble
    except UnicodeDecodeError as trouble:
        limit, remedy = "must be UTF-8 text", f"save {path.name} as UTF-8"
        raise SceneError(file=path.name, key="file", value=str(path), limit=limit, remedy=remedy) from trouble
    except tomllib.TOMLDecodeError as trouble:
        limit, remedy = f"not valid TOML: {trouble}", f"mend that place in {path.name}"
        raise SceneError(file=path.name, key="file", value=str(path), limit=limit, remedy=remedy) from trouble
    _refuse_unknown_keys(table, inspect.type_info(record), file=path.name, key="")
    try:
        return msgspec.convert(table, record)
    except msgspec.ValidationError as trouble:
        raise _located(trouble, table, shape=inspect.type_info(record), file=path.name) from trouble


def _refuse_unknown_keys(value: object, shape: inspect.Type, *, file: str, key: str) -> None:
    if isinstance(shape, inspect.StructType) and isinstance(value, dict):
        fields = {field.encode_name: field.type for field in shape.fields}
        for name, inner in cast(dict[str, object], value).items():
            where = f"{key}.{name}" if key else name
            if name not in fields:
                raise SceneError(file=file, key=where, value=inner, limit=_unknown(name, list(fields)))
            _refuse_unknown_keys(inner, fields[name], file=file, key=where)
    elif isinstance(shape, inspect.VarTupleType) and isinstance(value, list):
        for index, inner in enumerate(cast(list[object], value)):
            _refuse_unknown_keys(inner, shape.item_type, file=file, key=f"{key}[{index}]")
    elif isinstance(shape, inspect.UnionType):
        for option in shape.types:
            if isinstance(option, inspect.StructType):
                _refuse_unknown_keys(value, option, file=file, key=key)


def _unknown(name: str, known: list[str]) -> str:
    stem = name.rsplit("_", 1)[0]
    near = get_close_matches(name, known, n=1) or [other for other in known if other.startswith(stem)]
    hint = f"; did you mean {near[0]}?" if near else ""
    return (
        f"unknown key{hint} Known here: {', '.join(sorted(known))}"
        if hint
        else f"unknown key. Known here: {', '.join(sorted(known))}"
    )


def _located(trouble: msgspec.ValidationError, table: object, *, shape: inspect.Type, file: str) -> SceneError:
    text = str(trouble)
    place = re.search(r" - at `\$\.?(.*)`$", text)
    key = place.group(1) if place else ""
    limit = text[: place.start()] if place else text
    missing = re.search(r"missing required field `(\w+)`", limit)
    if missing:
        name = f"{key}.{missing.group(1)}" if key else missing.group(1)
        return SceneError(file=file, key=name, value="(missing)", limit="must be given")
    if limit.startswith("Invalid enum value"):
        limit = f"must be one of {', '.join(_choices(shape, key))}"
    return SceneError(file=file, key=key, value=_value_at(table, key), limit=_plain(limit))


def _choices(shape: inspect.Type, key: str) -> list[str]:
    """What the key's type allows, when it is a set of words."""
    for step in re.findall(r"[^.\[\]]+", key):
        if isinstance(shape, inspect.StructType):
            shape = next(field.type for field in shape.fields if field.encode_name == step)
        elif isinstance(shape, inspect.VarTupleType):
            shape = shape.item_type
    return [str(value) for value in shape.values] if isinstance(shape, inspect.LiteralType) else []


def _plain(limit: str) -> str:
    return limit.replace("Expected ", "must be ", 1).replace("`", "")


def _value_at(table: object, key: str) -> object:
    value = table
    for step in re.findall(r"[^.\[\]]+", key):
        if isinstance(value, dict):
            value = cast(dict[str, object], value).get(step)
        elif isinstance(value, list) and step.isdigit():
            value = cast(list[object], value)[int(step)]
    return value


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 120 else text[:117] + "…"
