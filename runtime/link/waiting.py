"""Wait for several subscribers, servers and clients at once: the one wait of a process that is wait, think, publish."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import zmq


class Listening(Protocol):
    """Anything of this package that receives: `Subscriber`, `RequestServer`, `RequestClient`."""

    socket: zmq.Socket[bytes]


def wait_for(endpoints: Iterable[Listening], timeout_s: float, *, descriptors: Iterable[int] = ()) -> bool:
    """Return as soon as any of them has something (or a plain descriptor, e.g. a pidfd, is readable), or in time.

    The timeout is in whole milliseconds, at least one.
    """
    poller = zmq.Poller()
    for endpoint in endpoints:
        poller.register(endpoint.socket, zmq.POLLIN)
    for descriptor in descriptors:
        poller.register(descriptor, zmq.POLLIN)
    return bool(poller.poll(max(1, round(timeout_s * 1000))))
