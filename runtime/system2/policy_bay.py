"""Which policy drives, which is being prepared, and the change from one to the other at a chunk border."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.messages.orders import Orders
from runtime.messages.policy import PolicyEntry, Readiness
from runtime.plugin_host import PolicyManifest, PolicyUnavailable, Registry
from runtime.ports import Observation, Policy
from runtime.system2.loading import PolicyLoader, let_go


@dataclass(frozen=True, slots=True)
class Seat:
    """A loaded policy with its manifest."""

    manifest: PolicyManifest
    policy: Policy


class PolicyBay:
    """Holds the active policy, the one before it (ready for one step back) and a candidate."""

    def __init__(self, registry: Registry, loader: PolicyLoader, *, first: Seat) -> None:
        """`first` drives from the start."""
        self._registry = registry
        self._loader = loader
        self.active = first
        self.previous: Seat | None = None
        self._next: Seat | None = None
        self._loading = ""
        self._swap_id = 0
        self.swaps = 0
        self.last_swap_ns = 0
        self.refusal = ""

    @property
    def candidate(self) -> str:
        """Name of the policy that is to take over; empty when none is."""
        return self._next.manifest.name if self._next is not None else self._loading

    def follow(self, orders: Orders, newest: Observation | None) -> None:
        """Act on a swap request once: prepare its policy, or refuse with the reason."""
        if orders.swap_id == self._swap_id:
            return
        self._swap_id = orders.swap_id
        self.refusal = ""
        name = orders.policy
        if name == self.active.manifest.name:
            self._forget_next()
            self._loading = ""
        elif self.previous is not None and name == self.previous.manifest.name:
            self._forget_next()
            self._next, self._loading = self.previous, ""
        elif name:
            self._prepare(name, newest)

    def change_at_border(self, now_ns: int) -> bool:
        """Between two chunks: take in what was loaded, and let a ready candidate take over. True when it did."""
        self._collect()
        if self._next is None:
            return False
        dropped = self.previous
        self.previous, self.active, self._next = self.active, self._next, None
        if dropped is not None and dropped.policy is not self.active.policy:
            let_go(dropped.policy)
        self.swaps += 1
        self.last_swap_ns = now_ns
        return True

    def close(self) -> None:
        """Let go of every policy."""
        for seat in (self.active, self.previous, self._next):
            if seat is not None:
                let_go(seat.policy)

    def entries(self) -> tuple[PolicyEntry, ...]:
        """Every policy that this cell could run, and how far it is."""
        return tuple(self._entry(manifest) for manifest in self._registry.policies())

    def _prepare(self, name: str, newest: Observation | None) -> None:
        self._forget_next()
        try:
            self._registry.manifest(name)
        except PolicyUnavailable as trouble:
            self.refusal = str(trouble)
            return
        if obstacle := self._registry.obstacle(name):
            self.refusal = obstacle
            return
        self._loading = name
        self._loader.begin(name, newest)

    def _forget_next(self) -> None:
        """A newer wish: the candidate of the last one is let go, unless it is the way back."""
        if self._next is not None and self._next is not self.previous:
            let_go(self._next.policy)
        self._next = None

    def _collect(self) -> None:
        loaded = self._loader.poll()
        if loaded is None:
            return
        if loaded.name != self._loading:
            if loaded.policy is not None:
                let_go(loaded.policy)
            return
        self._loading = ""
        if loaded.policy is None:
            self.refusal = loaded.reason
            return
        self._next = Seat(self._registry.manifest(loaded.name), loaded.policy)

    def _entry(self, manifest: PolicyManifest) -> PolicyEntry:
        obstacle = self._registry.obstacle(manifest.name)
        return PolicyEntry(
            manifest.name, manifest.version, manifest.label, self._readiness(manifest, obstacle), obstacle
        )

    def _readiness(self, manifest: PolicyManifest, obstacle: str) -> Readiness:
        name = manifest.name
        if name == self.active.manifest.name:
            return Readiness.ACTIVE
        if obstacle:
            return Readiness.REFUSED
        if any(seat is not None and name == seat.manifest.name for seat in (self._next, self.previous)):
            return Readiness.READY
        return Readiness.LOADING if name == self._loading else Readiness.AVAILABLE
