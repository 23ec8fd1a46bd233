"""Loads that are given up leave nothing: no worker, no connection, no thread that is waited for."""

from __future__ import annotations

import threading
from pathlib import Path

import psutil
import pytest

from runtime.messages.cell import CellDescription
from runtime.plugin_host import PolicyManifest, Registry
from runtime.ports import Policy
from runtime.system2 import loading
from runtime.system2.isolation import PolicyWorker, WorkerLimits, WorkerLoader
from runtime.system2.loading import Loaded, SynchronousLoader, ThreadedLoader, load
from tests.support.policy_servers import CELL, Echo, observation, registry_for, until
from twin_app.assembly.workers.planner import WallClock
from twin_app.assembly.workers.policy_loaders import HostedLoader

LONG_S = 30.0
"""Longer than anything here takes."""


class Far(Echo):
    """A policy whose server is looked at until `ready` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.ready = threading.Event()
        self.awaited = threading.Event()
        self.closed = threading.Event()

    def await_ready(self, timeout_s: float) -> str:
        self.awaited.set()
        return "" if self.ready.wait(min(timeout_s, LONG_S)) else "server far: checking"

    def close(self) -> None:
        self.closed.set()


class Shelf(Registry):
    """Hands out what a test has put there: `programmed` and `openpi` here, `flow_vla` in a process of its own."""

    def __init__(self) -> None:
        known = registry_for("openpi", "ws://127.0.0.1:1")
        super().__init__([])
        self.__dict__.update(known.__dict__)
        self.policies_here: dict[str, Policy] = {"programmed": Echo()}
        self.building = threading.Event()
        self.built = threading.Event()
        self.built.set()

    def load_policy(self, name: str, cell: CellDescription, *, model: Path | None = None) -> Policy:
        self.building.set()
        self.built.wait(LONG_S)
        return self.policies_here[name]


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def asleep(manifest: PolicyManifest) -> PolicyWorker:
    """A process that never gets ready."""
    return PolicyWorker(("sleep", "60"), room=100, limits=WorkerLimits(1e3, 2.0, 1e6), now_ns=WallClock().now_ns())


# ── one loader for what runs here and for what runs apart ────────────────────────────────────────


def test_a_wish_of_the_other_kind_ends_the_worker_that_was_being_loaded(shelf: Shelf) -> None:
    started: list[PolicyWorker] = []

    def launch(manifest: PolicyManifest) -> PolicyWorker:
        started.append(asleep(manifest))
        return started[-1]

    hosted = HostedLoader(shelf, ThreadedLoader(shelf, CELL), WorkerLoader(shelf, launch, WallClock()))
    hosted.begin("flow_vla", observation())
    (worker,) = started
    hosted.begin("programmed", observation())
    outcomes: list[Loaded | None] = []
    until(lambda: outcomes.append(hosted.poll()) or not psutil.pid_exists(worker.pid))
    until(lambda: outcomes.append(hosted.poll()) or any(outcomes))
    assert [one.name for one in outcomes if one is not None] == ["programmed"]
    hosted.close()


def test_a_wish_of_the_other_kind_closes_the_connection_that_was_not_fetched_yet(shelf: Shelf) -> None:
    far = shelf.policies_here["openpi"] = Far()
    far.ready.set()
    here = ThreadedLoader(shelf, CELL)
    hosted = HostedLoader(shelf, here, WorkerLoader(shelf, asleep, WallClock()))
    hosted.begin("openpi", observation())
    until(lambda: here._loaded is not None)
    hosted.begin("flow_vla", observation())
    assert far.closed.wait(LONG_S)
    assert hosted.poll() is None
    hosted.close()


@pytest.mark.parametrize("kind", [ThreadedLoader, SynchronousLoader])
def test_what_was_loaded_and_is_not_wanted_any_more_is_closed(
    shelf: Shelf, kind: type[ThreadedLoader | SynchronousLoader]
) -> None:
    loader = kind(shelf, CELL)
    for drop in (loader.give_up, lambda: loader.begin("programmed", None), loader.close):
        far = shelf.policies_here["openpi"] = Far()
        far.ready.set()
        loader.begin("openpi", observation())
        until(lambda: loader._loaded is not None)
        drop()
        assert far.closed.wait(LONG_S)
    assert loader.poll() is None


def test_of_two_loads_of_one_policy_the_first_is_closed_whenever_it_ends(shelf: Shelf) -> None:
    first, second = Far(), Far()
    second.ready.set()
    loader = ThreadedLoader(shelf, CELL)
    shelf.policies_here["openpi"] = first
    loader.begin("openpi", observation())
    assert first.awaited.wait(LONG_S)
    shelf.policies_here["openpi"] = second
    loader.begin("openpi", observation())
    until(lambda: loader._loaded is not None)
    first.ready.set()
    assert first.closed.wait(LONG_S)
    loaded = loader.poll()
    assert loaded is not None
    assert not second.closed.is_set()
    loaded.let_go()
    assert second.closed.wait(LONG_S)


# ── the end of the cell ──────────────────────────────────────────────────────────────────────────


def test_closing_waits_for_no_server(shelf: Shelf) -> None:
    far = shelf.policies_here["openpi"] = Far()
    loader = ThreadedLoader(shelf, CELL)
    loader.begin("openpi", observation())
    assert far.awaited.wait(LONG_S)
    loader.close()
    assert far.closed.wait(LONG_S)
    assert not far.ready.is_set()


def test_closing_does_not_wait_for_ever_for_a_plugin_that_is_being_built(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "CLOSES_WITHIN_S", 0.01)
    far = shelf.policies_here["openpi"] = Far()
    far.ready.set()
    shelf.built.clear()
    loader = ThreadedLoader(shelf, CELL)
    loader.begin("openpi", observation())
    assert shelf.building.wait(LONG_S)
    loader.close()
    assert not far.awaited.is_set()
    shelf.built.set()
    assert far.closed.wait(LONG_S)


# ── a server that is not there ───────────────────────────────────────────────────────────────────


def test_a_server_that_takes_longer_than_a_turn_is_waited_for(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    class Compiling(Far):
        turns = 0

        def await_ready(self, timeout_s: float) -> str:
            self.turns += 1
            if self.turns == 3:
                self.ready.set()
            return super().await_ready(timeout_s)

    monkeypatch.setattr(loading, "TURN_S", 0.01)
    far = shelf.policies_here["openpi"] = Compiling()
    loaded = load(shelf, CELL, "openpi", observation())
    assert (loaded.reason, far.turns) == ("", 3)


def test_a_policy_that_stands_by_is_there_before_its_server_is_and_tells_when_that_is() -> None:
    registry = registry_for("groot", "tcp://127.0.0.1:1")
    loaded = load(registry, CELL, "groot", observation(), without_server=True)
    assert loaded.runner is not None
    assert "tcp://127.0.0.1:1: no connection" in loaded.runner.obstacle
    loaded.let_go()
    loaded.runner.wait()


def test_a_connection_whose_policy_fails_while_it_is_warmed_is_closed(shelf: Shelf) -> None:
    def fail() -> None:
        raise ValueError("no weights")

    far = shelf.policies_here["openpi"] = Far()
    far.before_answer = fail
    assert load(shelf, CELL, "openpi", observation()).reason == "failed while warming: ValueError: no weights"
    assert far.closed.is_set()
