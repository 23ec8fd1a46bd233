"""The messages of a call as they come in, for a bounded time: gRPC itself waits for the next one for ever."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from runtime.policy_servers.serving import BadRequest

PAUSE_S = 2.0
"""Between two messages; a stream that stops for longer is given up."""

WHOLE_S = 10.0
"""From the first message to the last: 16 MiB at 13 Mbit/s."""


class Asked:
    """Reads for the workers of one server, in as many threads as these are."""

    def __init__(self, workers: int) -> None:
        self._readers = ThreadPoolExecutor(workers, thread_name_prefix="lerobot reader")

    def messages(self, stream: Iterator[bytes]) -> Iterator[bytes]:
        """Each message; raises `BadRequest` when the next one is not there in time.

        The read that was given up ends with its call, which whoever gets this error aborts.
        """
        ends_s = time.monotonic() + WHOLE_S
        while (left_s := ends_s - time.monotonic()) > 0.0:
            reading = self._readers.submit(next, stream, None)
            try:
                message = reading.result(timeout=min(PAUSE_S, left_s))
            except TimeoutError:
                break
            if message is None:
                return
            yield message
        raise BadRequest(
            f"the call is given up: its next message has to come within {PAUSE_S:g} s, all of them within {WHOLE_S:g} s"
        )

    def close(self) -> None:
        """Once no call is under way any more."""
        self._readers.shutdown()
