"""Questions over REQ and REP: what was said too often, or too late, answers nothing that was asked later."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import zmq

from runtime.link.questions import Answerer, Asker
from runtime.link.sockets import open_context, open_socket


@contextmanager
def twice_answering(*, at_once: bool) -> Iterator[str]:
    """The address of a server that says everything twice, the second time at once or when it is asked again."""
    context = open_context()
    server = open_socket(context, zmq.ROUTER, largest_bytes=1024, send_queue=8, receive_queue=8)
    server.bind("tcp://127.0.0.1:*")
    over = threading.Event()

    def serve() -> None:
        said: list[list[bytes]] = []
        while not over.is_set():
            if not server.poll(20):
                continue
            for frames in said:
                server.send_multipart(frames)
            frames = server.recv_multipart()
            server.send_multipart(frames)
            said = [frames]
            if at_once:
                server.send_multipart(frames)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        endpoint = server.getsockopt(zmq.LAST_ENDPOINT)
        assert isinstance(endpoint, bytes)
        yield endpoint.rstrip(b"\0").decode()
    finally:
        over.set()
        thread.join()
        server.close(0)
        context.term()


def ask(asker: Asker, question: bytes) -> bytes | None:
    asker.send(question)
    end = time.monotonic() + 5.0
    while (answer := asker.receive(0.1)) is None and time.monotonic() < end:
        pass
    return answer


def test_an_answer_that_was_given_twice_does_not_answer_the_next_question() -> None:
    for at_once in (True, False):
        with twice_answering(at_once=at_once) as address:
            asker = Asker(address)
            try:
                for number in range(50):
                    assert ask(asker, b"question %d" % number) == b"question %d" % number
            finally:
                asker.close()


def test_the_answering_end_needs_to_know_nothing_of_it() -> None:
    answerer = Answerer("tcp://127.0.0.1:*")
    asker = Asker(answerer.address)
    try:
        asker.send(b"where?")
        assert answerer.next(5.0) == b"where?"
        answerer.answer(b"here")
        assert asker.receive(5.0) == b"here"
    finally:
        asker.close()
        answerer.close()


def test_what_comes_without_an_envelope_is_no_question_and_the_next_one_is_answered() -> None:
    answerer = Answerer("tcp://127.0.0.1:*")
    asker = Asker(answerer.address)
    context = open_context()
    stranger = open_socket(context, zmq.DEALER, largest_bytes=1024, send_queue=8, receive_queue=8)
    stranger.connect(answerer.address)
    try:
        stranger.send(b"no empty frame in front")
        assert answerer.next(5.0) is None
        stranger.send_multipart([b"", b"a question"])
        assert answerer.next(5.0) == b"a question"
        answerer.answer(b"an answer")
        assert stranger.poll(5000)
        assert stranger.recv_multipart() == [b"", b"an answer"]
        asker.send(b"where?")
        assert answerer.next(5.0) == b"where?"
        answerer.answer(b"here")
        assert asker.receive(5.0) == b"here"
    finally:
        stranger.close(0)
        context.term()
        asker.close()
        answerer.close()
