"""When a worker says that it is alive, and who has fallen silent. Pure: time comes in."""

from __future__ import annotations

from collections.abc import Iterable


class Pulse:
    """Decides when the next heartbeat is due; a late one does not make the following ones come in a burst."""

    def __init__(self, rate_hz: float) -> None:
        self._period_ns = round(1e9 / rate_hz)
        self._due_ns: int | None = None

    def is_due(self, now_ns: int) -> bool:
        """True once per period, first at once."""
        if self._due_ns is None or now_ns - self._due_ns >= self._period_ns:
            self._due_ns = now_ns + self._period_ns
            return True
        if now_ns < self._due_ns:
            return False
        self._due_ns += self._period_ns
        return True


class Silence:
    """Which of some processes have not been heard for longer than a limit."""

    def __init__(self, processes: Iterable[str], *, limit_s: float, now_ns: int) -> None:
        """All count as heard at `now_ns`, so that a starting process has one whole limit of time."""
        self._limit_ns = round(limit_s * 1e9)
        self._heard_ns = dict.fromkeys(processes, now_ns)

    def heard(self, process: str, now_ns: int) -> None:
        """A heartbeat of this process came."""
        self._heard_ns[process] = now_ns

    def age_s(self, process: str, now_ns: int) -> float:
        """Time since it was last heard."""
        return (now_ns - self._heard_ns[process]) * 1e-9

    def silent(self, now_ns: int) -> tuple[str, ...]:
        """Processes beyond the limit, in the order they were given."""
        return tuple(name for name, heard_ns in self._heard_ns.items() if now_ns - heard_ns > self._limit_ns)
