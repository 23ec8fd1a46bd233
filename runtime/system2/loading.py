"""Loads and warms a policy beside the one that drives."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Protocol

from runtime.messages.cell import CellDescription
from runtime.plugin_host import PolicyUnavailable, Registry
from runtime.ports import Observation, Policy, Remote

WARM_INFERENCES = 2
READY_WITHIN_S = 90.0
"""How long a policy behind a connection is waited for before a swap to it is refused: its server may compile first."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The outcome of one load."""

    name: str
    policy: Policy | None
    reason: str
    """Why there is none; empty when there is one."""


class PolicyLoader(Protocol):
    """Works on one policy at a time; a newer wish replaces an older one."""

    def begin(self, name: str, warm_up: Observation | None) -> None:
        """Start to load; with an observation, infer on it until the policy answers at its usual speed."""
        ...

    def poll(self) -> Loaded | None:
        """The outcome, once, when there is one."""
        ...


class SynchronousLoader:
    """Loads within `begin`: for lock-step, where a slow call costs no simulated time."""

    def __init__(self, registry: Registry, cell: CellDescription) -> None:
        self._registry = registry
        self._cell = cell
        self._loaded: Loaded | None = None

    def begin(self, name: str, warm_up: Observation | None) -> None:
        """See `PolicyLoader`."""
        self._loaded = load(self._registry, self._cell, name, warm_up)

    def poll(self) -> Loaded | None:
        """See `PolicyLoader`."""
        loaded, self._loaded = self._loaded, None
        return loaded


class ThreadedLoader:
    """Loads in a thread of its own, so that the active policy goes on answering; `close` waits for that thread."""

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

    def poll(self) -> Loaded | None:
        """See `PolicyLoader`."""
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
        if loaded.policy is not None:
            let_go(loaded.policy)


def load(registry: Registry, cell: CellDescription, name: str, warm_up: Observation | None) -> Loaded:
    """Import, build and warm one policy; every failure becomes a reason and quarantines the plugin.

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
    except Exception as trouble:  # noqa: BLE001 - a plugin may fail in any way; it must not take the planner with it
        reason = f"failed while warming: {type(trouble).__name__}: {trouble}"
        registry.quarantine(registry.manifest(name).plugin, reason)
        return Loaded(name, None, reason)
    return Loaded(name, policy, "")


def let_go(policy: Policy) -> None:
    """Close a policy that holds a connection; others hold nothing."""
    if isinstance(policy, Remote):
        policy.close()
