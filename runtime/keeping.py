"""Files of long work: whole or as they were before, and a person is told when one cannot be written."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from runtime.mistakes import UserMistake


@contextmanager
def kept_whole(file: Path) -> Generator[Path]:
    """Lends a place beside the file, of the same suffix: what is written there takes the file's place in the end.

    Where that fails or is interrupted, by a power cut too, the file is as it was. Raises `UserMistake` when the
    system refuses to write.
    """
    partial = file.with_name(f".partial-{file.name}")
    with told_when_unkept(file):
        try:
            yield partial
            force(partial)
            partial.replace(file)
            force(file.parent)
        finally:
            partial.unlink(missing_ok=True)


@contextmanager
def told_when_unkept(file: Path) -> Generator[None]:
    """Turns the system's refusal to write this file into a `UserMistake`."""
    try:
        yield
    except OSError as trouble:
        raise UserMistake(
            f"{file} cannot be written: {trouble.strerror or trouble}",
            remedy="make room or choose another folder; what was finished is kept, the same command goes on",
        ) from trouble


def force(path: Path) -> None:
    """Make sure that a file's content, or a folder's list of names, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
