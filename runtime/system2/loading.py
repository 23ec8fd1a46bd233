"""Loads and warms a policy beside the one that drives."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Protocol

from runtime.messages.cell import CellDescription
from runtime.plugin_host import PolicyUnavailable, Registry
from runtime.ports import Observation, Remote
from runtime.system2.runner import ANYHOW, InlineRunner, PolicyRunner, words_of

WARM_INFERENCES = 2
READY_WITHIN_S = 90.0
"""How long a policy behind a connection is waited for before a swap to it is refused: its server may compile first."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The outcome of one load."""

    name: str
    runner: PolicyRunner | None
    reason: str
    """Why there is none; empty when there is one."""


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

    def close(self) -> None:
        """Give up what is under way; may wait for it."""
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
        self._loaded = load(self._registry, self._cell, name, warm_up)

    def poll(self, newest: Observation | None = None) -> Loaded | None:
        """See `PolicyLoader`."""
        del newest
        loaded, self._loaded = self._loaded, None
        return loaded

    def close(self) -> None:
        """Nothing is under way."""


class ThreadedLoader:
    """Loads in a thread of its own, so that the active policy goes on answering; `close` waits for that thread."""

    isolates = False

    def __init__(self, registry: Registry, cell: CellDescription) -> None:
        self._registry = registry
        self._cell = cell
        self._wanted = ""
        self._lock = threading.Lock()
        self._loaded: Loaded | None = None
        self._thread: threading.Thread | None = None

    def begin(self, name: str, warm_up: Observation | None) -> None:
        """See `PolicyLoader`. A load under way is not interrupted; its outcome is dropped."""
        with self._lock:
            self._wanted, self._loaded = name, None
        self._thread = threading.Thread(target=self._load, args=(name, warm_up), name=f"load {name}", daemon=True)
        self._thread.start()

    def poll(self, newest: Observation | None = None) -> Loaded | None:
        """See `PolicyLoader`."""
        del newest
        with self._lock:
            loaded, self._loaded = self._loaded, None
        return loaded

    def close(self) -> None:
        """Wait for a load under way."""
        if self._thread is not None:
            self._thread.join()

    def _load(self, name: str, warm_up: Observation | None) -> None:
        loaded = load(self._registry, self._cell, name, warm_up)
        with self._lock:
            if self._wanted == name:
                self._loaded = loaded
                return
        if loaded.runner is not None:
            loaded.runner.close()


def load(registry: Registry, cell: CellDescription, name: str, warm_up: Observation | None) -> Loaded:
    """Import, build and warm one policy; every failure becomes a reason and quarantines.

    A policy whose server is not there is refused too, but may be asked for again.
    """
    try:
        policy = registry.load_policy(name, cell)
    except PolicyUnavailable as trouble:
        return Loaded(name, None, str(trouble))
    try:
        for _ in range(WARM_INFERENCES if warm_up is not None else 0):
            if warm_up is not None:
                policy.infer(warm_up)
        if warm_up is not None and isinstance(policy, Remote) and (obstacle := policy.await_ready(READY_WITHIN_S)):
            policy.close()
            return Loaded(name, None, obstacle)
    except ANYHOW as trouble:
        reason = f"failed while warming: {words_of(trouble)}"
        registry.quarantine_policy(name, reason)
        return Loaded(name, None, reason)
    return Loaded(name, InlineRunner(policy), "")
