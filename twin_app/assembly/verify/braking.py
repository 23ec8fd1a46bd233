"""From a kill to the arm's braking, by the plant's own stamps."""

from __future__ import annotations

import time

from runtime.link.plant_blocks import StateBlock
from runtime.link.stop_flag import StopFlag
from runtime.messages.joint import PlantFlag, PlantState

PROTECTION_TICKS = 20
"""Missed commands in a row at which the arm brakes by itself."""

WATCH_S = 1.5
TICK_NS = 1_000_000
NEVER_MS = WATCH_S * 1e3


def brake_ms(states: StateBlock, *, killed_ns: int) -> float:
    """Until the plant had closed its brakes or applied the first stopping command; `NEVER_MS` if it never did."""
    end_ns = killed_ns + int(WATCH_S * 1e9)
    while time.monotonic_ns() < end_ns:
        state = states.read()
        moment_ns = 0 if state is None else _braking_since(state, killed_ns)
        if moment_ns:
            return (moment_ns - killed_ns) * 1e-6
        time.sleep(0.0002)
    return NEVER_MS


def latch_ms(stop_flag: StopFlag, *, killed_ns: int) -> float:
    """Until the stop was latched; for the plant itself, whose state ends with it. `NEVER_MS` if it never was."""
    end_ns = killed_ns + int(WATCH_S * 1e9)
    while time.monotonic_ns() < end_ns:
        pressed_ns = stop_flag.pressed_ns()
        if pressed_ns:
            return max(pressed_ns - killed_ns, 0) * 1e-6
        time.sleep(0.0002)
    return NEVER_MS


def _braking_since(state: PlantState, killed_ns: int) -> int:
    """Moment at which this braking began; 0 while the arm is not braking."""
    if state.stop_seen_ns >= killed_ns:
        return state.stop_seen_ns
    if state.flags & PlantFlag.COMMUNICATION_LOSS and state.missed_commands >= PROTECTION_TICKS:
        return state.stamp_ns - (state.missed_commands - PROTECTION_TICKS) * TICK_NS
    return state.stamp_ns if state.flags & PlantFlag.BRAKED and state.stamp_ns >= killed_ns else 0
