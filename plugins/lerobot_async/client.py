"""The asking end of LeRobot's asynchronous inference: an observation out, a chunk of timed actions back.

The server answers nothing to an observation that it left out or failed at, without saying which. So every look is
sent as one that must be answered, and an empty answer is told as what it is: a failure of the integration.
"""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

import grpc
import numpy as np

from plugins.lerobot_async.features import features_of, named_states
from plugins.lerobot_async.messages import (
    EMPTY,
    SERVICE,
    payload_message,
    payload_of,
    piece_message,
    pieces,
)
from plugins.lerobot_async.pickle_reader import Named, load
from plugins.lerobot_async.pickle_writer import Record, dump
from runtime.messages.cell import CellDescription
from runtime.policy_servers import twin_words
from runtime.policy_servers.arrays import LARGEST_BYTES, Array
from runtime.policy_servers.exchange import Answer, Deadline, Look, LookRefused, Offer, ServerTrouble, TooLate
from runtime.policy_servers.mapping import LeRobotPolicy, Mapping

OFFER_HEADER, KEY_HEADER = "celltwin-offer-bin", "authorization"
REST_PATIENCE_S = 1.0
SETUP_TIMEOUT_S = 600.0
"""Loading a model from disk or from a hub."""

OPTIONS = (
    ("grpc.max_receive_message_length", LARGEST_BYTES),
    ("grpc.max_send_message_length", LARGEST_BYTES),
    ("grpc.enable_http_proxy", 0),
    ("grpc.use_local_subchannel_pool", 1),
)
_OWN = LeRobotPolicy("celltwin", "celltwin", actions_per_chunk=64)


class LeRobotTransport:
    """One channel to a LeRobot policy server."""

    def __init__(
        self, address: str, mapping: Mapping, cell: CellDescription, closing: threading.Event, *, key: str = ""
    ) -> None:
        self._headers = ((KEY_HEADER, f"Api-Key {key}"),) if key else ()
        self._mapping = mapping
        self._features = features_of(mapping, cell)
        self._closing = closing
        self._channel = grpc.insecure_channel(address, options=OPTIONS)
        self._address = address
        self._timestep = 0

    def open(self, *, timeout_s: float) -> Offer:
        """Reset the server, and tell it which model to load for which inputs."""
        deadline = Deadline(timeout_s, self._closing)
        _, headers = self._call("Ready", EMPTY, deadline)
        policy = self._mapping.lerobot or _OWN
        setup = Record(
            "RemotePolicyConfig",
            {
                "policy_type": policy.policy_type,
                "pretrained_name_or_path": policy.pretrained_name_or_path,
                "lerobot_features": self._features,
                "actions_per_chunk": policy.actions_per_chunk,
                "device": policy.device,
                "rename_map": policy.rename_map,
            },
        )
        loading = Deadline(SETUP_TIMEOUT_S, self._closing)
        self._call("SendPolicyInstructions", payload_message(dump(setup)), loading)
        offer = headers.get(OFFER_HEADER)
        return Offer(words=policy.pretrained_name_or_path, twin=None if offer is None else _offered(offer))

    def ask(self, look: Look, *, timeout_s: float) -> Answer:
        """One observation, then the actions that belong to it; anything else than these is refused."""
        deadline = Deadline(timeout_s, self._closing)
        self._timestep += 1
        fields = {
            "timestamp": time.time(),
            "timestep": self._timestep,
            "observation": self._raw(look),
            "must_go": True,
        }
        payload = dump(Record("TimedObservation", fields))
        self._stream("SendObservations", [piece_message(piece) for piece in pieces(payload)], deadline)
        reply, _ = self._call("GetActions", EMPTY, deadline)
        data = payload_of(reply)
        if not data:
            raise LookRefused("the server answers nothing: it timed out or failed, its log says which")
        return self._answer(load(data))

    def rest(self) -> None:
        """Whether somebody still listens there: `Ready` would reset the server, and a channel notices late."""
        host, _, port = self._address.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=REST_PATIENCE_S).close()
        except OSError as trouble:
            raise ServerTrouble(f"nobody listens any more: {trouble.strerror or trouble}") from trouble

    def close(self) -> None:
        """Cancel what is under way."""
        self._channel.close()

    def _raw(self, look: Look) -> dict[str, Any]:
        """The observation as a robot of LeRobot's gives it: one number a name, one picture a camera."""
        raw: dict[str, Any] = named_states(look.states, self._mapping)
        raw.update({key: frames[-1] for key, frames in look.pictures.items()})
        raw["task"] = look.prompt
        if look.extras is not None:
            raw[twin_words.KEY] = look.extras
        return raw

    def _answer(self, actions: object) -> Answer:
        if not isinstance(actions, list) or not actions:
            raise ServerTrouble(f"another dialect: the actions are a {type(actions).__name__}, must be a list")
        rows = [self._row(number, action) for number, action in enumerate(actions)]
        if len({row.shape for row in rows}) != 1:
            raise ServerTrouble("actions of several lengths in one chunk")
        first = actions[0]
        assert isinstance(first, Named)
        extras = first.fields.get(twin_words.KEY)
        key = self._mapping.action[0].key
        return Answer(arrays={key: np.stack(rows)}, extras=extras if isinstance(extras, dict) else {})

    def _row(self, number: int, action: object) -> Array:
        if not isinstance(action, Named) or action.kind != "TimedAction":
            raise ServerTrouble("another dialect: the chunk holds something that is no TimedAction")
        timestep, row = action.fields.get("timestep"), action.fields.get("action")
        if timestep != self._timestep + number:
            raise ServerTrouble(f"actions for step {timestep}, asked was {self._timestep + number}")
        if not isinstance(row, np.ndarray) or row.ndim != 1:
            raise ServerTrouble("another dialect: an action that is no vector")
        return row

    def _call(self, method: str, message: bytes, deadline: Deadline) -> tuple[bytes, dict[str, bytes]]:
        call = self._channel.unary_unary(f"/{SERVICE}/{method}")
        return self._awaited(call.future(message, timeout=deadline.left_s(), metadata=self._headers), deadline)

    def _stream(self, method: str, messages: list[bytes], deadline: Deadline) -> None:
        call = self._channel.stream_unary(f"/{SERVICE}/{method}")
        self._awaited(call.future(iter(messages), timeout=deadline.left_s(), metadata=self._headers), deadline)

    def _awaited(self, future: Any, deadline: Deadline) -> tuple[bytes, dict[str, bytes]]:
        """The reply and its headers; grpc's futures have no types."""
        while True:
            try:
                reply = future.result(timeout=deadline.slice_s())
                return reply, {key: value for key, value in future.initial_metadata() or () if isinstance(value, bytes)}
            except grpc.FutureTimeoutError:
                continue
            except grpc.RpcError as trouble:
                raise _kind_of(trouble)(_words(trouble)) from trouble
            except ServerTrouble:
                future.cancel()
                raise


def _offered(data: bytes) -> dict[str, Any] | None:
    offer = load(data)
    return offer if isinstance(offer, dict) else None


def _kind_of(trouble: grpc.RpcError) -> type[ServerTrouble]:
    """Whether the server's own code failed, nothing came in time, or the way to it is broken."""
    code = trouble.code() if isinstance(trouble, grpc.Call) else None
    if code in (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN):
        return LookRefused
    return TooLate if code is grpc.StatusCode.DEADLINE_EXCEEDED else ServerTrouble


def _words(trouble: grpc.RpcError) -> str:
    """What gRPC says, without its internals."""
    code = trouble.code() if isinstance(trouble, grpc.Call) else None
    details = str(trouble.details() if isinstance(trouble, grpc.Call) else trouble)[:200]
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return "no answer in time"
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED:
        return f"a message of more than {LARGEST_BYTES} bytes is refused ({details})"
    if code is grpc.StatusCode.UNIMPLEMENTED:
        return f"another dialect: no {SERVICE} there"
    name = code.name.lower().replace("_", " ") if code is not None else "failed"
    return f"{name}: {details}"
