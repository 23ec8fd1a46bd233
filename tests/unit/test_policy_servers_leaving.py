"""A policy behind a server is let go: once, by whoever held it last, and nobody waits for it."""

from __future__ import annotations

import threading

from runtime.messages.orders import Orders
from runtime.messages.policy import Readiness
from runtime.plugin_host import PolicyManifest
from runtime.policy_servers.exchange import Answer, Look, Offer, ServerTrouble
from runtime.policy_servers.remote_policy import RemotePolicy
from runtime.system2.berth import Seat
from runtime.system2.conversation import Conversation
from runtime.system2.loading import Loaded
from runtime.system2.policy_bay import Loaders, PolicyBay
from runtime.system2.runner import InlineRunner, PolicyRunner
from tests.support.policy_servers import CELL, Echo, observation, own_mapping, registry_for

LONG_S = 30.0
"""Longer than anything here takes."""


class Unplugged:
    """A connection to a machine that is off the network: what it begins ends when it ends, whoever closes."""

    def __init__(self) -> None:
        self.opening = threading.Event()
        self.over = threading.Event()

    def open(self, *, timeout_s: float) -> Offer:
        self.opening.set()
        self.over.wait(LONG_S)
        raise ServerTrouble("no route to host")

    def ask(self, look: Look, *, timeout_s: float) -> Answer:
        raise NotImplementedError

    def rest(self) -> None:
        """It is never connected."""

    def close(self) -> None:
        """It holds nothing."""


def test_a_server_that_is_off_the_network_holds_nobody_up_who_lets_it_go() -> None:
    connection = Unplugged()
    policy = RemotePolicy(CELL, own_mapping("openpi"), lambda closing: connection, address="ws://nowhere:1")
    runner = InlineRunner(policy)
    assert connection.opening.wait(LONG_S)
    runner.close()
    assert not runner.gone()
    connection.over.set()
    runner.wait()
    assert runner.gone()


class Held(Echo):
    """Counts how often it is let go, which takes until `free` is set."""

    closed = 0

    def __init__(self, free: threading.Event) -> None:
        super().__init__()
        self.free = free

    def await_ready(self, timeout_s: float) -> str:
        return ""

    def close(self) -> None:
        assert self.free.wait(LONG_S)
        self.closed += 1


class Loader:
    """Hands out the policy that is asked for at once."""

    isolates = False

    def __init__(self, policies: dict[str, Held]) -> None:
        self.policies = policies
        self.name = ""

    def begin(self, name: str, warm_up: object) -> None:
        self.name = name

    def poll(self, newest: object = None) -> Loaded | None:
        name, self.name = self.name, ""
        return Loaded(name, InlineRunner(self.policies[name]), "") if name else None

    def give_up(self) -> None:
        """Nothing is under way."""

    def close(self) -> None:
        """Likewise."""


def test_the_bay_lets_a_connection_go_when_nobody_can_ask_for_it_any_more() -> None:
    registry, free = registry_for("openpi", "ws://host:1"), threading.Event()
    policies = {name: Held(free) for name in ("programmed", "openpi", "groot")}

    def converse(manifest: PolicyManifest, runner: PolicyRunner) -> Conversation:
        return Conversation(manifest, runner, clock=None, latency_s=0.0)

    manifest = registry.manifest("programmed")
    first = Seat(manifest, converse(manifest, InlineRunner(policies["programmed"])))
    bay = PolicyBay(registry, Loaders(Loader(policies), Loader(policies), Loader(policies)), converse, first=first)
    for swap, name in enumerate(("openpi", "groot"), start=1):
        bay.follow(Orders(0, 0, policy=name, swap_id=swap), None)
        bay.look_after(0, observation())
        assert bay.change_at_border(0)
    assert {entry.name: entry.readiness for entry in bay.entries()}["openpi"] is Readiness.READY
    assert {entry.name for entry in bay.entries() if entry.served} == {"openpi", "groot", "lerobot"}
    bay.look_after(0, None)
    left = bay.close()
    assert len(left) == 3  # the first one left when nobody could go back to it, and is ending still
    assert [policy.closed for policy in policies.values()] == [0, 0, 0]
    free.set()
    for runner in left:
        runner.wait()
    assert [policy.closed for policy in policies.values()] == [1, 1, 1]
