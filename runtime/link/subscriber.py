"""The one way telemetry enters a process: checked, counted, newest value at hand, every value in order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import msgspec
import zmq

from runtime.link.continuity import Continuity
from runtime.link.envelope import Envelope, prefix_of, unseal
from runtime.link.session import SessionFolder
from runtime.link.sockets import LARGEST_TELEMETRY_BYTES, discard_rest, is_readable, open_context, open_socket
from runtime.messages.camera import Frame
from runtime.messages.codec import SCHEMA_VERSION, MalformedMessage, decode
from runtime.messages.topics import Topic

RECEIVE_QUEUE = 1024
"""Messages kept per writer while this process is busy; with the writer's own queue the bound on a backlog."""

SUBSCRIPTION_QUEUE = 1024
"""Subscriptions travel to each writer through this queue, and ZeroMQ silently drops those that do not fit."""

MOST_PER_POLL = 4096


@dataclass(frozen=True, slots=True)
class Received:
    """One message that arrived whole."""

    topic: Topic
    message: Any
    """Of the type that the topic table names."""

    pixels: memoryview | None
    """u8[height * width * 3] for an image topic, not copied."""

    sequence: int
    sent_ns: int
    received_ns: int


class Subscriber:
    """Reads some topics of a session. Belongs to one thread; writers may come, go and come again."""

    def __init__(
        self,
        session: SessionFolder,
        topics: Iterable[Topic],
        *,
        receive_queue: int = RECEIVE_QUEUE,
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """Connects to the writers of these topics only, whether they run already or not."""
        self._clock_ns = clock_ns
        self._topics = {topic.name: topic for topic in topics}
        self._newest: dict[str, Received] = {}
        self._continuity = Continuity(self._topics)
        self.malformed = 0
        """Messages refused because their bytes were no message of their topic."""

        self.trouble = ""
        """What was wrong with the newest refused message; a foreign schema version is named here."""

        self._context = open_context()
        self.socket = open_socket(
            self._context,
            zmq.SUB,
            largest_bytes=LARGEST_TELEMETRY_BYTES,
            send_queue=SUBSCRIPTION_QUEUE,
            receive_queue=receive_queue,
        )
        for topic in self._topics.values():
            self.socket.setsockopt(zmq.SUBSCRIBE, prefix_of(topic))
        for writer in sorted({topic.writer for topic in self._topics.values()}):
            self.socket.connect(session.endpoint(writer))

    @property
    def gaps(self) -> dict[str, int]:
        """Messages lost on each topic since it was first heard."""
        return self._continuity.lost

    def poll(self, timeout_s: float = 0.0, *, at_most: int = MOST_PER_POLL) -> list[Received]:
        """Everything that has come, in order; waits up to `timeout_s` for the first. Never raises for bad bytes."""
        arrived: list[Received] = []
        if not is_readable(self.socket, timeout_s):
            return arrived
        for _ in range(at_most):
            try:
                received = self._receive()
            except zmq.Again:
                break
            except MalformedMessage as trouble:
                self.malformed += 1
                self.trouble = str(trouble)
                continue
            if received is not None:
                arrived.append(received)
                self._newest[received.topic.name] = received
        return arrived

    def newest(self, topic: Topic) -> Received | None:
        """The newest message of a topic so far; None before the first."""
        return self._newest.get(topic.name)

    def close(self) -> None:
        """Close the socket."""
        self.socket.close(0)
        self._context.term()

    def _receive(self) -> Received | None:
        """One message; None when it is a duplicate. Takes all frames of it also when it refuses them."""
        head = self.socket.recv(zmq.NOBLOCK)
        body = self.socket.recv(zmq.NOBLOCK) if self.socket.getsockopt(zmq.RCVMORE) else b""
        pixels = self.socket.recv(zmq.NOBLOCK, copy=False).buffer if self.socket.getsockopt(zmq.RCVMORE) else None
        if discard_rest(self.socket):
            raise MalformedMessage("more than three frames")
        envelope = unseal(head)
        topic = self._topics.get(envelope.topic)
        if topic is None:
            raise MalformedMessage(f"topic {envelope.topic!r} was not asked for")
        if envelope.schema_version != SCHEMA_VERSION:
            raise MalformedMessage(
                f"{topic.name} speaks schema {envelope.schema_version}, this program {SCHEMA_VERSION}: update the older"
            )
        message = decode(body, topic.type)
        _check_pixels(topic, message, pixels)
        if not self._is_news(envelope):
            return None
        return Received(topic, message, pixels, envelope.sequence, envelope.sent_ns, self._clock_ns())

    def _is_news(self, envelope: Envelope) -> bool:
        return self._continuity.takes(envelope.topic, incarnation=envelope.incarnation, sequence=envelope.sequence)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _check_pixels(topic: Topic, message: msgspec.Struct, pixels: memoryview | None) -> None:
    if topic.image is (pixels is None):
        raise MalformedMessage(f"{topic.name}: {'no' if topic.image else 'unexpected'} pixels")
    if isinstance(message, Frame) and pixels is not None:
        expected = message.width_px * message.height_px * 3
        if min(message.width_px, message.height_px) <= 0 or len(pixels) != expected:
            raise MalformedMessage(f"{topic.name}: {len(pixels)} bytes of pixels instead of {expected}")
