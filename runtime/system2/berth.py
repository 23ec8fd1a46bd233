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

    @property
    def obstacle(self) -> str:
        """Why it could not drive though it is loaded, in words; empty when nothing speaks against it."""
        return "" if self.talk is None else self.talk.runner.obstacle


Converse = Callable[[PolicyManifest, PolicyRunner], Conversation]


class Berth:
    """One of them for each role that is filled while another policy drives."""

    def __init__(self, registry: Registry, loader: PolicyLoader, converse: Converse) -> None:
        self._registry = registry
        self._loader = loader
        self._converse = converse
        self.seat: Seat | None = None
        self.loading = ""
        self._begun = False  # whether the loader has been told of it
        self.refusal = ""
        """Why the policy that was wanted last is not there."""

        self.refused = ""
        """Its name."""

    @property
    def name(self) -> str:
        """Of the policy that is there or on its way; empty when none is."""
        return self.seat.name if self.seat is not None else self.loading

    def want(self, name: str, newest: Observation | None) -> None:
        """Load this policy, or refuse with the reason. One behind a server waits for something to show to it."""
        self.clear()
        try:
            manifest = self._registry.manifest(name)
        except PolicyUnavailable as trouble:
            self.refuse(name, str(trouble))
            return
        if obstacle := self._registry.obstacle(name):
            self.refuse(name, obstacle)
            return
        self.loading, self._begun = name, False
        if newest is not None or manifest.server is None:
            self._begin(newest)

    def take(self, seat: Seat) -> None:
        """Use one that is loaded already."""
        self.clear()
        self.seat = seat

    def refuse(self, name: str, reason: str) -> None:
        """It will not come."""
        self.clear()
        self.refused, self.refusal = name, reason

    def clear(self) -> None:
        """Want none any more; a load under way is given up."""
        if self.loading:
            self._loader.give_up()
        self.seat, self.loading, self.refusal, self.refused = None, "", "", ""

    def collect(self, newest: Observation | None) -> None:
        """Take in what has been loaded; `newest` is there to warm on."""
        if self.loading and not self._begun and newest is not None:
            self._begin(newest)
        loaded = self._loader.poll(newest)
        if loaded is None:
            return
        if loaded.runner is None:
            if loaded.name == self.loading:
                self.refuse(loaded.name, loaded.reason)
            return
        if loaded.name != self.loading:
            loaded.let_go()
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

    def _begin(self, newest: Observation | None) -> None:
        self._begun = True
        self._loader.begin(self.loading, newest)
