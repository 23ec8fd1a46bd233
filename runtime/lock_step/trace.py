"""The fingerprint of a run: everything that moved or decided, in order."""

from __future__ import annotations

import hashlib

import msgspec

from runtime.messages.codec import encode
from runtime.messages.joint import JointCommand, PlantState

_EVERY = 4


class TraceHash:
    """SHA-256 over measured joints and commanded torques of every fourth tick and over every message given."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def tick(self, state: PlantState, command: JointCommand) -> None:
        """One tick of the fast loop; every fourth one counts, in full precision."""
        if state.tick % _EVERY == 0:
            self._hash.update(state.q_rad.tobytes() + command.torque_nm.tobytes())

    def message(self, message: msgspec.Struct) -> None:
        """A plan, verdict or task change."""
        self._hash.update(encode(message))

    def hexdigest(self) -> str:
        """The fingerprint so far."""
        return self._hash.hexdigest()
