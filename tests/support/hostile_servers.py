"""Servers that misbehave, one way each: on the wire of each protocol, or in what they answer."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http import HTTPStatus
from typing import Any

import grpc
import numpy as np
from numpy.typing import NDArray
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from plugins.groot.dialects import Dialect, packed_config
from plugins.groot.dialects import pack as pack_groot
from plugins.groot.dialects import unpack as unpack_groot
from plugins.lerobot_async.client import OFFER_HEADER, OPTIONS
from plugins.lerobot_async.messages import SERVICE, payload_message
from plugins.lerobot_async.pickle_writer import dump
from plugins.openpi.wire import pack as pack_openpi
from runtime.link.questions import Answerer
from runtime.policy_servers import twin_words
from runtime.policy_servers.serving import ServedPolicy
from tests.support.policy_servers import CELL, own_mapping

HUGE = 17 * 1024 * 1024
OFFERS = {
    protocol: twin_words.plain(twin_words.offer_of(CELL, own_mapping(protocol), policy="echo", policy_version="1.0"))
    for protocol in ("openpi", "groot", "lerobot")
}

Rows = NDArray[Any]


class SpoiltAnswers(ServedPolicy):
    """A served policy whose rows or words are changed on their way out, once `spoils` is set."""

    spoil_rows: Callable[[Rows], Rows] = staticmethod(lambda rows: rows)
    spoil_words: Callable[[dict[str, Any]], dict[str, Any]] = staticmethod(lambda words: words)
    spoils = True

    def answer(self, **asked: Any) -> tuple[Rows, dict[str, Any]]:
        rows, words = super().answer(**asked)
        return (self.spoil_rows(rows), self.spoil_words(words)) if self.spoils else (rows, words)


@contextmanager
def openpi_that(
    converses: Callable[[ServerConnection], object], *, health: HTTPStatus = HTTPStatus.OK
) -> Iterator[str]:
    """A WebSocket server that holds the conversation as told; yields its address."""

    def answer_health(client: ServerConnection, request: Any) -> Any:
        return client.respond(health, "\n") if request.path == "/healthz" else None

    def quietly(client: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            converses(client)

    server = serve(quietly, "127.0.0.1", 0, compression=None, max_size=None, process_request=answer_health)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
    finally:
        server.shutdown()
        thread.join()


def after_metadata(answers: Callable[[ServerConnection], object]) -> Callable[[ServerConnection], object]:
    """Metadata as ours sends it, then the misbehaviour at every look."""

    def converse(client: ServerConnection) -> None:
        client.send(pack_openpi({twin_words.KEY: OFFERS["openpi"]}))
        while True:
            client.recv()
            answers(client)

    return converse


def drip(client: ServerConnection) -> None:
    """One message in pieces, too slowly ever to be in time."""

    def pieces() -> Iterator[bytes]:
        for _ in range(40):
            time.sleep(0.05)
            yield b"\x80"

    client.send(pieces())


@contextmanager
def groot_that(answers: Callable[[bytes], bytes | None]) -> Iterator[str]:
    """A REP socket that answers actions as told (None: never); ping and configuration as ours gives them."""
    answerer = Answerer("tcp://127.0.0.1:*")
    closing = threading.Event()

    def run() -> None:
        while not closing.is_set():
            question = answerer.next(0.02)
            reply = None if question is None else _groot_reply(question, answers)
            if reply is not None:
                answerer.answer(reply)
            elif question is not None:
                closing.wait()
        answerer.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield answerer.address
    finally:
        closing.set()
        thread.join()


def _groot_reply(question: bytes, answers: Callable[[bytes], bytes | None]) -> bytes | None:
    endpoint = unpack_groot(question).get("endpoint")
    if endpoint == "get_action":
        return answers(question)
    if endpoint == "celltwin":
        return pack_groot(OFFERS["groot"], Dialect.D3)
    mapping = own_mapping("groot")
    keys = {
        "video": [one.key for one in mapping.camera],
        "state": [one.key for one in mapping.state],
        "action": [one.key for one in mapping.action],
        "language": [mapping.prompt_key],
    }
    steps = {"action": list(range(8))}
    config = {
        name: packed_config({"delta_indices": steps.get(name, [0]), "modality_keys": names}, Dialect.D3)
        for name, names in keys.items()
    }
    return pack_groot({"status": "ok"} if endpoint == "ping" else config, Dialect.D3)


@contextmanager
def lerobot_that(actions: Callable[[], bytes]) -> Iterator[str]:
    """A gRPC server that answers `GetActions` with these message bytes."""

    def ready(request: bytes, context: grpc.ServicerContext) -> bytes:
        context.send_initial_metadata(((OFFER_HEADER, dump(OFFERS["lerobot"])),))
        return b""

    def swallow(stream: Iterator[bytes], context: grpc.ServicerContext) -> bytes:
        for _ in stream:
            pass
        return b""

    unary = grpc.unary_unary_rpc_method_handler
    handlers = {
        "Ready": unary(ready),
        "SendPolicyInstructions": unary(lambda request, context: b""),
        "SendObservations": grpc.stream_unary_rpc_method_handler(swallow),
        "GetActions": unary(lambda request, context: actions()),
    }
    workers = ThreadPoolExecutor(2)
    large = (("grpc.max_send_message_length", -1), *OPTIONS[2:])
    server = grpc.server(workers, options=large)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(grace=0.0).wait()
        workers.shutdown()


def chunk_message(value: object) -> bytes:
    """An Actions message around the pickle of anything."""
    return payload_message(dump(value))


@contextmanager
def stranger(says: bytes) -> Iterator[int]:
    """A plain TCP server that says this to whoever connects, and closes; yields its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    closing = threading.Event()

    def run() -> None:
        while not closing.is_set():
            try:
                client, _ = listener.accept()
            except TimeoutError:
                continue
            with client:
                if says:
                    client.sendall(says)
                else:
                    closing.wait(1.0)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        closing.set()
        thread.join()
        listener.close()


def nan_rows(rows: Rows) -> Rows:
    spoilt = rows.copy()
    spoilt[2, 1] = np.nan
    return spoilt
