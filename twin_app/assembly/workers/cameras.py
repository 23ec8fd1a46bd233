"""The camera process: draws what the cameras would see, in a process of its own so that no frame costs a tick."""

from __future__ import annotations

import os
import time
from pathlib import Path

from runtime.link.array_block import ArrayBlock
from runtime.link.heartbeat import Pulse
from runtime.link.publisher import Publisher
from runtime.link.session import SessionFolder
from runtime.link.subscriber import Subscriber
from runtime.messages import topics
from runtime.messages.orders import Heartbeat, Orders
from sim_worlds.cameras import CameraRig
from sim_worlds.faults import CameraFaults
from sim_worlds.plant.truth import unpacked
from twin_app.assembly.setup import CellSetup, read_scene
from twin_app.assembly.truth_block import TRUTH, truth_shape
from twin_app.assembly.workers.life import Life


class CameraLoop:
    """The wiring of one camera rig to the truth block and its topics."""

    def __init__(self, session: SessionFolder, setup: CellSetup) -> None:
        drawing = read_scene(setup)
        cell = drawing.cell
        self._joints, self._loose = len(cell.robot.joints), len(drawing.varied.clutter.loose)
        self._truth = ArrayBlock.attach(session, TRUTH, shape=truth_shape(drawing.varied))
        self._publisher = Publisher(session, "cameras")
        self._subscriber = Subscriber(session, (topics.ORDERS,))
        self._rig = CameraRig(
            drawing.varied,
            renderer=setup.renderer,
            seed=setup.seed,
            mismatch=setup.mismatch,
        )
        self._faults = CameraFaults()
        self._orders = Orders(0, 0)
        self._life = Life(supervisor_pid=session.info.pid)
        self._pulse = Pulse(topics.HEALTH_CAMERAS.rate_hz)
        self._period_ns = round(1e9 / max(camera.rate_hz for camera in cell.cameras))

    def run(self) -> int:
        """Take pictures until told to end."""
        due_ns = time.monotonic_ns()
        while not self._life.over() and not self._orders.shutdown:
            self._take(time.monotonic_ns())
            due_ns += self._period_ns
            wait_ns = due_ns - time.monotonic_ns()
            if wait_ns > 0:
                time.sleep(wait_ns * 1e-9)
            else:
                due_ns = time.monotonic_ns()
        self._rig.close()
        for thing in (self._subscriber, self._publisher, self._truth):
            thing.close()
        return 0

    def _take(self, now_ns: int) -> None:
        for received in self._subscriber.poll(0.0):
            self._orders = received.message
        self._faults.apply(self._orders.faults, now_ns)
        stamped = self._truth.read()
        if stamped is not None:
            truth = unpacked(stamped.values, joints=self._joints, loose=self._loose)
            pictures = self._rig.capture_poses(truth.poses, stamp_ns=stamped.stamp_ns)
            for picture in self._faults.pictures(pictures, now_ns):
                topic = topics.BY_NAME[f"camera/{picture.frame.camera}"]
                self._publisher.send(topic, picture.frame, picture.image.tobytes())
        if self._pulse.is_due(now_ns):
            self._publish_health(now_ns)

    def _publish_health(self, now_ns: int) -> None:
        heartbeat = Heartbeat(
            "cameras",
            pid=os.getpid(),
            stamp_ns=now_ns,
            orders_sequence=self._orders.sequence,
            faults_effective=self._faults.effective(),
            warning=self._rig.warning,
        )
        self._publisher.send(topics.HEALTH_CAMERAS, heartbeat)


def run(folder: Path, setup: CellSetup) -> int:
    """Run the camera process of the session in this folder."""
    return CameraLoop(SessionFolder.attach(folder), setup).run()
