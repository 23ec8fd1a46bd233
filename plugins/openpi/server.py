"""The answering end of openpi's WebSocket, with one of our policies behind it."""

from __future__ import annotations

import logging
import threading
import time
from hmac import compare_digest
from http import HTTPStatus
from typing import Any, cast

import numpy as np
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection
from websockets.sync.server import serve as listen

from plugins.openpi.quiet import SILENT
from plugins.openpi.wire import pack, unpack
from runtime.link.peers import spelt
from runtime.mistakes import UserMistake
from runtime.policy_servers import twin_words
from runtime.policy_servers.arrays import LARGEST_BYTES, Array
from runtime.policy_servers.exchange import ServerTrouble
from runtime.policy_servers.seat import Seat
from runtime.policy_servers.serving import BadRequest, ServedPolicy

INTERNAL_ERROR = 1011
_LOG = logging.getLogger("celltwin.serve.openpi")


class OpenpiServer:
    """Listens in a thread of its own, with one more for every connection; one of them at a time is served."""

    def __init__(self, served: ServedPolicy, *, host: str, port: int, key: str = "") -> None:
        self._served = served
        self._key = key
        self._seat = Seat()
        try:
            self._server: Server = listen(
                self._converse,
                host,
                port,
                compression=None,
                max_size=LARGEST_BYTES,
                ping_interval=None,
                process_request=self._admit,
                close_timeout=0.5,
                logger=SILENT,
            )
        except OSError as trouble:
            why = trouble.strerror or str(trouble)
            raise UserMistake(
                f"cannot listen on {host}:{port}: {why}", remedy="choose another with --port"
            ) from trouble
        self.address = f"ws://{host}:{self._server.socket.getsockname()[1]}"
        self._clients: set[ServerConnection] = set()
        self._thread = threading.Thread(target=self._server.serve_forever, name="openpi server")
        self._thread.start()

    def close(self) -> None:
        """Stop listening, let every client go; safe to call twice."""
        if not self._thread.is_alive():
            return
        self._server.shutdown()
        for client in tuple(self._clients):
            client.close(1001, "server ends")
        self._thread.join()

    def _admit(self, client: ServerConnection, request: Request) -> Response | None:
        """Health for whoever asks; a conversation only with the key."""
        if request.path == "/healthz":
            return client.respond(HTTPStatus.OK, "OK\n")
        shown = request.headers.get("Authorization", "")
        if self._key and not compare_digest(shown.encode(), f"Api-Key {self._key}".encode()):
            return client.respond(HTTPStatus.UNAUTHORIZED, "this server wants its key\n")
        return None

    def _converse(self, client: ServerConnection) -> None:
        """One client: metadata first, then an answer to every look."""
        self._clients.add(client)
        name = spelt(*client.remote_address[:2])
        try:
            with self._seat.taken_by(name):
                client.send(pack({twin_words.KEY: self._served.offer}))
            before_s: float | None = None
            while True:
                frame = client.recv()
                began_s = time.monotonic()
                with self._seat.taken_by(name):
                    client.send(pack(self._answer(frame, before_s, name)))
                before_s = time.monotonic() - began_s
        except ConnectionClosed:
            pass
        except (BadRequest, ServerTrouble) as refusal:
            _refuse(client, str(refusal))
        except Exception as trouble:  # noqa: BLE001 - a policy may fail in any way; the client is told
            _LOG.info("a look failed: %s", trouble)
            _refuse(client, f"{type(trouble).__name__}: {trouble}")
        finally:
            self._seat.leave(name)
            self._clients.discard(client)

    def _answer(self, frame: str | bytes, before_s: float | None, client: str) -> dict[str, Any]:
        if isinstance(frame, str):
            raise BadRequest("text came, looks are binary frames")
        message = unpack(frame)
        mapping = self._served.mapping
        extras = message.get(twin_words.KEY)
        prompt = message.get(mapping.prompt_key, "")
        if not isinstance(prompt, str):
            raise BadRequest(f"{mapping.prompt_key}: expected text, came a {type(prompt).__name__}")
        arrays = {key: cast("Array", value) for key, value in message.items() if isinstance(value, np.ndarray)}
        rows, words = self._served.answer(
            client=client,
            pictures=arrays,
            states=arrays,
            prompt=prompt,
            extras=extras if isinstance(extras, dict) else None,
        )
        timing = {"infer_ms": self._served.inference_s * 1e3}
        if before_s is not None:
            timing["prev_total_ms"] = before_s * 1e3
        return {mapping.action[0].key: rows, "server_timing": timing, twin_words.KEY: words}


def _refuse(client: ServerConnection, words: str) -> None:
    """As openpi does: the error as text, then the end of the connection."""
    try:
        client.send(words)
        client.close(INTERNAL_ERROR, "see the text before")
    except ConnectionClosed:
        pass


def serve(served: ServedPolicy, *, host: str, port: int, key: str = "") -> OpenpiServer:
    """See `ServerFactory`."""
    return OpenpiServer(served, host=host, port=port, key=key)
