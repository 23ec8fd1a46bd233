"""A clone that was moved: the environment's absolute paths follow it, without a download."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def relocate(venv: Path, *, old_root: str, new_root: str) -> int:
    """Rewrite the old place into the new one; returns the number of files changed."""
    changed = 0
    for file in _files_with_paths(venv):
        content = file.read_bytes()
        moved = content.replace(old_root.encode(), new_root.encode())
        if moved != content:
            fresh = file.with_name(f"{file.name}.moving")
            fresh.write_bytes(moved)
            os.chmod(fresh, file.stat().st_mode)
            fresh.replace(file)
            changed += 1
    return changed


def _files_with_paths(venv: Path) -> Iterator[Path]:
    """Scripts with a first line that names the interpreter, path files, and the editable install's records."""
    yield from (file for file in (venv / "bin").iterdir() if file.is_file() and not file.is_symlink())
    yield venv / "pyvenv.cfg"
    for packages in venv.glob("lib/python*/site-packages"):
        yield from packages.glob("*.pth")
        yield from packages.glob("celltwin-*.dist-info/direct_url.json")
