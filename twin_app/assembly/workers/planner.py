"""The planner process: System 2 at the rate of the cameras, asynchronous to the fast loop."""

from __future__ import annotations

import os
import time
from pathlib import Path

import cv2

from runtime.link.heartbeat import Pulse
from runtime.link.publisher import Publisher
from runtime.link.session import SessionFolder
from runtime.link.subscriber import Received, Subscriber
from runtime.link.waiting import wait_for
from runtime.messages import topics
from runtime.messages.camera import Frame
from runtime.messages.orders import Heartbeat, Orders
from runtime.messages.plan import Plan
from runtime.messages.state import RobotState
from runtime.ports import Picture
from runtime.system2.pictures import picture_from
from runtime.system2.planner import PlannerOutput, PlannerStage, still_meant
from sim_worlds.faults import NetworkFaults, PolicyFaults
from twin_app.assembly.setup import CellSetup, read_plugins, read_scene
from twin_app.assembly.workers.life import Life
from twin_app.assembly.workers.policy_loaders import live_loaders

WAIT_S = 0.005
"""Longest wait for a message: bounds how late a delayed plan leaves."""


class WallClock:
    """The machine's monotonic clock."""

    def now_ns(self) -> int:
        """Nanoseconds."""
        return time.monotonic_ns()


class PlannerLoop:
    """The wiring of one planner stage to its topics."""

    def __init__(self, session: SessionFolder, setup: CellSetup) -> None:
        cv2.setNumThreads(1)
        cell = read_scene(setup).cell
        registry = read_plugins(setup)
        clock = WallClock()
        self._policy_faults = PolicyFaults()
        self._network = NetworkFaults()
        loaders = live_loaders(session.path, setup, cell=cell, registry=registry, clock=clock)
        self._stage = PlannerStage(
            cell, registry, policy=setup.policy, seam=self._policy_faults, loaders=loaders, clock=clock
        )
        self._publisher = Publisher(session, "planner")
        self._subscriber = Subscriber(session, (topics.ORDERS, topics.ROBOT, topics.OVERHEAD, topics.WRIST))
        self._orders = Orders(0, 0)
        self._life = Life(supervisor_pid=session.info.pid)
        self._health = Pulse(topics.HEALTH_PLANNER.rate_hz)
        self._report = Pulse(topics.POLICY.rate_hz)
        self._in_flight: list[tuple[int, Plan]] = []

    def run(self) -> int:
        """Look, infer and publish until told to end."""
        try:
            while not self._life.over() and not self._orders.shutdown:
                self._look()
        finally:
            for leaving in self._stage.close():
                leaving.wait()
            self._subscriber.close()
            self._publisher.close()
        return 0

    def _look(self) -> None:
        pictures = self._receive()
        now_ns = time.monotonic_ns()
        self._policy_faults.apply(self._orders.faults, now_ns)
        self._network.apply(self._orders.faults, now_ns)
        if pictures:
            self._stage.take_pictures(pictures)
        output = self._stage.tick(now_ns, orders=self._orders)
        self._publish(output, time.monotonic_ns())

    def _receive(self) -> list[Picture]:
        """What came, once something has: a message, or a word of a policy in a process of its own."""
        newest: dict[str, Received] = {}
        descriptors = self._stage.descriptors()
        if descriptors:
            wait_for((self._subscriber,), WAIT_S, descriptors=descriptors)
        for received in self._subscriber.poll(0.0 if descriptors else WAIT_S):
            message = received.message
            if isinstance(message, RobotState):
                self._stage.take_robot(message)
            elif isinstance(message, Orders):
                self._orders = message
            elif isinstance(message, Frame):
                newest[message.camera] = received
        return [picture_from(one.message, one.pixels) for one in newest.values() if one.pixels is not None]

    def _publish(self, output: PlannerOutput, now_ns: int) -> None:
        if output.plan is not None:
            delay_ns = round(self._network.delay_s(output.plan, now_ns) * 1e9)
            self._in_flight.append((output.plan.issued_ns + delay_ns, output.plan))
        self._in_flight = [entry for entry in self._in_flight if still_meant(entry[1], output.state, now_ns)]
        due = [entry for entry in self._in_flight if entry[0] <= now_ns]
        for entry in due:
            self._in_flight.remove(entry)
            self._publisher.send(topics.PLANS, entry[1])
        if output.belief is not None:
            self._publisher.send(topics.BELIEF, output.belief)
        if self._report.is_due(now_ns):
            self._publisher.send(topics.POLICY, output.state)
        if self._health.is_due(now_ns):
            self._publish_health(now_ns)

    def _publish_health(self, now_ns: int) -> None:
        heartbeat = Heartbeat(
            "planner",
            pid=os.getpid(),
            stamp_ns=now_ns,
            orders_sequence=self._orders.sequence,
            faults_effective=(*self._policy_faults.effective(), *self._network.effective()),
        )
        self._publisher.send(topics.HEALTH_PLANNER, heartbeat)


def run(folder: Path, setup: CellSetup) -> int:
    """Run the planner process of the session in this folder."""
    return PlannerLoop(SessionFolder.attach(folder), setup).run()
