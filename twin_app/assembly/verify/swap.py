"""`celltwin verify swap`: two policies take turns while the arm picks; no tick is lost and no torque jumps by it.

Beside the cell runs one bare 1 kHz loop a core: a tick that it misses too is the host's stall, not the swap's.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
from typing import Any

from msgspec.structs import replace

from runtime.link.subscriber import Subscriber
from runtime.messages import topics
from runtime.messages.policy import PolicyState
from runtime.messages.requests import Reset, Start, SwapPolicy
from runtime.messages.state import ControlState, Mode, TickTrace
from runtime.mistakes import UserMistake, quoted
from twin_app.assembly.figures import show
from twin_app.assembly.floor import end_floor, read_stamped, start_stamped
from twin_app.assembly.live import LiveCell
from twin_app.assembly.live_picks import LivePicks
from twin_app.assembly.pick_result import pick_line
from twin_app.assembly.setup import CellSetup, SessionSetup, read_plugins, read_scene
from twin_app.assembly.verify.tick_misses import (
    NEAR_NS,
    TICK_NS,
    Miss,
    TickBlock,
    beyond_floor,
    block_of,
    missed_near,
    stamp_of,
)

PICKS_WITHOUT_SWAP = 3
"""After so many picks in a row without a swap the run ends short of its number."""


def run(arguments: argparse.Namespace) -> int:
    """Swap so often; exit status 1 when a promise was not kept."""
    pair = parse_pair(arguments.policies)
    setup = CellSetup(cell=f"swap-{os.getpid()}", policy=pair[0], seed=arguments.seed)
    read_plugins(replace(setup, policy=pair[1]))
    read_plugins(setup)
    with tempfile.TemporaryDirectory(prefix="celltwin-swap-") as folder:
        session = SessionSetup(cell=setup, data_folder=folder, autostart=True, ends_with_parent=True)
        live = LiveCell(session)
        floors = [_floor_on(core) for core in sorted(os.sched_getaffinity(0))]
        try:
            live.start()
            live.await_ready()
            swapping = Swapping(live, pair=pair, wanted=arguments.swaps, seed=arguments.seed)
            picks = _pick_while(swapping, live, setup)
            swapping.close()
            live.close()
            floor_misses = [[Miss(*miss) for miss in read_stamped(floor)] for floor in floors]
        finally:
            live.close()
            for floor in floors:
                end_floor(floor)
    figures = {**picks, **swapping.figures(floor_misses), "policies": list(pair)}
    figures = {name: figures[name] for name in _ORDER} | figures
    show(figures, as_json=arguments.json)
    kept = figures["missed_beyond_floor"] == figures["torque_step_over_limit"] == 0
    return int(not (kept and figures["swaps"] == arguments.swaps and figures["finished"] == figures["picks"]))


def parse_pair(text: str) -> tuple[str, str]:
    """`A,B`: two policies of different names. Raises `UserMistake`."""
    names = [name.strip() for name in text.split(",")]
    if len(names) != 2 or not all(names) or names[0] == names[1]:
        raise UserMistake(f"policies {quoted(text)} are no pair", remedy="write A,B, e.g. flow_vla,programmed")
    return names[0], names[1]


_ORDER = ("swaps", "missed_beyond_floor", "torque_step_over_limit", "picks", "finished")


class Swapping:
    """Asks for the other policy at random moments of a pick, and keeps every tick that was missed."""

    def __init__(self, live: LiveCell, *, pair: tuple[str, str], wanted: int, seed: int) -> None:
        self._live = live
        self._pair = pair
        self._wanted = wanted
        self._random = random.Random(seed)
        self._subscriber = Subscriber(live.session, (topics.CONTROL, topics.TICKS, topics.POLICY))
        self._blocks: list[TickBlock] = []
        self._first: ControlState | None = None
        self._newest: ControlState | None = None
        self._policy: PolicyState | None = None
        self._swap_ticks: list[int] = []
        self._asked = 0
        self._next_ns = 0
        self._help_ns = 0
        self._refused = ""
        self.stops: list[str] = []

    @property
    def done(self) -> bool:
        """Whether as many chunks of another policy took over as were wanted."""
        return self.swaps >= self._wanted

    @property
    def swaps(self) -> int:
        """Take-overs so far, by the fast loop's own word."""
        return len(self._swap_ticks)

    @property
    def preparing(self) -> bool:
        """Whether the next policy is still being loaded: one in a process of its own takes some seconds."""
        return self._policy is not None and bool(self._policy.candidate)

    def watch(self) -> None:
        """Called many times during a pick: listen, help after a stop, ask for the next swap when it is time."""
        for received in self._subscriber.poll(0.0):
            if isinstance(received.message, TickTrace):
                self._blocks.append(block_of(received.message))
            elif isinstance(received.message, ControlState):
                self._take(received.message)
            elif isinstance(received.message, PolicyState):
                self._take_policy(received.message)
        control = self._newest
        if control is None:
            return
        if control.mode is not Mode.AUTO:
            self._help(control)
        elif self._asked == self.swaps and not self.done and control.stamp_ns >= self._next_ns:
            self._ask(control)

    def close(self) -> None:
        """Let go of the socket."""
        self._subscriber.close()

    def figures(self, floors: list[list[Miss]]) -> dict[str, Any]:
        """What was measured. `missed_near_expected`: what the rate over the whole run would put near the swaps."""
        misses = [miss for block in self._blocks for miss in block.misses]
        stamps = [stamp_of(tick, self._blocks) for tick in self._swap_ticks]
        heard = [stamp for stamp in stamps if stamp is not None]
        first, newest = self._first, self._newest
        over = newest.torque_step_over_limit - first.torque_step_over_limit if first and newest else 0
        ticks = newest.ticks - first.ticks if first and newest else 0
        share = sum(miss.count for miss in misses) / max(1, ticks)
        return {
            "swaps": self.swaps,
            "missed_beyond_floor": sum(beyond_floor(stamp, misses, floors) for stamp in heard),
            "torque_step_over_limit": over,
            "missed_near_swaps": sum(missed_near(stamp, misses) for stamp in heard),
            "missed_near_expected": round(share * 2 * NEAR_NS / TICK_NS * len(heard), 1),
            "missed_in_all": sum(miss.count for miss in misses),
            "floor_missed": [sum(miss.count for miss in floor) for floor in floors],
            "ticks": ticks,
            "swaps_without_record": len(stamps) - len(heard),
            "stops": self.stops,
        }

    def _take(self, control: ControlState) -> None:
        if self._first is None:
            self._first = control
        known = {*self._first.swap_ticks, *self._swap_ticks}
        fresh = [tick for tick in control.swap_ticks if tick not in known]
        if fresh:
            self._swap_ticks += fresh
            self._next_ns = control.stamp_ns + int(self._random.uniform(0.5, 2.5) * 1e9)
            _say(f"swap {self.swaps}/{self._wanted}: {control.policy} took over at tick {fresh[-1]}")
        self._newest = control

    def _take_policy(self, policy: PolicyState) -> None:
        known = "" if self._policy is None else self._policy.swap_refusal
        if policy.swap_refusal and policy.swap_refusal != known:
            _say(f"swap refused: {policy.swap_refusal}")
            self._asked = self.swaps
        self._policy = policy

    def _ask(self, control: ControlState) -> None:
        first, second = self._pair
        other = second if control.policy.split(" ")[0] == first else first
        self._next_ns = control.stamp_ns + 500_000_000
        try:
            self._live.ask(SwapPolicy(other))
        except UserMistake as refusal:
            _say(f"{refusal}; asked again")
            return
        self._asked += 1

    def _help(self, control: ControlState) -> None:
        """After a stop (the host's stalls can cause one): what a person does."""
        if control.stamp_ns < self._help_ns:
            return
        self._help_ns = control.stamp_ns + 500_000_000
        try:
            if control.mode in (Mode.PROTECTIVE_STOP, Mode.FAULT):
                self.stops.append(control.mode_reason)
                self._live.ask(Reset())
            else:
                self._live.ask(Start())
        except UserMistake as refusal:  # perhaps not yet possible; it is asked again
            if refusal.what != self._refused:
                _say(refusal.what)
            self._refused = refusal.what


def _pick_while(swapping: Swapping, live: LiveCell, setup: CellSetup) -> dict[str, Any]:
    """Pick until all swaps took place; gives up, and says so, when nothing comes of it any more."""
    runner = LivePicks(live, read_scene(setup), seed=setup.seed)
    stuck: list[str] = []
    idle_picks, before = 0, 0
    try:
        while not swapping.done and idle_picks < PICKS_WITHOUT_SWAP:
            try:
                result = runner.pick(swapping.watch)
                _say(pick_line(result, len(runner.results) + len(stuck), 0).replace("/0", ""))
            except UserMistake as trouble:
                stuck.append(trouble.what)
                _say(f"a pick did not end: {trouble.what}")
            idle_picks = idle_picks + 1 if swapping.swaps == before and not swapping.preparing else 0
            before = swapping.swaps
    finally:
        runner.close()
    finished = sum(result.succeeded for result in runner.results)
    return {"picks": len(runner.results) + len(stuck), "finished": finished, "stuck": stuck}


def _floor_on(core: int) -> subprocess.Popen[str]:
    floor = start_stamped()
    os.sched_setaffinity(floor.pid, {core})
    return floor


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
