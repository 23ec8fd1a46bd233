"""How much a pickle may make this program do: a few bytes can ask for more memory than there is, and for years of work.

A place in the unpickler's memo costs as much memory as its number says, and what lies in the memo can be used again and
again, so that lists of lists of the same list grow with the power of their depth.
"""

from __future__ import annotations

import pickletools
from typing import IO

from runtime.policy_servers.arrays import LARGEST_BYTES

MOST_STEPS = 50_000
"""Of one pickle's program; an observation takes a few hundred, a chunk of fifty actions some thousand."""

MOST_VALUES = 50_000
"""In what a pickle describes, counted as often as they appear in it."""

MOST_BYTES = 2 * LARGEST_BYTES
"""Of the arrays that are made while it is read: once as a storage, once as a tensor."""

_KEEPING = ("PUT", "BINPUT", "LONG_BINPUT")


class Forbidden(ValueError):
    """A pickle that names something beyond the nine names, claims what it does not hold, or asks for too much."""


def check_steps(stream: IO[bytes]) -> None:
    """Look through the program of the next pickle without running it; the stream stands where it was before.

    Raises `Forbidden`, and `ValueError` for what is no pickle.
    """
    start = stream.tell()
    for count, (opcode, argument, _) in enumerate(pickletools.genops(stream)):
        if count >= MOST_STEPS:
            raise Forbidden(f"it takes more than {MOST_STEPS} steps")
        if opcode.name in _KEEPING and isinstance(argument, int) and argument > count:
            raise Forbidden(f"it keeps value {argument} after {count} steps")
    stream.seek(start)


class Allowance:
    """What one pickle may use up."""

    def __init__(self) -> None:
        self._bytes = 0
        self._values = 0

    def take_bytes(self, count: int) -> None:
        """Of an array that is about to be made; raises `Forbidden`."""
        self._bytes += count
        if self._bytes > MOST_BYTES:
            raise Forbidden(f"its arrays take more than {MOST_BYTES} bytes")

    def take_value(self) -> None:
        """One more; raises `Forbidden`."""
        self._values += 1
        if self._values > MOST_VALUES:
            raise Forbidden(f"it describes more than {MOST_VALUES} values")
