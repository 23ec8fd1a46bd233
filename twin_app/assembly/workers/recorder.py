"""The recorder process: one more subscriber, which writes down what it hears."""

from __future__ import annotations

import os
import time
from importlib.metadata import version
from pathlib import Path

from runtime.link.heartbeat import Pulse
from runtime.link.publisher import Publisher
from runtime.link.session import SessionFolder
from runtime.link.subscriber import Subscriber
from runtime.messages import topics
from runtime.messages.orders import Heartbeat, Orders
from runtime.recording.facts import Facts, wall_minus_monotonic_ns
from runtime.recording.recorder import Recorder
from sim_worlds.plant.mismatch import draw_mismatch
from twin_app.assembly.setup import CellSetup, read_scene
from twin_app.assembly.workers.life import Life

RECEIVE_QUEUE = 8192


def facts_of(session: SessionFolder, setup: CellSetup) -> Facts:
    """What is worth knowing of a session years later, the plant's drawn differences and variations included."""
    drawing = read_scene(setup)
    cell, varied = drawing.cell, drawing.varied
    drawn = draw_mismatch(setup.mismatch, seed=setup.seed, joints=len(cell.robot.joints), parts=len(cell.parts))
    described = {
        "cell": setup.cell,
        "scene": setup.scene,
        "seed": str(setup.seed),
        "policy": setup.policy,
        "mismatch": setup.mismatch,
        "variations": " ".join(one.words for one in varied.variations),
        "celltwin": version("celltwin"),
        **{f"mismatch.{name}": str(value) for name, value in drawn.record().items()},
        **{f"variation.{name}": f"{value:.6g}" for name, value in varied.drawn.items()},
    }
    return Facts(session.session_id, wall_minus_monotonic_ns(), described)


def run(folder: Path, setup: CellSetup) -> int:
    """Record the session in this folder whenever the orders wish for it."""
    session = SessionFolder.attach(folder)
    life, pulse, orders = Life(supervisor_pid=session.info.pid), Pulse(topics.HEALTH_RECORDER.rate_hz), Orders(0, 0)
    recorder = Recorder(facts_of(session, setup))
    recorded = (topic for topic in topics.TOPICS if topic.recorded)
    with (
        Publisher(session, "recorder") as publisher,
        Subscriber(session, recorded, receive_queue=RECEIVE_QUEUE) as subscriber,
    ):
        while not life.over() and not orders.shutdown:
            arrivals = subscriber.poll(0.05)
            for received in arrivals:
                if isinstance(received.message, Orders):
                    orders = received.message
            now_ns = time.monotonic_ns()
            recorder.follow(orders.recording, now_ns=now_ns)
            recorder.take(arrivals)
            recorder.tick(now_ns=now_ns)
            if pulse.is_due(now_ns):
                state = recorder.state
                publisher.send(
                    topics.HEALTH_RECORDER,
                    Heartbeat(
                        "recorder",
                        pid=os.getpid(),
                        stamp_ns=now_ns,
                        orders_sequence=orders.sequence,
                        recording=state.file,
                        recording_bytes=state.size_bytes,
                        recording_trouble=state.trouble,
                    ),
                )
        recorder.close()
    return 0
