"""The plant process: stands in for the real arm and its cell, 1 kHz on the wall clock."""

from __future__ import annotations

import os
import time
from pathlib import Path

from runtime.link.array_block import ArrayBlock
from runtime.link.heartbeat import Pulse
from runtime.link.plant_blocks import CommandBlock, StateBlock
from runtime.link.publisher import Publisher
from runtime.link.session import SessionFolder
from runtime.link.subscriber import Subscriber
from runtime.messages import topics
from runtime.messages.joint import PlantState
from runtime.messages.orders import Heartbeat, Orders
from runtime.pacing import Pacer, enter_real_time
from sim_worlds.plant.pybullet_plant import PyBulletPlant
from twin_app.assembly.setup import CellSetup, read_scene
from twin_app.assembly.truth_block import TRUTH, truth_shape
from twin_app.assembly.workers.life import Life

PRIORITY = 85
TRUTH_EVERY = 10
ORDERS_EVERY = 10
ORPHAN_NS = 1_000_000_000


class PlantLoop:
    """The wiring of one plant to blocks and topics."""

    def __init__(self, session: SessionFolder, setup: CellSetup) -> None:
        drawing = read_scene(setup)
        joints = len(drawing.cell.robot.joints)
        self._states = StateBlock.attach(session, joints=joints)
        self._commands = CommandBlock.attach(session, joints=joints)
        self._truth = ArrayBlock.attach(session, TRUTH, shape=truth_shape(drawing.varied))
        self._subscriber = Subscriber(session, (topics.ORDERS,))
        self._publisher = Publisher(session, "plant")
        loose = drawing.varied.clutter.loose
        self._plant = PyBulletPlant(drawing.scene, mismatch=setup.mismatch, seed=setup.seed, loose=loose)
        self._orders = Orders(0, 0)
        self._refilled = 0
        self._life = Life(supervisor_pid=session.info.pid)
        self._warning = enter_real_time(PRIORITY)
        self._pacer = Pacer(phase_ns=0)
        self._pulse = Pulse(topics.HEALTH_PLANT.rate_hz)
        self._count = self._commands.count
        self._leaving_ns = 0
        self._stopped_ns = 0

    def run(self) -> int:
        """Step until told to end."""
        while not self._done():
            now_ns = self._pacer.wait()
            self._step(now_ns)
            self._pacer.worked()
        self._plant.close()
        for thing in (self._subscriber, self._publisher, self._states, self._commands, self._truth):
            thing.close()
        return 0

    def _step(self, now_ns: int) -> None:
        count = self._commands.count
        command = self._commands.read() if count != self._count else None
        self._count = count
        state = self._plant.step(command, stamp_ns=now_ns)
        self._stamp_stop(state)
        self._states.write(state)
        tick = state.tick
        if tick % TRUTH_EVERY == 0:
            self._truth.write(self._plant.truth().packed(), stamp_ns=now_ns)
        if tick % ORDERS_EVERY == ORDERS_EVERY // 2:
            self._follow_orders(now_ns)
        if self._pulse.is_due(now_ns):
            self._publish_health(now_ns)

    def _stamp_stop(self, state: PlantState) -> None:
        """On the wall clock a stop takes effect when its first step is done, not at the tick's nominal moment."""
        if state.stop_seen_ns == 0:
            self._stopped_ns = 0
            return
        self._stopped_ns = self._stopped_ns or time.monotonic_ns()
        state.stop_seen_ns = self._stopped_ns

    def _follow_orders(self, now_ns: int) -> None:
        for received in self._subscriber.poll(0.0):
            self._orders = received.message
        self._plant.apply_faults(self._orders.faults, now_ns=now_ns)
        if self._orders.refill_id > self._refilled:
            self._refilled = self._orders.refill_id
            self._plant.refill(self._refilled)

    def _publish_health(self, now_ns: int) -> None:
        heartbeat = Heartbeat(
            "plant",
            pid=os.getpid(),
            stamp_ns=now_ns,
            orders_sequence=self._orders.sequence,
            faults_effective=self._plant.faults_effective(),
            refill_id=self._refilled,
            warning=self._warning,
        )
        self._publisher.send(topics.HEALTH_PLANT, heartbeat)

    def _done(self) -> bool:
        """Outlive the control process by a moment, so that the arm is seen to brake."""
        if not self._life.over() and not self._orders.shutdown:
            return False
        now_ns = time.monotonic_ns()
        self._leaving_ns = self._leaving_ns or now_ns
        return now_ns - self._leaving_ns > ORPHAN_NS


def run(folder: Path, setup: CellSetup) -> int:
    """Run the plant process of the session in this folder."""
    return PlantLoop(SessionFolder.attach(folder), setup).run()
