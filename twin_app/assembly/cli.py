"""The command line `celltwin`: reads arguments, calls one command, turns mistakes into messages.

Each command's module is imported only when it is asked for, so that `celltwin --help` is instant.
"""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper

from runtime.mistakes import UserMistake
from twin_app.assembly.arguments import build_parser
from twin_app.assembly.ending import Ended, ends_in_order, put_off

EXIT_UNTOLD = 1
"""Something could not be written where it was wanted."""

EXIT_MISTAKE = 2
EXIT_SIGNAL = 128
"""And the signal's number, as shells have it."""

EXIT_INTERRUPTED = 130
_UNWRITABLE = (errno.EPIPE, errno.ENOSPC, errno.EIO, errno.EBADF, errno.EDQUOT, errno.EFBIG)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    _make_writable()
    try:
        status = _run(argv)
        sys.stdout.flush()
    except OSError as trouble:
        if trouble.errno not in _UNWRITABLE:
            raise
        if trouble.filename is not None:
            _tell(f"celltwin: {trouble.filename}: {trouble.strerror}\n  → make room, then give the same command again")
            return EXIT_UNTOLD
        sys.stdout = _nowhere()
        if trouble.errno != errno.EPIPE:  # the reader, as in `… | head`, has seen enough
            _tell(f"celltwin: the output cannot be written: {trouble.strerror}")
        return EXIT_UNTOLD
    return status


def _run(argv: Sequence[str] | None) -> int:
    arguments = build_parser().parse_args(argv)
    try:
        with ends_in_order():
            with put_off():
                command = import_module(_module_of(arguments))
            return int(command.run(arguments))
    except UserMistake as mistake:
        _tell(f"celltwin: {mistake}")
        return EXIT_MISTAKE
    except Ended as ended:
        _tell(f"celltwin: ended by {ended}{_going_on(arguments)}")
        return EXIT_SIGNAL + ended.number
    except KeyboardInterrupt:
        _tell(f"\ncelltwin: interrupted{_going_on(arguments)}")
        return EXIT_INTERRUPTED


def _going_on(arguments: argparse.Namespace) -> str:
    """What is said to somebody who has ended long work, where nothing of it is lost."""
    kept = arguments.command in ("train", "demos", "compress") or getattr(arguments, "keep", None)
    return "; what was finished is kept, the same command goes on" if kept else ""


def _module_of(arguments: argparse.Namespace) -> str:
    base = "twin_app.assembly"
    if arguments.command in ("bench", "verify"):
        return f"{base}.{arguments.command}.{arguments.what}"
    return f"{base}.{arguments.command}_command"


def _tell(words: str) -> None:
    """A line on standard error, if it is still there: a closed terminal is no reason for a traceback."""
    try:
        print(words, file=sys.stderr, flush=True)
    except OSError:
        sys.stderr = _nowhere()


def _make_writable() -> None:
    """Both outputs take every text: in any encoding, and also where the caller has closed them."""
    if sys.stdout is None:  # started with >&-
        sys.stdout = _nowhere()
    if sys.stderr is None:
        sys.stderr = _nowhere()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def _nowhere() -> TextIOWrapper:
    """Takes everything; open as long as the process lives."""
    return open(os.devnull, "w", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
