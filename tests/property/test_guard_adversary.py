"""The braking envelope against an adversary: 300,000 joint steps without a violation, and teeth when it is weakened.

`CELLTWIN_ADVERSARY_STEPS` runs as many steps as wanted, e.g. 10,000,000 (about 15 s).
"""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from runtime.guardrail.envelope import Envelope
from runtime.guardrail.limits import Limits, Margins, limits_of
from tests.support.adversary import Trial, drive, widened
from tests.support.guarded import cell_with_walls

STEPS = int(os.environ.get("CELLTWIN_ADVERSARY_STEPS", "300000"))
COPIES = 100
DELAYS = (0, 1, 2, 3, 4)
"""Ticks; the longest and the tick until the next judgement make the reaction window of 5 ms."""


def _limits(margins: Margins | None = None) -> Limits:
    return widened(limits_of(cell_with_walls(), margins), copies=COPIES)


def _trial(believed: Limits, *, delay_ticks: int, steps: int, seed: int) -> Trial:
    ticks = max(1, steps // believed.joints)
    return drive(Envelope(believed), _limits(), ticks=ticks, delay_ticks=delay_ticks, seed=seed)


@pytest.mark.parametrize("delay_ticks", DELAYS)
def test_no_adversary_drives_a_joint_out_of_its_range(delay_ticks: int) -> None:
    trial = _trial(_limits(), delay_ticks=delay_ticks, steps=STEPS // len(DELAYS), seed=delay_ticks)
    assert trial.violations == 0
    assert trial.brakings > 100  # it was worth trying


WEAKENED: dict[str, Limits] = {
    "reaction window": _limits(Margins(reaction_s=0.0)),
    "window of one tick only": _limits(Margins(reaction_s=0.001)),
    "derating of the brakes": _limits(Margins(brake_fraction=1.0)),
    "worst acceleration in the window": replace(_limits(), acceleration_rad_s2=_limits().acceleration_rad_s2 * 0.01),
    "position limit": replace(_limits(), position_upper_rad=_limits().position_upper_rad + 0.01),
}


@pytest.mark.parametrize("weakness", WEAKENED)
def test_the_adversary_finds_every_margin_that_is_taken_away(weakness: str) -> None:
    trial = _trial(WEAKENED[weakness], delay_ticks=DELAYS[-1], steps=300_000, seed=1)
    assert trial.violations > 0


@pytest.mark.parametrize("weakness", ["reaction window", "window of one tick only"])
def test_without_delay_a_guard_without_window_looks_better_than_it_is(weakness: str) -> None:
    undelayed = _trial(WEAKENED[weakness], delay_ticks=0, steps=300_000, seed=1)
    delayed = _trial(WEAKENED[weakness], delay_ticks=4, steps=300_000, seed=1)
    assert undelayed.violations * 1.5 < delayed.violations  # which is why the trials above have delay
