"""Raw sockets and messages for tests of the link: what a foreign or broken process might put on the wire."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

import zmq

from runtime.link.publisher import Publisher
from runtime.link.session import SessionFolder
from runtime.link.subscriber import Received, Subscriber
from runtime.messages.geometry import Pose
from runtime.messages.state import RobotState
from runtime.messages.topics import Topic

PATIENCE_S = 5.0


def robot_state(tick: int) -> RobotState:
    """A state of the seven-joint arm that only its tick tells apart."""
    seven = (0.5,) * 7
    pose = Pose((0.5, 0.0, 0.4))
    return RobotState(tick, tick, seven, seven, seven, seven, seven, pose, 0.05, 0.0, 0.05, seven, seven, 0)


@contextmanager
def raw_socket(kind: int, endpoint: str, *, bind: bool) -> Iterator[zmq.Socket[bytes]]:
    """A plain ZeroMQ socket of a process that keeps to no rules."""
    context = zmq.Context()
    socket = context.socket(kind)
    socket.setsockopt(zmq.LINGER, 0)
    (socket.bind if bind else socket.connect)(endpoint)
    try:
        yield socket
    finally:
        socket.close(0)
        context.term()


def collect(subscriber: Subscriber, until: Callable[[list[Received]], bool]) -> list[Received]:
    """Poll until the condition holds for everything received; fails after some seconds."""
    received: list[Received] = []
    deadline = monotonic() + PATIENCE_S
    while not until(received):
        assert monotonic() < deadline, f"waited in vain; got {len(received)}, trouble: {subscriber.trouble!r}"
        received += subscriber.poll(0.02)
    return received


def connect(publisher: Publisher, subscriber: Subscriber, topic: Topic) -> int:
    """Send until the subscription has arrived; returns how many were sent."""
    deadline = monotonic() + PATIENCE_S
    sent = 0
    while not subscriber.poll(0.005):
        assert monotonic() < deadline, "the subscription never arrived"
        sent += 1
        publisher.send(topic, robot_state(sent))
    return sent


def session_in(folder: SessionFolder) -> SessionFolder:
    """The same session, as another process sees it."""
    return SessionFolder.attach(folder.path)
