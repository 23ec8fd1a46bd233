"""Where a policy's server is: what the plugin's manifest says, and what a person says instead."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from runtime.mistakes import UserMistake, quoted


class ServerSettings(Struct, frozen=True):
    """A policy that runs on a server: which protocol it speaks, where it is and how it sees this cell."""

    protocol: str
    address: str
    mapping: Path
    key_file: str = ""
    """Text file with the server's key or token; empty: it wants none."""


class ServerChoice(Struct, frozen=True, forbid_unknown_fields=True):
    """What a person says instead of the manifest; empty: as the manifest says."""

    address: str = ""
    mapping: str = ""
    """A mapping of the plugin's by its name, or the path of a file."""

    key_file: str = ""


def read_choices(path: Path) -> dict[str, ServerChoice]:
    """The settings file: one section a policy; empty when there is no file. Raises `UserMistake`."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as trouble:
        raise UserMistake(f"{path} cannot be read: {trouble}") from trouble
    keys = ", ".join(ServerChoice.__struct_fields__)
    remedy = f'a section looks so: [openpi] address = "ws://gpu-machine:8000"; its keys: {keys}'
    try:
        sections = tomllib.loads(text)
    except tomllib.TOMLDecodeError as trouble:
        raise UserMistake(f"{path}: {trouble}", remedy=remedy) from trouble
    choices: dict[str, ServerChoice] = {}
    for name, section in sections.items():
        try:
            choices[name] = msgspec.convert(section, ServerChoice)
        except msgspec.ValidationError as trouble:
            raise UserMistake(f"{path}, [{name}]: {trouble}", remedy=remedy) from trouble
    return choices


def chosen(settings: ServerSettings, choice: ServerChoice | None, *, plugin_folder: Path) -> ServerSettings:
    """The manifest's settings, a person's choice over them; raises `UserMistake` for a mapping that is not there."""
    if choice is None:
        return settings
    return ServerSettings(
        protocol=settings.protocol,
        address=choice.address or settings.address,
        mapping=mapping_file(choice.mapping, plugin_folder=plugin_folder) if choice.mapping else settings.mapping,
        key_file=choice.key_file or settings.key_file,
    )


def mapping_file(word: str, *, plugin_folder: Path) -> Path:
    """A mapping by name or path; raises `UserMistake` that lists the names."""
    if word.endswith(".toml") or "/" in word:
        if not Path(word).is_file():
            raise UserMistake(f"no mapping file at {word}", remedy="give the path of a TOML file")
        return Path(word)
    path = plugin_folder / "mappings" / f"{word}.toml"
    if not path.is_file():
        names = ", ".join(sorted(known.stem for known in path.parent.glob("*.toml")))
        raise UserMistake(f"no mapping {quoted(word)}", remedy=f"one of: {names}; or the path of a TOML file")
    return path


def checked_names(choices: Mapping[str, ServerChoice], known: Mapping[str, ServerSettings | None]) -> None:
    """Raises `UserMistake` for a choice of a policy that has no server."""
    for name in choices:
        if known.get(name) is None:
            having = ", ".join(sorted(policy for policy, server in known.items() if server is not None)) or "none"
            raise UserMistake(f"policy {quoted(name)} runs on no server", remedy=f"these do: {having}")
