"""The answering end of LeRobot's asynchronous inference, with one of our policies behind it.

Which model to load is not the client's to say here: its instructions are read and otherwise left alone.
"""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hmac import compare_digest
from typing import Any, cast

import grpc
import numpy as np

from plugins.lerobot_async.client import KEY_HEADER, OFFER_HEADER, OPTIONS
from plugins.lerobot_async.features import gathered_states
from plugins.lerobot_async.messages import EMPTY, SERVICE, joined, payload_message, payload_of, piece_of
from plugins.lerobot_async.pickle_reader import Named, load
from plugins.lerobot_async.pickle_writer import Record, Tensor, dump
from runtime.mistakes import UserMistake
from runtime.policy_servers import twin_words
from runtime.policy_servers.arrays import Array
from runtime.policy_servers.exchange import ServerTrouble
from runtime.policy_servers.serving import BadRequest, ServedPolicy

WORKERS = 4
LOOK_TIMEOUT_S = 2.0
"""As LeRobot's server: without an observation for so long the answer is empty."""

_LOG = logging.getLogger("celltwin.serve.lerobot")


class LeRobotServer:
    """Answers in gRPC's own threads; keeps the newest observation only."""

    def __init__(self, served: ServedPolicy, *, host: str, port: int, key: str = "") -> None:
        self._served = served
        self._key = key
        self._newest: queue.Queue[Named] = queue.Queue(maxsize=1)
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="lerobot server")
        self._server = grpc.server(self._workers, options=(*OPTIONS, ("grpc.so_reuseport", 0)))
        self._server.add_generic_rpc_handlers((self._handlers(),))
        try:
            bound = self._server.add_insecure_port(f"{host}:{port}")
        except RuntimeError:
            bound = 0
        if not bound:
            self._workers.shutdown()
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

    def _handlers(self) -> grpc.GenericRpcHandler:
        unary = grpc.unary_unary_rpc_method_handler
        return grpc.method_handlers_generic_handler(
            SERVICE,
            {
                "Ready": unary(self._told(self._ready)),
                "SendPolicyInstructions": unary(self._told(self._instructions)),
                "SendObservations": grpc.stream_unary_rpc_method_handler(self._told(self._observation)),
                "GetActions": unary(self._told(self._actions)),
            },
        )

    def _told(
        self, method: Callable[[Any, grpc.ServicerContext], bytes]
    ) -> Callable[[Any, grpc.ServicerContext], bytes]:
        """What goes wrong is told to the client by name, where LeRobot's own server says nothing."""

        def call(request: Any, context: grpc.ServicerContext) -> bytes:
            try:
                self._admit(context)
                return method(request, context)
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

    def _ready(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        self._take_newest(wait_s=0.0)
        context.send_initial_metadata(((OFFER_HEADER, dump(self._served.offer)),))
        return EMPTY

    def _instructions(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        setup = load(payload_of(request))
        if not isinstance(setup, Named) or setup.kind != "RemotePolicyConfig":
            raise BadRequest("instructions: expected a RemotePolicyConfig")
        return EMPTY

    def _observation(self, stream: Iterator[bytes], context: grpc.ServicerContext) -> bytes:
        observation = load(joined(piece_of(message) for message in stream))
        if not isinstance(observation, Named) or observation.kind != "TimedObservation":
            raise BadRequest("observation: expected a TimedObservation")
        self._take_newest(wait_s=0.0)
        with suppress(queue.Full):  # another client was faster
            self._newest.put_nowait(observation)
        return EMPTY

    def _actions(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        observation = self._take_newest(wait_s=LOOK_TIMEOUT_S)
        if observation is None:
            return EMPTY
        raw, timestep = observation.fields.get("observation"), observation.fields.get("timestep")
        if not isinstance(raw, dict) or not isinstance(timestep, int):
            raise BadRequest("observation: expected a map with a timestep")
        rows, words = self._answer(cast("dict[str, Any]", raw))
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

    def _answer(self, raw: dict[str, Any]) -> tuple[Array, dict[str, Any]]:
        mapping = self._served.mapping
        prompt = raw.get("task", "")
        if not isinstance(prompt, str):
            raise BadRequest(f"task: expected text, came a {type(prompt).__name__}")
        pictures = {key: cast("Array", value) for key, value in raw.items() if isinstance(value, np.ndarray)}
        extras = raw.get(twin_words.KEY)
        return self._served.answer(
            pictures=pictures,
            states=gathered_states(raw, mapping, joints=len(self._served.cell.robot.joints)),
            prompt=prompt,
            extras=extras if isinstance(extras, dict) else None,
        )

    def _take_newest(self, *, wait_s: float) -> Named | None:
        try:
            return self._newest.get(timeout=wait_s) if wait_s else self._newest.get_nowait()
        except queue.Empty:
            return None


def serve(served: ServedPolicy, *, host: str, port: int, key: str = "") -> LeRobotServer:
    """See `ServerFactory`."""
    return LeRobotServer(served, host=host, port=port, key=key)
