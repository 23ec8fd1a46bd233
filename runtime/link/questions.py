"""One question, one answer, over TCP: ZeroMQ's REQ and REP as other people's servers use them.

Bounded like everything here: nothing lingers, nobody waits for longer than told, and a socket that was left without
an answer is closed and never used again. Every question carries a number in its envelope, which any REP socket sends
back without looking at it: an answer that is given twice, or late, answers nothing else.
"""

from __future__ import annotations

import zmq

from runtime.link.peers import peer_of
from runtime.link.sockets import discard_rest, is_readable, open_context, open_socket
from runtime.mistakes import UserMistake

LARGEST_BYTES = 64 * 1024 * 1024
"""Beyond this libzmq drops the connection without a word; callers refuse by name at less."""

KEPT_ANSWERS = 8
"""Not read yet: with a single one libzmq 4.3.5 lets a second answer to the last question block the next one's."""


class Asker:
    """Puts questions to one address. Belongs to one thread; after a question without an answer it is to be closed."""

    def __init__(self, address: str) -> None:
        """Raises `UserMistake` for what is no ZeroMQ address. Connects in the background."""
        self._context = open_context()
        self._socket = open_socket(
            self._context, zmq.REQ, largest_bytes=LARGEST_BYTES, send_queue=1, receive_queue=KEPT_ANSWERS
        )
        self._socket.setsockopt(zmq.REQ_CORRELATE, 1)
        try:
            self._socket.connect(address)
        except zmq.ZMQError as trouble:
            self.close()
            raise UserMistake(f"{address} is no ZeroMQ address: {trouble.strerror}") from trouble

    def send(self, question: bytes) -> None:
        """One frame out; the last question has to have been answered."""
        self._socket.send(question, zmq.NOBLOCK)

    def receive(self, timeout_s: float) -> bytes | None:
        """The answer, or None when none came in this time; it may be waited for again."""
        if not is_readable(self._socket, timeout_s):
            return None
        try:
            answer = self._socket.recv(zmq.NOBLOCK)
        except zmq.Again:  # what was there answered another question
            return None
        discard_rest(self._socket)
        return answer

    def close(self) -> None:
        """Drop whatever is under way."""
        self._socket.close(0)
        self._context.term()


class Answerer:
    """Takes questions at one address, one after the other. Belongs to one thread."""

    asker: str = ""
    """The other end of the connection that the last question came through; empty when it has gone already."""

    def __init__(self, address: str) -> None:
        """Raises `UserMistake` when the address cannot be had."""
        self._context = open_context()
        self._socket = open_socket(self._context, zmq.REP, largest_bytes=LARGEST_BYTES, send_queue=64, receive_queue=64)
        try:
            self._socket.bind(address)
        except zmq.ZMQError as trouble:
            self.close()
            raise UserMistake(f"cannot listen on {address}: {trouble.strerror}") from trouble

    @property
    def address(self) -> str:
        """Where it listens, the port filled in."""
        endpoint = self._socket.getsockopt(zmq.LAST_ENDPOINT)
        assert isinstance(endpoint, bytes)
        return endpoint.rstrip(b"\0").decode()

    def next(self, timeout_s: float) -> bytes | None:
        """The next question, or None; it has to be answered before the one after it."""
        if not is_readable(self._socket, timeout_s):
            return None
        try:
            question = self._socket.recv(zmq.NOBLOCK, copy=False)
        except zmq.Again:  # what was there is no question: it came without its envelope
            return None
        self.asker = _peer(question)
        discard_rest(self._socket)
        return question.bytes

    def answer(self, frame: bytes) -> None:
        """To the last question; an asker that has gone is no trouble."""
        self._socket.send(frame, zmq.NOBLOCK)

    def close(self) -> None:
        """Stop listening."""
        self._socket.close(0)
        self._context.term()


def _peer(question: zmq.Frame) -> str:
    """A REP socket hides whom it answers; the descriptor that a frame came through tells."""
    return peer_of(question.get(zmq.SRCFD))
