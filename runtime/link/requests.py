"""Requests and receipts: a console or a program asks the supervisor, and is always answered.

A request never waits in a queue for a supervisor that is not there: it is sent while connected or not at all,
and it carries a deadline that the receiver checks.
"""

from __future__ import annotations

import secrets
import struct
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import zmq

from runtime.link.session import SessionFolder, SessionTrouble, read_info
from runtime.link.sockets import LARGEST_REQUEST_BYTES, discard_rest, is_readable, open_context, open_socket
from runtime.messages.codec import SCHEMA_VERSION, MalformedMessage, decode, encode
from runtime.messages.requests import Body, Receipt, ReceiptPhase, Request

ENDPOINT = "requests"
MOST_PER_POLL = 64
LONGEST_DEADLINE_S = 60.0
"""A request may not be valid for longer: a deadline is there to keep old wishes from being carried out."""

_HEAD = struct.Struct("<4sH16s")
_MAGIC = b"ctrq"
_QUEUE = 128


@dataclass(frozen=True, slots=True)
class ReplyHandle:
    """Where an answer goes."""

    route: bytes


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that never got as far as the supervisor's judgement."""

    request_id: str
    """Empty when the bytes did not even tell that."""

    command: str
    reason: str

    def receipt(self, now_ns: int) -> Receipt:
        """The answer to send back."""
        return Receipt(self.request_id, ReceiptPhase.REFUSED, now_ns, self.command, reason=self.reason)


class RequestServer:
    """The supervisor's ear. Belongs to one thread."""

    def __init__(self, session: SessionFolder, *, clock_ns: Callable[[], int] = time.monotonic_ns) -> None:
        """Raises `SessionTrouble` when the socket cannot be opened."""
        self._clock_ns = clock_ns
        self._head = _head_of(session)
        self.unanswered = 0
        """Receipts that nobody was there to take."""

        self._context = open_context()
        self.socket = open_socket(
            self._context,
            zmq.ROUTER,
            largest_bytes=LARGEST_REQUEST_BYTES,
            send_queue=_QUEUE,
            receive_queue=_QUEUE,
        )
        self.socket.setsockopt(zmq.ROUTER_MANDATORY, 1)
        endpoint = session.endpoint(ENDPOINT)
        try:
            self.socket.bind(endpoint)
        except zmq.ZMQError as trouble:
            self.close()
            raise SessionTrouble(f"{endpoint} cannot be opened: {trouble.strerror}") from trouble

    def poll(self, timeout_s: float = 0.0) -> list[tuple[ReplyHandle, Request | Refusal]]:
        """What was asked since the last call, at most 64; every entry wants a reply. Never raises for bad bytes."""
        asked: list[tuple[ReplyHandle, Request | Refusal]] = []
        if not is_readable(self.socket, timeout_s):
            return asked
        for _ in range(MOST_PER_POLL):
            try:
                route = self.socket.recv(zmq.NOBLOCK)
                frames = [self.socket.recv(zmq.NOBLOCK)] if self.socket.getsockopt(zmq.RCVMORE) else []
                frames += [self.socket.recv(zmq.NOBLOCK)] if self.socket.getsockopt(zmq.RCVMORE) else []
                surplus = discard_rest(self.socket)
            except zmq.Again:
                break
            whole = len(frames) == 2 and not surplus
            asked.append((ReplyHandle(route), self._judge(frames[0], frames[1]) if whole else _NOT_WHOLE))
        return asked

    def reply(self, handle: ReplyHandle, receipt: Receipt) -> None:
        """Answer. An asker that has gone is no trouble; it is counted in `unanswered`."""
        try:
            self.socket.send_multipart([handle.route, encode(receipt)], zmq.NOBLOCK)
        except zmq.ZMQError:
            self.unanswered += 1

    def close(self) -> None:
        """Close the socket."""
        self.socket.close(0)
        self._context.term()

    def _judge(self, head: bytes, body: bytes) -> Request | Refusal:
        trouble = self._head_trouble(head)
        if trouble:
            return Refusal("", "", trouble)
        try:
            request = decode(body, Request)
        except MalformedMessage as malformed:
            return Refusal("", "", str(malformed))
        trouble = _time_trouble(request, self._clock_ns())
        if trouble:
            return Refusal(request.request_id, command_of(request), trouble)
        return request

    def _head_trouble(self, head: bytes) -> str:
        if head == self._head:
            return ""
        if len(head) != _HEAD.size or head[:4] != _MAGIC:
            return "not a request of this program"
        _, version, _ = _HEAD.unpack(head)
        if version != SCHEMA_VERSION:
            return f"the asker speaks schema {version}, this cell {SCHEMA_VERSION}: update the older one"
        return "the request is for an earlier session of this cell: connect again"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def command_of(request: Request) -> str:
    """The request's tag, as receipts carry it."""
    return str(request.body.__struct_config__.tag)


def _head_of(session: SessionFolder) -> bytes:
    return _HEAD.pack(_MAGIC, SCHEMA_VERSION, session.session_id.encode())


def _time_trouble(request: Request, now_ns: int) -> str:
    if not request.request_id:
        return "request_id is empty"
    if now_ns > request.deadline_ns:
        return f"came {(now_ns - request.deadline_ns) * 1e-9:.3f} s after its deadline"
    if request.deadline_ns - now_ns > LONGEST_DEADLINE_S * 1e9:
        return f"the deadline is more than {LONGEST_DEADLINE_S:.0f} s ahead"
    return ""


_NOT_WHOLE = Refusal("", "", "not a request of this program: wrong number of frames")


class RequestClient:
    """Asks on behalf of a person or a program. Belongs to one thread; every request gets exactly one first receipt."""

    def __init__(self, session: SessionFolder, asker: str, *, clock_ns: Callable[[], int] = time.monotonic_ns) -> None:
        """`asker` is written into each request. A supervisor that starts anew in the same folder is found again."""
        self._session = session
        self._asker = asker
        self._clock_ns = clock_ns
        self._name = f"{asker}-{secrets.token_hex(4)}"
        self._sent = 0
        self._pending: dict[str, tuple[int, str]] = {}
        self._receipts: deque[Receipt] = deque()
        self._context = open_context()
        self.socket = open_socket(
            self._context,
            zmq.DEALER,
            largest_bytes=LARGEST_REQUEST_BYTES,
            send_queue=_QUEUE,
            receive_queue=_QUEUE,
        )
        self.socket.setsockopt(zmq.IMMEDIATE, 1)
        self.socket.connect(session.endpoint(ENDPOINT))

    def send(self, body: Body, *, timeout_s: float = 2.0) -> str:
        """Ask without waiting; returns the request's id, whose receipt comes from `poll`.

        When nobody listens, nothing is queued: the receipt is then `FAILED`. It is too when none comes in time.
        """
        now_ns = self._clock_ns()
        self._sent += 1
        request = Request(f"{self._name}-{self._sent}", now_ns, now_ns + round(timeout_s * 1e9), body, self._asker)
        command = command_of(request)
        try:
            self.socket.send_multipart([self._head(), encode(request)], zmq.NOBLOCK)
        except zmq.Again:
            self._receipts.append(_failed(request.request_id, command, now_ns, "not sent: the cell does not listen"))
        else:
            self._pending[request.request_id] = (request.deadline_ns, command)
        return request.request_id

    def poll(self, timeout_s: float = 0.0) -> list[Receipt]:
        """Receipts that have come since the last call, and the failures of requests without an answer."""
        if not self._receipts and is_readable(self.socket, timeout_s):
            self._take_all()
        self._give_up_late()
        receipts = list(self._receipts)
        self._receipts.clear()
        return receipts

    def ask(self, body: Body, timeout_s: float = 2.0) -> Receipt:
        """Ask and wait for the first receipt, `FAILED` when none comes in time. Receipts of others stay for `poll`."""
        began_ns = self._clock_ns()
        self.socket.poll(max(1, round(timeout_s * 1000)), zmq.POLLOUT)
        left_s = max(timeout_s - (self._clock_ns() - began_ns) * 1e-9, 0.001)
        request_id = self.send(body, timeout_s=left_s)
        others: list[Receipt] = []
        while True:
            for receipt in self.poll(0.01):
                if receipt.request_id == request_id:
                    self._receipts.extend(others)
                    return receipt
                others.append(receipt)

    def close(self) -> None:
        """Close the socket; what is not sent yet is dropped."""
        self.socket.close(0)
        self._context.term()

    def _head(self) -> bytes:
        info = read_info(self._session.path)
        session_id = self._session.session_id if info is None else info.session_id
        return _HEAD.pack(_MAGIC, SCHEMA_VERSION, session_id.encode())

    def _take_all(self) -> None:
        while True:
            try:
                frame = self.socket.recv(zmq.NOBLOCK)
                surplus = discard_rest(self.socket)
            except zmq.Again:
                return
            if surplus:
                continue
            with suppress(MalformedMessage):
                receipt = decode(frame, Receipt)
                self._pending.pop(receipt.request_id, None)
                self._receipts.append(receipt)

    def _give_up_late(self) -> None:
        now_ns = self._clock_ns()
        for request_id, (deadline_ns, command) in list(self._pending.items()):
            if now_ns > deadline_ns:
                del self._pending[request_id]
                self._receipts.append(_failed(request_id, command, now_ns, "no answer in time: the cell may be gone"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _failed(request_id: str, command: str, now_ns: int, reason: str) -> Receipt:
    return Receipt(request_id, ReceiptPhase.FAILED, now_ns, command, reason=reason)
