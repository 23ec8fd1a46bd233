"""The one way telemetry leaves a process: to any number of readers, none of which it ever waits for."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import msgspec
import zmq

from runtime.link.envelope import prefix_of, seal
from runtime.link.session import SessionFolder, SessionTrouble
from runtime.link.sockets import LARGEST_TELEMETRY_BYTES, open_context, open_socket
from runtime.messages.codec import encode
from runtime.messages.topics import TOPICS, Topic

SEND_QUEUE = 256
"""Messages kept for one slow reader; what comes after is lost to it and shows as a gap in the sequence."""


class NotTheWriter(ValueError):
    """A process tried to publish a topic that belongs to another one."""


class Publisher:
    """Publishes the topics of one process. Belongs to one thread. Open it before real-time scheduling."""

    def __init__(
        self, session: SessionFolder, process: str, *, clock_ns: Callable[[], int] = time.monotonic_ns
    ) -> None:
        """`process` is the writer's name in the topic table. Raises `SessionTrouble` when it cannot bind."""
        self.process = process
        self._clock_ns = clock_ns
        self._incarnation = clock_ns()
        self._prefixes = {topic.name: prefix_of(topic) for topic in TOPICS if topic.writer == process}
        if not self._prefixes:
            raise NotTheWriter(f"process {process!r} writes no topic of the table")
        self.sent: dict[str, int] = dict.fromkeys(self._prefixes, 0)
        """Messages sent on each topic; the newest one's sequence number."""

        self._context = open_context()
        self._socket = open_socket(
            self._context, zmq.PUB, largest_bytes=LARGEST_TELEMETRY_BYTES, send_queue=SEND_QUEUE, receive_queue=16
        )
        endpoint = session.endpoint(process)
        try:
            self._socket.bind(endpoint)
        except zmq.ZMQError as trouble:
            self.close()
            raise SessionTrouble(f"{endpoint} cannot be opened: {trouble.strerror}") from trouble

    def send(self, topic: Topic, message: msgspec.Struct, pixels: bytes | memoryview | None = None) -> None:
        """Publish one message, and its pixels where the topic has them; never blocks.

        `pixels` are not copied when large: leave them unchanged afterwards. Raises `NotTheWriter` for a foreign
        topic, `TypeError` for a message of another type, `ValueError` for missing or unexpected pixels.
        """
        prefix = self._prefixes.get(topic.name)
        if prefix is None:
            raise NotTheWriter(f"topic {topic.name!r} belongs to {topic.writer}, not to {self.process}")
        if type(message) is not topic.type:
            raise TypeError(f"topic {topic.name!r} carries {topic.type.__name__}, not {type(message).__name__}")
        if topic.image is (pixels is None):
            raise ValueError(f"topic {topic.name!r} {'needs' if topic.image else 'takes no'} pixels")
        body = encode(message)
        sequence = self.sent[topic.name] = self.sent[topic.name] + 1
        head = seal(prefix, incarnation=self._incarnation, sequence=sequence, sent_ns=self._clock_ns())
        socket = self._socket
        socket.send(head, zmq.SNDMORE)
        if pixels is None:
            socket.send(body)
        else:
            socket.send(body, zmq.SNDMORE)
            socket.send(pixels, copy=False)

    def close(self) -> None:
        """Close the socket; what is still queued is dropped."""
        self._socket.close(0)
        self._context.term()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
