"""What the virtual environment was made from, so that a second set-up has nothing to do."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from installer.debian import PACKAGE_LIST

INGREDIENTS = (Path("pyproject.toml"), Path("constraints.txt"), PACKAGE_LIST)
_STAMP = "celltwin-setup.json"


@dataclass(frozen=True)
class Stamp:
    """Content and place of a finished environment."""

    content: str
    """Digest of everything that decides what is installed."""

    root: str
    """Where the clone stood when its paths were written into the environment."""


def wanted_stamp(root: Path) -> Stamp:
    """The stamp that a set-up from these files at this place would leave."""
    # not the whole version: installing Debian packages may update Python underneath, and the environment follows
    digest = hashlib.sha256(repr(sys.version_info[:2]).encode())
    for name in INGREDIENTS:
        digest.update((root / name).read_bytes())
    return Stamp(digest.hexdigest(), str(root))


def read_stamp(venv: Path) -> Stamp | None:
    """The stamp of a finished environment, or None when there is none that can be read."""
    try:
        return Stamp(**json.loads((venv / _STAMP).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write_stamp(venv: Path, stamp: Stamp) -> None:
    """Say that the environment is finished, in one step."""
    fresh = venv / f"{_STAMP}.{os.getpid()}"
    fresh.write_text(json.dumps(asdict(stamp)), encoding="utf-8")
    fresh.replace(venv / _STAMP)


def remove_stamp(venv: Path) -> None:
    """Say that the environment is being worked on: an interrupted set-up starts again."""
    (venv / _STAMP).unlink(missing_ok=True)
