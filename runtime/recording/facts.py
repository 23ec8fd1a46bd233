"""What a recording is a recording of: written at its beginning, needed to read the rest."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from runtime.messages.codec import SCHEMA_VERSION


@dataclass(frozen=True, slots=True)
class Facts:
    """About the session, not about one moment of it."""

    session: str
    wall_minus_monotonic_ns: int
    """Added to the cell's monotonic stamps it gives the wall clock, which is the clock of the file."""

    described: dict[str, str] = field(default_factory=dict[str, str])
    """Whatever the session wants to keep: cell, scene, seed, mismatch level and the values drawn, versions."""

    schema_version: int = SCHEMA_VERSION

    def as_metadata(self) -> dict[str, str]:
        """As the texts that a metadata record holds."""
        return {
            **self.described,
            "session": self.session,
            "schema_version": str(self.schema_version),
            "wall_minus_monotonic_ns": str(self.wall_minus_monotonic_ns),
        }

    @staticmethod
    def from_metadata(texts: dict[str, str]) -> Facts:
        """The opposite; raises KeyError or ValueError for a file that is none of ours."""
        described = dict(texts)
        return Facts(
            session=described.pop("session"),
            schema_version=int(described.pop("schema_version")),
            wall_minus_monotonic_ns=int(described.pop("wall_minus_monotonic_ns")),
            described=described,
        )


def wall_minus_monotonic_ns() -> int:
    """The offset between this machine's clocks now; for the assembly, which is allowed to look at clocks."""
    return time.time_ns() - time.monotonic_ns()
