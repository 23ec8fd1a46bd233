"""Where the planner's policies run: programmed ones beside it in a thread, isolated ones and shadows on their own."""

from __future__ import annotations

import os
import sys
import time
from functools import partial
from pathlib import Path

from runtime.messages.cell import CellDescription
from runtime.plugin_host import PolicyManifest, Registry
from runtime.ports import Clock, Observation
from runtime.system2.isolation import PolicyWorker, WorkerLimits, WorkerLoader
from runtime.system2.isolation.board import room_for
from runtime.system2.loading import Loaded, ThreadedLoader
from runtime.system2.policy_bay import Loaders
from twin_app.assembly.setup import CellSetup, encode_setup


class HostedLoader:
    """Loads an isolated policy into a process of its own, any other one into this process."""

    isolates = True

    def __init__(self, registry: Registry, here: ThreadedLoader, apart: WorkerLoader) -> None:
        self._registry = registry
        self._here = here
        self._apart = apart

    def begin(self, name: str, warm_up: Observation | None) -> None:
        """See `PolicyLoader`. What the other one is at is given up too."""
        self.give_up()
        loader = self._apart if self._registry.manifest(name).isolated else self._here
        loader.begin(name, warm_up)

    def poll(self, newest: Observation | None = None) -> Loaded | None:
        """See `PolicyLoader`. Only one of them has anything; the other may have a worker to reap."""
        here, apart = self._here.poll(newest), self._apart.poll(newest)
        return here or apart

    def give_up(self) -> None:
        """See `PolicyLoader`."""
        self._here.give_up()
        self._apart.give_up()

    def close(self) -> None:
        """Both of them."""
        self._here.close()
        self._apart.close()


def live_loaders(folder: Path, setup: CellSetup, *, cell: CellDescription, registry: Registry, clock: Clock) -> Loaders:
    """One a role. Whatever runs in shadow has a process of its own, so that it costs the active policy nothing."""
    launch = partial(_launch, folder, setup, room_for(cell))

    def apart() -> WorkerLoader:
        return WorkerLoader(registry, launch, clock)

    return Loaders(
        candidate=HostedLoader(registry, ThreadedLoader(registry, cell), apart()),
        shadow=apart(),
        fallback=HostedLoader(registry, ThreadedLoader(registry, cell, without_server=True), apart()),
    )


def _launch(folder: Path, setup: CellSetup, room: int, manifest: PolicyManifest) -> PolicyWorker:
    word = encode_setup(setup)
    own = ("policy", str(folder), word, manifest.name, str(os.getpid()))
    return PolicyWorker(
        (sys.executable, "-m", "twin_app.assembly.workers", *own),
        room=room,
        limits=WorkerLimits(manifest.load_s, manifest.hang_s, manifest.memory_mib),
        now_ns=time.monotonic_ns(),
    )
