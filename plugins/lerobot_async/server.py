"""The answering end of LeRobot's asynchronous inference, with one of our policies behind it.

Which model to load is not the client's to say here: its instructions are read and otherwise left alone.
"""

from __future__ import annotations

import logging
import queue
import time
import urllib.parse
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hmac import compare_digest
from typing import Any, cast

import grpc
import numpy as np

from plugins.lerobot_async.asked import Asked
from plugins.lerobot_async.client import KEY_HEADER, OFFER_HEADER, OPTIONS
from plugins.lerobot_async.features import gathered_states
from plugins.lerobot_async.messages import EMPTY, SERVICE, joined, payload_message, payload_of, piece_of
from plugins.lerobot_async.pickle_reader import Named, load
from plugins.lerobot_async.pickle_writer import Record, Tensor, dump
from runtime.link.peers import spelt
from runtime.mistakes import UserMistake
from runtime.policy_servers import twin_words
from runtime.policy_servers.arrays import Array
from runtime.policy_servers.exchange import ServerTrouble
from runtime.policy_servers.seat import Occupied, Seat
from runtime.policy_servers.serving import BadRequest, ServedPolicy

WORKERS = 4
LOOK_TIMEOUT_S = 2.0
"""As LeRobot's server: without an observation for so long the answer is empty."""

_Method = Callable[[Iterator[bytes], grpc.ServicerContext, str], bytes]
"""Messages, context and the client's name to the reply."""

_LOG = logging.getLogger("celltwin.serve.lerobot")


class LeRobotServer:
    """Answers in gRPC's own threads; keeps the newest observation only."""

    def __init__(self, served: ServedPolicy, *, host: str, port: int, key: str = "") -> None:
        self._served = served
        self._key = key
        self._seat = Seat()
        self._newest: queue.Queue[tuple[str, Named]] = queue.Queue(maxsize=1)
        """With the client that it came from."""
        self._asked = Asked(WORKERS)
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="lerobot server")
        self._server = grpc.server(self._workers, options=(*OPTIONS, ("grpc.so_reuseport", 0)))
        self._server.add_generic_rpc_handlers((self._handlers(),))
        try:
            bound = self._server.add_insecure_port(f"{host}:{port}")
        except RuntimeError:
            bound = 0
        if not bound:
            self._workers.shutdown()
            self._asked.close()
            raise UserMistake(
                f"cannot listen on {host}:{port}: the address is in use or not this machine's",
                remedy="choose another with --port",
            )
        self.address = f"{host}:{bound}"
        self._server.start()

    def close(self) -> None:
        """Stop answering."""
        self._server.stop(grace=0.2).wait()
        self._workers.shutdown()
        self._asked.close()

    def _handlers(self) -> grpc.GenericRpcHandler:
        methods: dict[str, _Method] = {
            "Ready": self._ready,
            "SendPolicyInstructions": self._instructions,
            "SendObservations": self._observation,
            "GetActions": self._actions,
        }
        # A call with one message is a stream of one on the wire: read as a stream, none of them waits without a limit.
        stream = grpc.stream_unary_rpc_method_handler
        return grpc.method_handlers_generic_handler(
            SERVICE, {name: stream(self._told(method)) for name, method in methods.items()}
        )

    def _told(self, method: _Method) -> Callable[[Iterator[bytes], grpc.ServicerContext], bytes]:
        """What goes wrong is told to the client by name, where LeRobot's own server says nothing."""

        def call(stream: Iterator[bytes], context: grpc.ServicerContext) -> bytes:
            try:
                self._admit(context)
                client = _client_of(context)
                with self._seat.taken_by(client):
                    return method(self._asked.messages(stream), context, client)
            except Occupied as refusal:
                context.abort(grpc.StatusCode.UNAVAILABLE, str(refusal))
            except (BadRequest, ServerTrouble) as refusal:
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(refusal))
            except Exception as trouble:  # noqa: BLE001 - a policy may fail in any way; the client is told
                _LOG.info("a look failed: %s", trouble)
                context.abort(grpc.StatusCode.INTERNAL, f"{type(trouble).__name__}: {trouble}")
            raise AssertionError("abort raises")

        return call

    def _admit(self, context: grpc.ServicerContext) -> None:
        """LeRobot has no keys of its own: ours come in the header that openpi uses."""
        shown = dict(context.invocation_metadata()).get(KEY_HEADER, "")
        if self._key and not compare_digest(str(shown).encode(), f"Api-Key {self._key}".encode()):
            raise BadRequest("this server wants its key")

    def _ready(self, messages: Iterator[bytes], context: grpc.ServicerContext, client: str) -> bytes:
        next(messages, None)
        self._take_newest(client, wait_s=0.0)
        context.send_initial_metadata(((OFFER_HEADER, dump(self._served.offer)),))
        return EMPTY

    def _instructions(self, messages: Iterator[bytes], context: grpc.ServicerContext, client: str) -> bytes:
        setup = load(payload_of(next(messages, EMPTY)))
        if not isinstance(setup, Named) or setup.kind != "RemotePolicyConfig":
            raise BadRequest("instructions: expected a RemotePolicyConfig")
        return EMPTY

    def _observation(self, messages: Iterator[bytes], context: grpc.ServicerContext, client: str) -> bytes:
        observation = load(joined(piece_of(message) for message in messages))
        if not isinstance(observation, Named) or observation.kind != "TimedObservation":
            raise BadRequest("observation: expected a TimedObservation")
        self._take_newest(client, wait_s=0.0)
        with suppress(queue.Full):  # another call was faster
            self._newest.put_nowait((client, observation))
        return EMPTY

    def _actions(self, messages: Iterator[bytes], context: grpc.ServicerContext, client: str) -> bytes:
        next(messages, None)
        observation = self._take_newest(client, wait_s=LOOK_TIMEOUT_S)
        if observation is None:
            return EMPTY
        raw, timestep = observation.fields.get("observation"), observation.fields.get("timestep")
        if not isinstance(raw, dict) or not isinstance(timestep, int):
            raise BadRequest("observation: expected a map with a timestep")
        rows, words = self._answer(cast("dict[str, Any]", raw), client)
        period_s, now_s = self._served.mapping.steps.period_s, time.time()
        chunk = [
            Record(
                "TimedAction",
                {"timestamp": now_s + number * period_s, "timestep": timestep + number, "action": Tensor(row)},
            )
            for number, row in enumerate(rows)
        ]
        chunk[0].fields[twin_words.KEY] = words
        return payload_message(dump(chunk))

    def _answer(self, raw: dict[str, Any], client: str) -> tuple[Array, dict[str, Any]]:
        mapping = self._served.mapping
        prompt = raw.get("task", "")
        if not isinstance(prompt, str):
            raise BadRequest(f"task: expected text, came a {type(prompt).__name__}")
        pictures = {key: cast("Array", value) for key, value in raw.items() if isinstance(value, np.ndarray)}
        extras = raw.get(twin_words.KEY)
        return self._served.answer(
            client=client,
            pictures=pictures,
            states=gathered_states(raw, mapping, joints=len(self._served.cell.robot.joints)),
            prompt=prompt,
            extras=extras if isinstance(extras, dict) else None,
        )

    def _take_newest(self, client: str, *, wait_s: float) -> Named | None:
        """Of this client; what one before it has left is thrown away."""
        try:
            whose, newest = self._newest.get(timeout=wait_s) if wait_s else self._newest.get_nowait()
        except queue.Empty:
            return None
        return newest if whose == client else None


def _client_of(context: grpc.ServicerContext) -> str:
    """Out of what gRPC writes: `ipv4:127.0.0.1:4711` and `ipv6:%5B::1%5D:4711`."""
    _, _, where = urllib.parse.unquote(context.peer()).partition(":")
    host, _, port = where.rpartition(":")
    return spelt(host.strip("[]"), int(port))


def serve(served: ServedPolicy, *, host: str, port: int, key: str = "") -> LeRobotServer:
    """See `ServerFactory`."""
    return LeRobotServer(served, host=host, port=port, key=key)
