"""Forms by writers who had seen no other: read from `collected/`, one file a writer.

What one head makes up has its habits, and a reader learns them. So the forms to teach with, to check with and to test
with come from several writers each, none of whom knew what the others wrote.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files

import msgspec

RELATION_KINDS = ("neighbours", "numbers", "sizes", "otherwise")


class Collection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one writer wrote; gaps as in `frames`, `words`, `relations` and `undoable`."""

    frames: tuple[str, ...]
    to_tote: tuple[str, ...]
    nonsense: tuple[str, ...]
    places: Mapping[str, tuple[str, ...]]
    relations: Mapping[str, tuple[str, ...]]
    """By `RELATION_KINDS`."""

    undoable: Mapping[str, tuple[str, ...]]


def collected(name: str) -> Collection:
    """The file of that name, without its ending."""
    text = files("sim_worlds.sentences").joinpath("collected", f"{name}.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Collection)


def joined(old: tuple[str, ...], *new: tuple[str, ...]) -> tuple[str, ...]:
    """All of them, each once, what is new as often that it is drawn about as often as what is old."""
    known = set(old)
    fresh = tuple(dict.fromkeys(form for forms in new for form in forms if form not in known))
    times = max(1, round(len(old) / max(1, len(fresh))))
    return (*old, *fresh * times)
