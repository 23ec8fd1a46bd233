"""Configurations of training and compressing: TOML files, every key with its limit."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

import msgspec

from runtime.mistakes import UserMistake

Limit = tuple[str, float, float, float]
"""Key, its value, and the range that it must lie in."""

T = TypeVar("T")


def read_configuration(file: Path, kind: type[T], limits: Callable[[T], Iterable[Limit]]) -> T:
    """Read and check; raises `UserMistake` naming file, key, value and limit."""
    try:
        found = msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), kind)
    except OSError as trouble:
        raise UserMistake(f"{file}: {trouble.strerror}") from trouble
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as trouble:
        raise UserMistake(f"{file}: {trouble}") from trouble
    for name, value, low, high in limits(found):
        if not low <= value <= high:
            raise UserMistake(f"{file}: {name} = {value}, must be between {low} and {high}")
    return found
