"""Writing that a kill or a power cut leaves whole or not at all: write beside, force onto the disk, rename."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from runtime.datasets.refusals import UnwritableDataset
from runtime.keeping import force


@contextmanager
def told_when_unwritable(folder: Path) -> Generator[None]:
    """Turn the system's refusal to write into `UnwritableDataset`."""
    try:
        yield
    except OSError as trouble:
        raise UnwritableDataset(
            trouble.filename or folder,
            field="writing",
            value="impossible",
            limit=trouble.strerror or str(trouble),
            remedy="free space or choose another folder; what was finished is kept, the same command goes on",
        ) from trouble


def force_tree(folder: Path) -> None:
    """The same for everything below a folder, and for itself."""
    for place, _, names in os.walk(folder):
        for name in names:
            force(Path(place) / name)
        force(Path(place))


def put(fresh: Path, place: Path) -> None:
    """Move a file or folder to its place in one step, for good; raises OSError where a filled folder stands."""
    os.rename(fresh, place)
    force(place.parent)


def write_once(file: Path, content: bytes) -> None:
    """Write a small file in one step, unless it is there."""
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    fresh.write_bytes(content)
    force(fresh)
    with suppress(FileExistsError):
        os.link(fresh, file)
    fresh.unlink()
    force(file.parent)


def write_folder(fresh: Path, place: Path, fill: Callable[[Path], None]) -> None:
    """Fill a new folder under the name `fresh`, then let it appear at its place, whole."""
    fresh.mkdir()
    fill(fresh)
    force_tree(fresh)
    put(fresh, place)
