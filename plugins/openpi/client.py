"""The asking end of openpi's WebSocket: one connection, one question at a time, never longer than allowed."""

from __future__ import annotations

import math
import threading
from contextlib import ExitStack
from typing import Any, cast
from urllib.parse import SplitResult

import numpy as np
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI
from websockets.sync.client import ClientConnection, connect

from plugins.openpi.health import check_health
from plugins.openpi.quiet import SILENT
from plugins.openpi.wire import pack, unpack
from runtime.policy_servers import twin_words
from runtime.policy_servers.addresses import checked_url
from runtime.policy_servers.arrays import LARGEST_BYTES, Array
from runtime.policy_servers.exchange import Answer, Deadline, Look, LookRefused, Offer, ServerTrouble
from runtime.policy_servers.mapping import Mapping

LONGEST_ERROR = 300
CLOSE_TIMEOUT_S = 0.2
TOO_BIG = 1009
"""Close code of RFC 6455: our end refuses a frame beyond its limit."""


def checked_address(text: str) -> SplitResult:
    """The address in pieces; raises `UserMistake`."""
    return checked_url(text, schemes=("ws", "wss"), of="an openpi server", example="ws://gpu-machine:8000")


class OpenpiTransport:
    """One connection to an openpi server."""

    def __init__(self, address: str, mapping: Mapping, closing: threading.Event, *, key: str = "") -> None:
        self._address = address
        self._mapping = mapping
        self._closing = closing
        self._key = key
        self._held = ExitStack()
        self._socket: ClientConnection | None = None

    def open(self, *, timeout_s: float) -> Offer:
        """Health, handshake, and the metadata that the server sends first."""
        deadline = Deadline(timeout_s, self._closing)
        check_health(checked_address(self._address), deadline)
        headers = {"Authorization": f"Api-Key {self._key}"} if self._key else None
        try:
            connecting = connect(
                self._address,
                compression=None,
                max_size=LARGEST_BYTES,
                ping_interval=None,  # a busy server answers no pings: the timeout is ours
                open_timeout=deadline.left_s(),
                close_timeout=CLOSE_TIMEOUT_S,
                additional_headers=headers,
                proxy=None,
                logger=SILENT,
            )
            self._socket = self._held.enter_context(connecting)
        except TimeoutError as trouble:
            raise ServerTrouble("no handshake in time") from trouble
        except (OSError, InvalidHandshake, InvalidURI, EOFError) as trouble:
            raise ServerTrouble(f"no WebSocket: {trouble}") from trouble
        metadata = unpack(self._receive(deadline))
        twin = metadata.get(twin_words.KEY)
        return Offer(words=_words(metadata), twin=twin if isinstance(twin, dict) else None)

    def ask(self, look: Look, *, timeout_s: float) -> Answer:
        """One map out, one map back.

        The protocol numbers nothing, so a reply that nobody waits for would pass for the next one: there must be none.
        """
        self.rest()
        deadline = Deadline(timeout_s, self._closing)
        message: dict[str, Any] = {key: _newest(frames) for key, frames in look.pictures.items()}
        message.update(look.states)
        message[self._mapping.prompt_key] = look.prompt
        if look.extras is not None:
            message[twin_words.KEY] = look.extras
        self._send(pack(message), deadline)
        return _answer(unpack(self._receive(deadline)))

    def rest(self) -> None:
        """Nothing may come unasked; a closed connection shows here."""
        assert self._socket is not None
        try:
            self._socket.recv(timeout=0.0)
        except TimeoutError:
            return
        except ConnectionClosed as closed:
            raise ServerTrouble(_closed_words(closed)) from closed
        raise ServerTrouble("another dialect: the server sends without being asked")

    def close(self) -> None:
        """Close; the other end is waited for a moment only."""
        self._held.close()
        self._socket = None

    def _send(self, frame: bytes, deadline: Deadline) -> None:
        assert self._socket is not None
        try:
            self._socket.socket.settimeout(deadline.left_s())
            self._socket.send(frame)
            self._socket.socket.settimeout(None)
        except TimeoutError as trouble:
            raise ServerTrouble("the server takes nothing in") from trouble
        except ConnectionClosed as closed:
            raise ServerTrouble(_closed_words(closed)) from closed
        except OSError as trouble:  # closed under our hands: the other end did so a moment ago
            raise ServerTrouble(self._why_gone()) from trouble

    def _why_gone(self) -> str:
        assert self._socket is not None
        try:
            self._socket.recv(timeout=CLOSE_TIMEOUT_S)
        except ConnectionClosed as closed:
            return _closed_words(closed)
        except TimeoutError:
            pass
        return "the connection broke off"

    def _receive(self, deadline: Deadline) -> bytes:
        assert self._socket is not None
        while True:
            try:
                frame = self._socket.recv(timeout=deadline.slice_s())
            except TimeoutError:
                continue
            except ConnectionClosed as closed:
                raise ServerTrouble(_closed_words(closed)) from closed
            if isinstance(frame, str):
                raise LookRefused(f"the server says: {_last_line(frame)}")
            return frame


def _newest(frames: np.ndarray[Any, Any]) -> Array:
    """One frame as it is; several as one array."""
    return frames[0] if len(frames) == 1 else frames


def _answer(message: dict[str, Any]) -> Answer:
    timing = message.get("server_timing")
    took_ms = timing.get("infer_ms") if isinstance(timing, dict) else None
    extras = message.get(twin_words.KEY)
    return Answer(
        arrays={key: cast("Array", value) for key, value in message.items() if isinstance(value, np.ndarray)},
        extras=extras if isinstance(extras, dict) else {},
        server_s=took_ms * 1e-3 if isinstance(took_ms, (int, float)) and math.isfinite(took_ms) else None,
    )


def _words(metadata: dict[str, Any]) -> str:
    return ", ".join(sorted(metadata)) or "no metadata"


def _last_line(text: str) -> str:
    """Of a traceback, what went wrong."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:LONGEST_ERROR] if lines else "without a word"


def _closed_words(closed: ConnectionClosed) -> str:
    if closed.sent is not None and closed.sent.code == TOO_BIG:
        return f"a frame of more than {LARGEST_BYTES} bytes is refused"
    if closed.rcvd is None:
        return "the connection broke off"
    return f"the server closed the connection ({closed.rcvd.code} {closed.rcvd.reason})".replace(" )", ")")
