"""Keys and tokens of servers: in a file of their own, never on a command line, which every process may read."""

from __future__ import annotations

from pathlib import Path

from runtime.mistakes import UserMistake

LONGEST = 4096
_REMEDY = "a text file with the server's key or token in its first line; in servers.toml its path, from there"


def read_key(key_file: str) -> str:
    """The first line of the file, empty without a file; raises `UserMistake`."""
    if not key_file:
        return ""
    path = Path(key_file)
    try:
        with path.open(encoding="utf-8") as file:
            key = file.readline(LONGEST).strip()
    except (OSError, UnicodeDecodeError) as trouble:
        why = trouble.strerror if isinstance(trouble, OSError) else trouble
        raise UserMistake(f"the key file {path} cannot be read: {why}", remedy=_REMEDY) from trouble
    if not key or not key.isprintable():
        raise UserMistake(f"the key file {path} holds no key in its first line", remedy=_REMEDY)
    return key
