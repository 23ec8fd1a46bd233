"""Loads and warms a policy beside the one that drives."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Protocol

from runtime.messages.cell import CellDescription
from runtime.plugin_host import PolicyUnavailable, Registry
from runtime.ports import Observation, Remote
from runtime.system2.runner import ANYHOW, InlineRunner, PolicyRunner, words_of

WARM_INFERENCES = 2
READY_WITHIN_S = 90.0
"""How long a policy behind a connection is waited for before a swap to it is refused: its server may compile first."""

TURN_S = 0.5
"""How long it is waited for at once, before a look whether anybody still wants it."""

CLOSES_WITHIN_S = 1.0
"""How long a load that was given up is waited for: what a plugin does while it is built is not interrupted."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The outcome of one load."""

    name: str
    runner: PolicyRunner | None
    reason: str
    """Why there is none; empty when there is one."""

    def let_go(self) -> None:
        """Nobody wants it any more."""
        if self.runner is not None:
            self.runner.close()


class PolicyLoader(Protocol):
    """Works on one policy at a time; a newer wish replaces an older one."""

    isolates: bool
    """Whether policies that ask for it get a process of their own."""

    def begin(self, name: str, warm_up: Observation | None) -> None:
        """Start to load; with an observation, infer on it until the policy answers at its usual speed."""
        ...

    def poll(self, newest: Observation | None = None) -> Loaded | None:
        """The outcome, once, when there is one. `newest`: to warm on, where there was nothing at the beginning."""
        ...

    def give_up(self) -> None:
        """Want none any more, whether it is under way or there to be fetched; never waits."""
        ...

    def close(self) -> None:
        """Give up for good; may wait a moment for what is under way."""
        ...


class SynchronousLoader:
    """Loads within `begin`: for lock-step, where a slow call costs no simulated time."""

    isolates = False

    def __init__(self, registry: Registry, cell: CellDescription) -> None:
        self._registry = registry
        self._cell = cell
        self._loaded: Loaded | None = None

    def begin(self, name: str, warm_up: Observation | None) -> None:
        """See `PolicyLoader`."""
        self.give_up()
        self._loaded = load(self._registry, self._cell, name, warm_up)

    def poll(self, newest: Observation | None = None) -> Loaded | None:
        """See `PolicyLoader`."""
        del newest
        loaded, self._loaded = self._loaded, None
        return loaded

    def give_up(self) -> None:
        """See `PolicyLoader`."""
        loaded, self._loaded = self._loaded, None
        if loaded is not None:
            loaded.let_go()

    def close(self) -> None:
        """Nothing is under way."""
        self.give_up()


class ThreadedLoader:
    """Loads in a thread of its own, so that the active policy goes on answering."""

    isolates = False

    def __init__(self, registry: Registry, cell: CellDescription, *, without_server: bool = False) -> None:
        """`without_server`: hand out a policy whose server is not there, too; its runner tells when it is."""
        self._registry = registry
        self._cell = cell
        self._without_server = without_server
        self._lock = threading.Lock()
        self._given_up = threading.Event()
        """Of the newest load."""

        self._loaded: Loaded | None = None
        self._thread: threading.Thread | None = None

    def begin(self, name: str, warm_up: Observation | None) -> None:
        """See `PolicyLoader`. A load under way is given up."""
        self.give_up()
        given_up = self._given_up = threading.Event()
        arguments = (name, warm_up, given_up)
        self._thread = threading.Thread(target=self._load, args=arguments, name=f"load {name}", daemon=True)
        self._thread.start()

    def poll(self, newest: Observation | None = None) -> Loaded | None:
        """See `PolicyLoader`."""
        del newest
        with self._lock:
            loaded, self._loaded = self._loaded, None
        return loaded

    def give_up(self) -> None:
        """See `PolicyLoader`."""
        with self._lock:
            self._given_up.set()
            loaded, self._loaded = self._loaded, None
        if loaded is not None:
            loaded.let_go()

    def close(self) -> None:
        """See `PolicyLoader`."""
        self.give_up()
        if self._thread is not None:
            self._thread.join(CLOSES_WITHIN_S)

    def _load(self, name: str, warm_up: Observation | None, given_up: threading.Event) -> None:
        loaded = load(self._registry, self._cell, name, warm_up, given_up=given_up, without_server=self._without_server)
        with self._lock:
            if not given_up.is_set():
                self._loaded = loaded
                return
        loaded.let_go()


def load(
    registry: Registry,
    cell: CellDescription,
    name: str,
    warm_up: Observation | None,
    *,
    given_up: threading.Event | None = None,
    without_server: bool = False,
) -> Loaded:
    """Import, build and warm one policy; every failure becomes a reason and quarantines.

    A policy whose server is not there is refused too, but may be asked for again; `without_server`: it is not.
    Once it is `given_up`, its server is waited for no longer.
    """
    try:
        policy = registry.load_policy(name, cell)
    except PolicyUnavailable as trouble:
        return Loaded(name, None, str(trouble))
    runner = InlineRunner(policy)
    try:
        for _ in range(WARM_INFERENCES if warm_up is not None else 0):
            if warm_up is not None:
                policy.infer(warm_up)
        reason = ""
        if warm_up is not None and isinstance(policy, Remote):
            reason = _awaited(policy, given_up or threading.Event())
        if not reason or without_server:
            return Loaded(name, runner, "")
    except ANYHOW as trouble:
        reason = f"failed while warming: {words_of(trouble)}"
        registry.quarantine_policy(name, reason)
    runner.close()
    runner.wait()
    return Loaded(name, None, reason)


def _awaited(policy: Remote, given_up: threading.Event) -> str:
    """Why it may not drive, empty when it may. One that says why before its turn is over will not change its mind."""
    ends_s = time.monotonic() + READY_WITHIN_S
    while True:
        began_s = time.monotonic()
        obstacle = policy.await_ready(TURN_S)
        now_s = time.monotonic()
        if not obstacle or now_s - began_s < TURN_S or now_s >= ends_s or given_up.is_set():
            return obstacle
