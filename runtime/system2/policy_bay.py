"""Which policy drives, which is being prepared, in shadow or ready to stand in, and the changes between them."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.messages.orders import Orders
from runtime.messages.policy import PolicyEntry, Readiness
from runtime.plugin_host import PolicyManifest, PolicyUnavailable, Registry
from runtime.ports import Observation
from runtime.system2.berth import Berth, Converse, Seat
from runtime.system2.conversation import FAILURES_MAX, Told
from runtime.system2.loading import PolicyLoader
from runtime.system2.runner import PolicyRunner


@dataclass(frozen=True, slots=True)
class Loaders:
    """One for each role, as each loads one policy at a time."""

    candidate: PolicyLoader
    shadow: PolicyLoader
    fallback: PolicyLoader


class PolicyBay:
    """Holds the wanted policy, the one before it, a candidate, one in shadow and one that can stand in."""

    def __init__(self, registry: Registry, loaders: Loaders, converse: Converse, *, first: Seat) -> None:
        """`first` drives from the start; one without a conversation is being loaded by `loaders.candidate`."""
        self._registry = registry
        self._candidate = Berth(registry, loaders.candidate, converse)
        self._shadow = Berth(registry, loaders.shadow, converse)
        self.fallback = Berth(registry, loaders.fallback, converse)
        self._wanted = first
        self._standing: Seat | None = None
        self._stand_in_for = ""
        self.previous: Seat | None = None
        self._swap_id = 0
        self.shadow_id = 0
        self._shadow_wish = ""
        self.fallback_wish = ""
        self.release_id = 0
        self.swaps = 0
        self.last_swap_ns = 0
        self.refusal = ""
        self._was_there = first.talk is not None
        self._known: list[Seat] = [first]
        self._leaving: list[PolicyRunner] = []
        if first.talk is None:
            self._candidate.want(first.name, None)

    @property
    def active(self) -> Seat:
        """That which drives."""
        return self._wanted if self._standing is None else self._standing

    @property
    def wanted(self) -> Seat:
        """That which should drive; another may stand in for it."""
        return self._wanted

    @property
    def stands_in(self) -> bool:
        """Whether the fallback drives instead of the wanted policy."""
        return self._standing is not None

    @property
    def candidate(self) -> str:
        """Name of the policy that is to take over; empty when none is."""
        return self._candidate.name

    @property
    def shadow(self) -> Seat | None:
        """That which is asked without effect: the one that is stood in for, else the one that was wished for."""
        if self.stands_in and self._wanted.talk is not None:
            return self._wanted
        return self._shadow.seat

    @property
    def shadow_berth(self) -> Berth:
        """Of the wished shadow, whether it is there or not."""
        return self._shadow

    @property
    def fallback_ready(self) -> bool:
        """Whether a policy that does not drive could stand in at once."""
        return not self.stands_in and self.fallback.seat is not None and not self.fallback_obstacle

    @property
    def fallback_obstacle(self) -> str:
        """Why the fallback could not stand in, in words: it could not be loaded, or its server is not there now."""
        seat = self.fallback.seat
        if seat is None:
            return self.fallback.refusal
        return "" if self.stands_in else seat.obstacle

    # ── wishes ───────────────────────────────────────────────────────────────────────────────────

    def follow(self, orders: Orders, newest: Observation | None) -> None:
        """Act on what is new in the orders; each wish once."""
        if orders.release_id != self.release_id:
            self.release_id = orders.release_id
            self._release(orders.release, newest)
        if orders.swap_id != self._swap_id:
            self._swap_id = orders.swap_id
            self._swap(orders.policy, newest)
        if orders.shadow_id != self.shadow_id:
            self.shadow_id = orders.shadow_id
            self._shadow_wish = orders.shadow
            self._set_shadow(newest)
        self.fallback_wish = orders.fallback
        self._keep_fallback(newest)
        self._stand_in_for = orders.stand_in_for
        self._let_go()

    def look_after(self, now_ns: int, newest: Observation | None) -> None:
        """Take in what was loaded, notice who has collapsed, reap who has left.

        Raises `PolicyUnavailable` when the first policy of all cannot be had.
        """
        for berth in (self._candidate, self._shadow, self.fallback):
            berth.collect(newest)
        for seat in self._seats():
            if seat not in (self.active, self.shadow) or self.returns(seat):
                self.hear(seat, now_ns)
        for berth in (self._candidate, self._shadow, self.fallback):
            berth.drop_the_lost()
        if self.previous is not None and self.previous.talk is None:
            self.previous = None
        if self._candidate.refusal:
            self._give_up_candidate(newest)
        self._let_go()
        self._leaving = [runner for runner in self._leaving if not runner.gone()]

    def hear(self, seat: Seat, now_ns: int) -> Told | None:
        """What a policy has said; one that failed too often or collapsed is quarantined and let go."""
        if seat.talk is None:
            return None
        told = seat.talk.poll(now_ns)
        if seat.talk.collapse:
            self._quarantine(seat, seat.talk.collapse)
        elif seat.talk.failures >= FAILURES_MAX and told is not None:
            last = told.proposal.reason.partition(" raised ")[2]
            self._quarantine(seat, f"raised {seat.talk.failures} times in a row, last: {last}")
        return told

    # ── changes ──────────────────────────────────────────────────────────────────────────────────

    def change_at_border(self, now_ns: int) -> bool:
        """Between two chunks: a ready candidate takes over, a fallback steps back. True when another one drives."""
        before = self.active
        seat = self._candidate.seat
        if seat is not None and _answered(seat, now_ns):
            self._candidate.clear()
            if seat.name != self._wanted.name:
                self.previous = self._wanted if self._wanted.talk is not None else None
                self.swaps += 1
                self.last_swap_ns = now_ns
            self._wanted = seat
            self._was_there = True
        if self.returns(self._wanted) and _answered(self._wanted, now_ns):
            self._standing = None
        self._let_go()
        return self.active is not before

    def returns(self, seat: Seat) -> bool:
        """Whether this one drives again from the next border on, once it has answered: until then it is not asked."""
        return self.stands_in and seat is self._wanted and self._stand_in_for != seat.name

    def stand_in(self) -> bool:
        """At once, whatever the driving policy is at: the fallback takes over where that is ordered. True if so."""
        seat = self.fallback.seat
        if self.stands_in or seat is None or self._stand_in_for != self._wanted.name:
            return False
        self._standing = seat
        return True

    def entries(self) -> tuple[PolicyEntry, ...]:
        """Every policy that this cell could run, and how far it is."""
        return tuple(self._entry(manifest) for manifest in self._registry.policies())

    def descriptors(self) -> tuple[int, ...]:
        """What becomes readable when a policy in a process of its own has something to say."""
        runners = (seat.talk.runner.descriptor for seat in self._seats() if seat.talk is not None)
        return tuple(descriptor for descriptor in runners if descriptor >= 0)

    def close(self) -> tuple[PolicyRunner, ...]:
        """Let every policy go; returns those that may still be ending."""
        for berth in (self._candidate, self._shadow, self.fallback):
            berth.close()
        for seat in self._seats():
            self._dismiss(seat)
        return tuple(self._leaving)

    # ── details ──────────────────────────────────────────────────────────────────────────────────

    def _swap(self, name: str, newest: Observation | None) -> None:
        self.refusal = ""
        if not name:
            return
        loaded = self._loaded(name)
        if name == self._shadow.name:
            self._shadow.clear()
            self._shadow_wish = ""
        if name == self._wanted.name and self._wanted.talk is not None:
            self._candidate.clear()
        elif loaded is not None:
            self._candidate.take(loaded)
        elif name != self._candidate.loading:
            self._candidate.want(name, newest)

    def _loaded(self, name: str) -> Seat | None:
        """One that could drive at once: that which does, else the one that was watched in shadow, else any other."""
        seats = (self.active, self._shadow.seat, *self._seats())
        return next((seat for seat in seats if seat is not None and seat.name == name and _can_drive(seat)), None)

    def _give_up_candidate(self, newest: Observation | None) -> None:
        name, reason = self._candidate.refused, self._candidate.refusal
        if name == self._wanted.name and not self._was_there:
            raise PolicyUnavailable(f"policy {name}: {reason}")
        self.refusal = reason if name in reason else f"{name}: {reason}"
        self._candidate.clear()
        tried_again = self._wanted.talk is None and not self._registry.obstacle(self._wanted.name)
        if not self._was_there or tried_again:
            self._candidate.want(self._wanted.name, newest)

    def _set_shadow(self, newest: Observation | None) -> None:
        if not self._shadow_wish:
            self._shadow.clear()
        elif self._shadow_wish == (self._candidate.name or self._wanted.name):
            self._shadow.refuse(self._shadow_wish, "it drives, or is about to")
            self._shadow_wish = ""
        elif self._shadow.name != self._shadow_wish:
            self._shadow.want(self._shadow_wish, newest)

    def _keep_fallback(self, newest: Observation | None) -> None:
        """Load it where another one is wanted to drive; that which was loaded here before need not be loaded anew."""
        wish = self.fallback_wish
        if self.stands_in or self.fallback.name == wish != self._wanted.name or wish == self.fallback.refused != "":
            return
        if not wish or wish == self._wanted.name:
            self.fallback.clear()
        elif self.previous is not None and self.previous.name == wish and self._runs_here(self.previous):
            self.fallback.take(self.previous)
        else:
            self.fallback.want(wish, newest)

    def _release(self, name: str, newest: Observation | None) -> None:
        self._registry.release_policy(name)
        if name == self._wanted.name and self._wanted.talk is None and not self.candidate:
            self._candidate.want(name, newest)
        if name == self._shadow_wish and self._shadow.seat is None:
            self._shadow.want(name, newest)
        if name == self.fallback.refused:
            self.fallback.clear()

    def _quarantine(self, seat: Seat, reason: str) -> None:
        self._registry.quarantine_policy(seat.name, reason)
        self._dismiss(seat)

    def _dismiss(self, seat: Seat) -> None:
        if seat.talk is not None:
            seat.talk.runner.close()
            self._leaving.append(seat.talk.runner)
            seat.talk = None

    def _let_go(self) -> None:
        """End the conversation with every policy that has no role any more."""
        seats = self._seats()
        for seat in self._known:
            if seat not in seats:
                self._dismiss(seat)
        self._known = seats

    def _seats(self) -> list[Seat]:
        """Everybody with a role, once."""
        roles = (
            self._wanted,
            self._standing,
            self.previous,
            self._candidate.seat,
            self._shadow.seat,
            self.fallback.seat,
        )
        return list(dict.fromkeys(seat for seat in roles if seat is not None))

    def _runs_here(self, seat: Seat) -> bool:
        return seat.talk is not None and seat.talk.runner.pid == 0

    def _entry(self, manifest: PolicyManifest) -> PolicyEntry:
        obstacle = self._registry.obstacle(manifest.name)
        seats = [seat for seat in self._seats() if seat.name == manifest.name and seat.talk is not None]
        workers = [seat.talk.runner for seat in seats if seat.talk is not None and seat.talk.runner.pid]
        return PolicyEntry(
            manifest.name,
            manifest.version,
            manifest.label,
            self._readiness(manifest.name, obstacle, loaded=bool(seats)),
            obstacle,
            isolated=manifest.isolated,
            pid=workers[0].pid if workers else 0,
            memory_mib=round(workers[0].memory_mib, 1) if workers else 0.0,
            served=manifest.server is not None,
            load_s=manifest.load_s,
        )

    def _readiness(self, name: str, obstacle: str, *, loaded: bool) -> Readiness:
        if name == self.active.name and self.active.talk is not None:
            return Readiness.ACTIVE
        if obstacle:
            return Readiness.REFUSED
        if loaded:
            return Readiness.READY
        loading = (self._candidate.loading, self._shadow.loading, self.fallback.loading)
        return Readiness.LOADING if name in loading else Readiness.AVAILABLE


def _can_drive(seat: Seat) -> bool:
    """Whether it is loaded and nothing was heard that speaks against it."""
    return seat.talk is not None and not seat.obstacle and not seat.talk.obstacle


def _answered(seat: Seat, now_ns: int) -> bool:
    """Whether it can be asked now: no question to it is open."""
    return seat.talk is None or not seat.talk.busy(now_ns)
