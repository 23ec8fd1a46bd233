"""How this program opens ZeroMQ sockets: bounded everywhere, nothing lingers, nothing oversized is taken."""

from __future__ import annotations

import zmq

IO_THREADS = 1
LARGEST_TELEMETRY_BYTES = 4 * 1024 * 1024
LARGEST_REQUEST_BYTES = 64 * 1024
"""A command has at most 64 KiB."""


def open_socket(
    context: zmq.Context[zmq.Socket[bytes]], kind: int, *, largest_bytes: int, send_queue: int, receive_queue: int
) -> zmq.Socket[bytes]:
    """A socket with the options that every one of ours has; queues count messages."""
    socket = context.socket(kind)
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.SNDHWM, send_queue)
    socket.setsockopt(zmq.RCVHWM, receive_queue)
    socket.setsockopt(zmq.MAXMSGSIZE, largest_bytes)
    socket.setsockopt(zmq.HANDSHAKE_IVL, 2000)
    socket.setsockopt(zmq.RECONNECT_IVL, 20)
    socket.setsockopt(zmq.RECONNECT_IVL_MAX, 200)
    return socket


def open_context() -> zmq.Context[zmq.Socket[bytes]]:
    """A context of one's own; whoever opened it ends it, after its sockets."""
    return zmq.Context(io_threads=IO_THREADS)


def is_readable(socket: zmq.Socket[bytes], timeout_s: float) -> bool:
    """Whether a message is there, waiting at most so long; without waiting about a microsecond."""
    if timeout_s <= 0.0:
        return bool(socket.getsockopt(zmq.EVENTS) & zmq.POLLIN)  # type: ignore[operator]
    return bool(socket.poll(max(1, round(timeout_s * 1000)), zmq.POLLIN))


def discard_rest(socket: zmq.Socket[bytes]) -> int:
    """Take and drop the remaining frames of a message; returns how many there were."""
    dropped = 0
    while socket.getsockopt(zmq.RCVMORE):
        socket.recv(zmq.NOBLOCK, copy=False)
        dropped += 1
    return dropped
