"""A place into which one policy is loaded: wanted, loading, ready, or refused with the reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from runtime.plugin_host import PolicyManifest, PolicyUnavailable, Registry
from runtime.ports import Observation
from runtime.system2.conversation import Conversation
from runtime.system2.loading import PolicyLoader
from runtime.system2.runner import PolicyRunner


@dataclass(slots=True, eq=False)
class Seat:
    """A policy in a role: what it says of itself, and the conversation with it."""

    manifest: PolicyManifest
    talk: Conversation | None
    """None: it is not loaded yet, or not any more."""

    @property
    def name(self) -> str:
        """Of the policy."""
        return self.manifest.name


Converse = Callable[[PolicyManifest, PolicyRunner], Conversation]


class Berth:
    """One of them for each role that is filled while another policy drives."""

    def __init__(self, registry: Registry, loader: PolicyLoader, converse: Converse) -> None:
        self._registry = registry
        self._loader = loader
        self._converse = converse
        self.seat: Seat | None = None
        self.loading = ""
        self.refusal = ""
        """Why the policy that was wanted last is not there."""

        self.refused = ""
        """Its name."""

    @property
    def name(self) -> str:
        """Of the policy that is there or on its way; empty when none is."""
        return self.seat.name if self.seat is not None else self.loading

    def want(self, name: str, newest: Observation | None) -> None:
        """Load this policy, or refuse with the reason."""
        self.clear()
        try:
            self._registry.manifest(name)
        except PolicyUnavailable as trouble:
            self.refuse(name, str(trouble))
            return
        if obstacle := self._registry.obstacle(name):
            self.refuse(name, obstacle)
            return
        self.loading = name
        self._loader.begin(name, newest)

    def take(self, seat: Seat) -> None:
        """Use one that is loaded already."""
        self.clear()
        self.seat = seat

    def refuse(self, name: str, reason: str) -> None:
        """It will not come."""
        self.clear()
        self.refused, self.refusal = name, reason

    def clear(self) -> None:
        """Want none any more."""
        self.seat, self.loading, self.refusal, self.refused = None, "", "", ""

    def collect(self, newest: Observation | None) -> None:
        """Take in what has been loaded; `newest` is there to warm on."""
        loaded = self._loader.poll(newest)
        if loaded is None:
            return
        if loaded.runner is None:
            if loaded.name == self.loading:
                self.refuse(loaded.name, loaded.reason)
            return
        if loaded.name != self.loading:
            loaded.runner.close()  # nobody wants it any more
            return
        manifest = self._registry.manifest(loaded.name)
        self.loading = ""
        self.seat = Seat(manifest, self._converse(manifest, loaded.runner))

    def drop_the_lost(self) -> None:
        """A policy that collapsed while it waited here is not ready any more."""
        if self.seat is not None and self.seat.talk is None:
            self.refuse(self.seat.name, self._registry.obstacle(self.seat.name))

    def close(self) -> None:
        """Give up what is being loaded."""
        self._loader.close()
        if (loaded := self._loader.poll()) is not None and loaded.runner is not None:
            loaded.runner.close()
