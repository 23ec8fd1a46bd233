"""Files of long work: whole or as they were before, and a person is told when one cannot be written."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from runtime.mistakes import UserMistake


@contextmanager
def kept_whole(file: Path, *, forced: bool = True) -> Generator[Path]:
    """Lends a place beside the file, of the same suffix: what is written there takes the file's place in the end.

    Where that fails or is interrupted, by a power cut too, the file is as it was. Raises `UserMistake` when the
    system refuses to write. Not `forced`: for a thread that must not wait for a busy disk; a power cut may cost the
    file then, the end of the process does not.
    """
    partial = file.with_name(f".partial-{file.name}")
    with told_when_unkept(file):
        try:
            yield partial
            if forced:
                force(partial)
            partial.replace(file)
            if forced:
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


@contextmanager
def told_when_damaged(file: Path) -> Generator[None]:
    """Around reading what was kept: whatever a damaged file brings about becomes a `UserMistake` that names it."""
    try:
        yield
    except (UserMistake, MemoryError):
        raise
    except OSError as trouble:  # the disk or a permission, not the content: nobody shall delete it for that
        raise UserMistake(f"{file} cannot be read: {trouble.strerror or trouble}") from trouble
    except Exception as trouble:  # readers of arrays and weights raise whatever the damage leads them to
        words = f"{type(trouble).__name__}: {trouble}".partition("\n")[0]
        raise UserMistake(
            f"{file} is damaged: {words:.200}", remedy="delete it: the same command makes it anew, and only it"
        ) from trouble


@contextmanager
def alone(place: Path, what: str, *, remedy: str) -> Generator[None]:
    """Nobody else does the same with this file or folder meanwhile; raises `UserMistake` where somebody does.

    A file that is missing is made. The kernel lets go of it when the process ends, however it ends.
    """
    with told_when_unkept(place):
        ways = os.O_RDONLY if place.is_dir() else os.O_RDWR | os.O_CREAT
        lock = os.open(place, ways | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as trouble:
            raise UserMistake(f"{place}: the same {what} is under way there", remedy=remedy) from trouble
        yield
    finally:
        os.close(lock)


def force(path: Path) -> None:
    """Make sure that a file's content, or a folder's list of names, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
