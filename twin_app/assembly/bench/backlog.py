"""A process that keeps a thousand unanswered requests before the supervisor: `python -m … SESSION_FOLDER`.

It asks for nothing that exists, so every request is judged, refused, answered and told; only the work is real.
Ends when its standard input does. Each line it writes is the number that waited at that moment.
"""

from __future__ import annotations

import select
import sys
import time
from pathlib import Path

from runtime.link.requests import RequestClient
from runtime.link.session import SessionFolder
from runtime.messages.requests import AcknowledgeAlarm

WAITING = 1000
CLIENTS = 8
"""One connection holds some 250 requests on their way; more of them are needed for a thousand."""

TELL_S = 0.1
_WISH = AcknowledgeAlarm("no such alarm")


def keep_full(clients: list[RequestClient], waiting: list[int]) -> int:
    """Take what was answered, ask anew up to the mark; returns how many wait."""
    share = -(-WAITING // len(clients))
    for index, client in enumerate(clients):
        waiting[index] -= len(client.poll())
        while waiting[index] < share:
            client.send(_WISH, timeout_s=30.0)
            waiting[index] += 1
    return sum(waiting)


def main(folder: str) -> int:
    """Run until the input ends."""
    session = SessionFolder.attach(Path(folder))
    clients = [RequestClient(session, f"backlog {index}") for index in range(CLIENTS)]
    waiting = [0] * CLIENTS
    told_s = 0.0
    try:
        while not select.select([0], [], [], 0.001)[0]:
            count = keep_full(clients, waiting)
            if time.monotonic() - told_s > TELL_S:
                told_s = time.monotonic()
                sys.stdout.write(f"{count}\n")
                sys.stdout.flush()
    finally:
        for client in clients:
            client.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
