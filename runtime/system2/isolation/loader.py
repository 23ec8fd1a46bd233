"""Loads and warms a policy in a process of its own, step by step, without ever waiting for it."""

from __future__ import annotations

from collections.abc import Callable

from runtime.plugin_host import PolicyManifest, PolicyUnavailable, Registry
from runtime.ports import Clock, Observation
from runtime.system2.isolation.worker import PolicyWorker
from runtime.system2.loading import WARM_INFERENCES, Loaded
from runtime.system2.runner import Answer, Collapse, Opening, Question


class WorkerLoader:
    """Keeps the promise of `PolicyLoader`. Belongs to one thread: that which goes on to use the workers."""

    isolates = True

    def __init__(self, registry: Registry, launch: Callable[[PolicyManifest], PolicyWorker], clock: Clock) -> None:
        """`launch` starts the worker process of a policy; raises `OSError` where it cannot."""
        self._registry = registry
        self._launch = launch
        self._clock = clock
        self._name = ""
        self._worker: PolicyWorker | None = None
        self._outcome: Loaded | None = None
        self._warm_up: Observation | None = None
        self._asked = 0
        self._waiting = False
        self._leaving: list[PolicyWorker] = []

    def begin(self, name: str, warm_up: Observation | None) -> None:
        """See `PolicyLoader`. A load under way is given up."""
        self.give_up()
        self._name, self._warm_up, self._asked, self._waiting = name, warm_up, 0, False
        try:
            manifest = self._registry.manifest(name)
            if obstacle := self._registry.obstacle(name):
                raise PolicyUnavailable(f"policy {name} is quarantined: {obstacle}")
            self._worker = self._launch(manifest)
        except (PolicyUnavailable, OSError) as trouble:
            self._outcome = Loaded(name, None, str(trouble))

    def poll(self, newest: Observation | None = None) -> Loaded | None:
        """See `PolicyLoader`."""
        self._leaving = [worker for worker in self._leaving if not worker.gone()]
        if self._worker is not None:
            self._proceed(self._worker, newest)
        outcome, self._outcome = self._outcome, None
        return outcome

    @property
    def descriptor(self) -> int:
        """Of the worker that is being loaded; -1 when none is."""
        return -1 if self._worker is None else self._worker.descriptor

    def give_up(self) -> None:
        """See `PolicyLoader`."""
        self._drop()
        self._outcome = None

    def close(self) -> None:
        """Give up, and wait until nothing is left."""
        self.give_up()
        for worker in self._leaving:
            worker.wait()
        self._leaving = []

    def _proceed(self, worker: PolicyWorker, newest: Observation | None) -> None:
        news = worker.poll(self._clock.now_ns())
        if isinstance(news, Collapse):
            self._fail(news.reason)
        elif isinstance(news, Answer) and news.trouble:
            self._fail(f"failed while warming: {news.trouble}")
        else:
            self._waiting = self._waiting and news is None
            self._warm(worker, self._warm_up or newest)

    def _warm(self, worker: PolicyWorker, observation: Observation | None) -> None:
        """Ask until it answers at its usual speed; without any observation it has to wait for one."""
        if not worker.built or self._waiting or observation is None:
            return
        if self._asked == WARM_INFERENCES:
            worker.put_to_work()
            self._worker, self._outcome = None, Loaded(self._name, worker, "")
            return
        self._asked += 1
        self._waiting = True
        worker.ask(Question(-self._asked, observation, Opening.NONE), self._clock.now_ns())

    def _fail(self, reason: str) -> None:
        self._registry.quarantine_policy(self._name, reason)
        self._outcome = Loaded(self._name, None, reason)
        self._drop()

    def _drop(self) -> None:
        if self._worker is not None:
            self._worker.close()
            self._leaving.append(self._worker)
            self._worker = None
