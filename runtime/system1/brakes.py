"""When brakes close after a stop and how they open again without the arm sagging."""

from __future__ import annotations

from enum import Enum

_STILL_RAD_S = 0.02
"""Below this every joint counts as standing; above the noise of a measured speed."""

_STILL_TICKS = 10
_PATIENCE_NS = 300_000_000
"""So long after the reference has come to rest brakes close even on an arm that still moves."""

_RELEASE_TICKS = 20
"""Least time closed before they open: the plant has to see the edge, and torque has to build up behind them."""

_SETTLING_NS = 50_000_000
"""After opening, the plant may report closed brakes for this long (transport delay)."""


class BrakePhase(Enum):
    """Where the brakes are."""

    CLOSED = "closed"
    RELEASING = "releasing"
    """Still closed; torque builds up behind them."""

    OPEN = "open"


class Brakes:
    """Closed at standstill while a stop is latched; opened in two steps once it is not. Starts with releasing."""

    def __init__(self) -> None:
        self.phase = BrakePhase.RELEASING
        self._since_ns = 0
        self._ticks = 0
        self._still_ticks = 0
        self._resting_since_ns: int | None = None

    @property
    def closed(self) -> bool:
        """Whether the command of this tick closes them."""
        return self.phase is not BrakePhase.OPEN

    def settled(self, now_ns: int) -> bool:
        """Whether they have been open for so long that the plant must have followed."""
        return self.phase is BrakePhase.OPEN and now_ns - self._since_ns > _SETTLING_NS

    def latched(self, *, now_ns: int, reference_resting: bool, speed_rad_s: float, braked_by_plant: bool) -> None:
        """One tick of a latched stop: close at standstill, at once where the plant has braked by itself."""
        if self.phase is not BrakePhase.OPEN:
            self.phase = BrakePhase.CLOSED
            return
        if not reference_resting:
            self._still_ticks = 0
            self._resting_since_ns = None
        else:
            self._resting_since_ns = now_ns if self._resting_since_ns is None else self._resting_since_ns
            self._still_ticks = self._still_ticks + 1 if speed_rad_s < _STILL_RAD_S else 0
        patience_over = self._resting_since_ns is not None and now_ns - self._resting_since_ns >= _PATIENCE_NS
        if braked_by_plant or patience_over or self._still_ticks >= _STILL_TICKS:
            self.close()

    def close(self) -> None:
        """Close now."""
        self.phase = BrakePhase.CLOSED
        self._still_ticks = 0
        self._resting_since_ns = None

    def unlatched(self, *, now_ns: int, torque_ready: bool) -> bool:
        """One tick without a latched stop; True in the tick in which the brakes open.

        `torque_ready`: the newest command carried all the torque that was asked for.
        """
        if self.phase is BrakePhase.OPEN:
            self._still_ticks = 0
            self._resting_since_ns = None
            return False
        if self.phase is BrakePhase.CLOSED:
            self.phase = BrakePhase.RELEASING
            self._ticks = 0
        self._ticks += 1
        if self._ticks <= _RELEASE_TICKS or not torque_ready:
            return False
        self.phase = BrakePhase.OPEN
        self._since_ns = now_ns
        self._ticks = 0
        return True
