"""How long a policy in a process of its own may take: to load and warm all together, then for each answer."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from runtime.plugin_host import PolicyManifest, discover
from runtime.system2.isolation.board import room_for
from runtime.system2.isolation.line import Built, Line, Spoken
from runtime.system2.isolation.loader import WorkerLoader
from runtime.system2.isolation.worker import PolicyWorker, WorkerLimits
from runtime.system2.loading import Loaded
from runtime.system2.runner import Answer, Collapse, Question
from tests.support.policy_servers import CELL, PLUGINS, observation
from tests.support.scripted_runner import proposal

LIMITS = WorkerLimits(load_s=100.0, hang_s=2.0, memory_mib=1e6)
TOO_SLOW = Collapse("was not loaded and warm within 100 s")


def ns(seconds: float) -> int:
    return round(seconds * 1e9)


@contextmanager
def worker_and_its_line() -> Iterator[tuple[PolicyWorker, Line]]:
    """A worker whose part the test speaks; it was started at time 0."""
    worker = PolicyWorker(("sleep", "1000"), room=room_for(CELL), limits=LIMITS, now_ns=0)
    worker._line.close()
    ours, theirs = socket.socketpair()
    worker._line, there = Line(ours, waits=False), Line(theirs, waits=True)
    try:
        yield worker, there
    finally:
        worker.close()
        worker.wait()
        there.close()


def warm_up(worker: PolicyWorker, number: int, *, at_s: float) -> None:
    worker.ask(Question(-number, observation(1)), ns(at_s))


def test_a_first_inference_that_compiles_may_take_what_is_left_of_loading() -> None:
    with worker_and_its_line() as (worker, there):
        assert worker.poll(ns(30)) is None
        there.send(Built())
        assert worker.poll(ns(31)) is None
        warm_up(worker, 1, at_s=31)
        assert worker.poll(ns(90)) is None
        there.send(Spoken(-1, proposal()))
        assert isinstance(worker.poll(ns(95)), Answer)
        warm_up(worker, 2, at_s=95)
        assert worker.poll(ns(100)) is None
        assert worker.poll(ns(103)) == TOO_SLOW


def test_a_policy_that_is_never_built_is_given_up() -> None:
    with worker_and_its_line() as (worker, _):
        assert worker.poll(ns(99)) is None
        assert worker.poll(ns(101)) == TOO_SLOW


def test_waiting_for_the_first_picture_is_no_loading() -> None:
    with worker_and_its_line() as (worker, there):
        there.send(Built())
        assert worker.poll(ns(1)) is None
        assert worker.poll(ns(500)) is None
        warm_up(worker, 1, at_s=500)
        assert worker.poll(ns(590)) is None
        assert worker.poll(ns(605)) == TOO_SLOW


class Stepped:
    """A clock that a test moves on."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now_ns(self) -> int:
        return ns(self.seconds)


@pytest.mark.parametrize("first_s", [0.1, 60.0])
def test_once_it_is_warm_each_answer_has_its_own_limit(first_s: float) -> None:
    clock, registry = Stepped(), discover(PLUGINS)
    with worker_and_its_line() as (worker, there):

        def launch(manifest: PolicyManifest) -> PolicyWorker:
            del manifest
            return worker

        loader = WorkerLoader(registry, launch, clock)
        loader.begin("programmed", observation(1))
        there.send(Built())
        for number, took_s in ((1, first_s), (2, 0.1)):
            assert loader.poll() is None
            clock.seconds += took_s
            assert loader.poll() is None
            there.send(Spoken(-number, proposal()))
        assert loader.poll() == Loaded("programmed", worker, "")
        worker.ask(Question(1, observation(2)), ns(70))
        assert worker.poll(ns(71.9)) is None
        assert worker.poll(ns(72.1)) == Collapse("hung: no answer within 2 s")
