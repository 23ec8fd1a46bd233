"""A word to the person where a command waits for something that may never come."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

AFTER_S = 5.0


@contextmanager
def told_when_slow(what: str, *, after_s: float = AFTER_S) -> Iterator[None]:
    """Says once on standard error that `what` is still being waited for, should it take longer than this."""

    def tell() -> None:
        print(f"celltwin: still waiting for {what}; Ctrl-C ends it.", file=sys.stderr, flush=True)

    timer = threading.Timer(after_s, tell)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
