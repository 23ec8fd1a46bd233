"""The backlog before the supervisor stays full while somebody answers."""

from __future__ import annotations

from typing import cast

from runtime.link.requests import RequestClient
from runtime.messages.requests import Body
from twin_app.assembly.bench.backlog import WAITING, keep_full


class Answered:
    """Stands for a connection whose oldest requests have just been answered."""

    def __init__(self) -> None:
        self.sent = 0
        self.answers = 0

    def send(self, body: Body, *, timeout_s: float) -> str:
        del body, timeout_s
        self.sent += 1
        return str(self.sent)

    def poll(self) -> list[int]:
        answers, self.answers = self.answers, 0
        return [0] * answers


def test_what_was_answered_is_asked_again_so_that_a_thousand_wait() -> None:
    fakes = [Answered() for _ in range(8)]
    clients = cast("list[RequestClient]", fakes)
    waiting = [0] * 8
    assert keep_full(clients, waiting) == WAITING
    fakes[3].answers = 40
    assert keep_full(clients, waiting) == WAITING
    assert [fake.sent for fake in fakes] == [125, 125, 125, 165, 125, 125, 125, 125]
