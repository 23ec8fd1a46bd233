"""`celltwin bench shadow`: what a policy in shadow costs the 1 kHz loop and the active policy's inference.

Stretches without and with the shadow take turns in one run, so that the machine's moods fall on both alike; the time
in which a shadow is loaded or leaves belongs to neither.
"""

from __future__ import annotations

import argparse
import sys
import time
from enum import Enum

from msgspec.structs import replace

from runtime.messages import topics
from runtime.messages.policy import PolicyState, Readiness
from runtime.messages.requests import SetShadow
from runtime.mistakes import UserMistake
from twin_app.assembly.bench.cell import HeardCell, cell_setup, running_cell
from twin_app.assembly.bench.shadow_record import ALONE, BESIDE, ShadowRecord
from twin_app.assembly.figures import circumstances, load, show
from twin_app.assembly.live_picks import LivePicks
from twin_app.assembly.setup import read_plugins, read_scene

DEFAULT_SECONDS = 240
STRETCHES = 8
"""Half of them alone, half beside."""

SETTLE_S = 3.0
CHANGE_PATIENCE_S = 120.0
"""For a policy to be loaded on a machine that is busy."""


class Phase(Enum):
    """Of one stretch."""

    CHANGING = "changing"
    SETTLING = "settling"
    MEASURING = "measuring"


class _Done(Exception):
    """Every stretch was measured, in the middle of a pick."""


class Turns:
    """Sets the shadow and lets it go, stretch by stretch, while the cell picks."""

    def __init__(self, live: HeardCell, record: ShadowRecord, *, shadow: str, stretch_s: float) -> None:
        self._live = live
        self._record = record
        self._shadow = shadow
        self._stretch_s = stretch_s
        self._count = 0
        self._phase = Phase.SETTLING
        self._since_s = time.monotonic()

    def watch(self) -> None:
        """Called many times a second; raises `_Done`, or `UserMistake` when the shadow does not come up."""
        past_s = time.monotonic() - self._since_s
        if self._phase is Phase.CHANGING:
            self._await_change(past_s)
        elif self._phase is Phase.SETTLING and past_s >= SETTLE_S:
            self._record.open(self._kind, time.monotonic_ns())
            self._enter(Phase.MEASURING)
        elif self._phase is Phase.MEASURING and past_s >= self._stretch_s:
            self._next()

    @property
    def _kind(self) -> str:
        return BESIDE if self._count % 2 else ALONE

    def _next(self) -> None:
        self._record.close()
        print(f"  {self._count + 1} of {STRETCHES} stretches: {self._kind}", file=sys.stderr, flush=True)
        self._count += 1
        if self._count == STRETCHES:
            raise _Done
        self._live.ask(SetShadow(self._shadow if self._kind == BESIDE else ""))
        self._enter(Phase.CHANGING)

    def _await_change(self, past_s: float) -> None:
        policy = self._live.heard.get(topics.POLICY.name)
        shadow = policy.shadow if isinstance(policy, PolicyState) else None
        if shadow is not None and shadow.readiness is Readiness.REFUSED:
            raise UserMistake(f"policy {self._shadow} does not run in shadow: {shadow.obstacle}")
        there = shadow is not None and shadow.inferences > 0
        if (there and self._kind == BESIDE) or (shadow is None and self._kind == ALONE):
            self._enter(Phase.SETTLING)
        elif past_s > CHANGE_PATIENCE_S:
            raise UserMistake(f"policy {self._shadow} was not at work in shadow within {CHANGE_PATIENCE_S:g} s")

    def _enter(self, phase: Phase) -> None:
        self._phase, self._since_s = phase, time.monotonic()


def run(arguments: argparse.Namespace) -> int:
    """Measure for four minutes (or `--seconds`); prints the figures."""
    seconds = arguments.seconds or DEFAULT_SECONDS
    setup = replace(cell_setup(arguments.scene, arguments.seed), policy=arguments.policy)
    read_plugins(replace(setup, shadow=arguments.shadow))
    drawing = read_scene(setup)
    record = ShadowRecord()
    load_before = load()
    with running_cell(setup, autostart=True, also=(topics.TICKS, topics.POLICY)) as live:
        live.ear = lambda received: record.take(received.message)
        runner = LivePicks(live, drawing, seed=arguments.seed)
        turns = Turns(live, record, shadow=arguments.shadow, stretch_s=seconds / STRETCHES)
        try:
            while True:
                runner.pick(turns.watch)
        except _Done:
            picks = len(runner.results)
        finally:
            runner.close()
    figures = {
        **record.figures(),
        "active": arguments.policy,
        "shadow": arguments.shadow,
        "picks": picks,
        "stretch_s": round(seconds / STRETCHES, 1),
        "load_before": load_before,
        "load_after": load(),
        **circumstances(scene=arguments.scene, seed=arguments.seed),
    }
    show(figures, as_json=arguments.json)
    return 0
