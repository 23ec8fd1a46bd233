"""The arm's own protection: brakes by itself after missed commands or a thermal trip, whatever the runtime says."""

from __future__ import annotations

from runtime.messages.joint import PlantFlag

MISSED_LIMIT = 20
"""Commands missed in a row until the arm brakes (libfranka's constant)."""


_BRAKED = int(PlantFlag.BRAKED)
_COMMUNICATION_LOSS = int(PlantFlag.COMMUNICATION_LOSS)
_TRIPPED = int(PlantFlag.TRIPPED)
# Plain integers: arithmetic on flags costs a microsecond a time.


class Protection:
    """Missed-command counter, latches and the brake. Brakes are closed until the first command opens them."""

    def __init__(self) -> None:
        self.missed = 0
        self.missed_total = 0
        self.braked = True
        self.powered = False
        """False: the drives give no torque (nobody commands, or tripped)."""

        self._latched = 0
        self._connected = False
        self._release_armed = False

    def missed_command(self) -> None:
        """No usable command arrived in this millisecond. Before the first command there is nobody to miss."""
        if not self._connected:
            return
        self.missed += 1
        self.missed_total += 1
        if self.missed >= MISSED_LIMIT:
            self._latch(_COMMUNICATION_LOSS)

    def arrived(self, *, brake: bool, hot: bool) -> None:
        """A command arrived; an edge of `brake` from True to False releases what has been latched.

        A trip ends when the motor has cooled under brakes that the command closes: only then can the runtime clear
        its own fault, and only its release opens them again.
        """
        self.missed = 0
        self._connected = True
        if brake:
            if not hot:
                self._latched &= ~_TRIPPED
            self._release_armed = True
            self.braked = True
            self.powered = not self._latched & _TRIPPED
            return
        if self._latched and self._release_armed and not hot:
            self._latched = 0
        self._release_armed = False
        if not self._latched:
            self.braked = False
            self.powered = True

    def trip(self) -> None:
        """A motor is too hot."""
        self._latch(_TRIPPED)

    @property
    def flags(self) -> int:
        """BRAKED, COMMUNICATION_LOSS and TRIPPED as they stand."""
        return self._latched | (_BRAKED if self.braked else 0)

    def _latch(self, flag: int) -> None:
        self._latched |= flag
        self._release_armed = False
        self.braked = True
        self.powered = False
