"""The asking end of GR00T's protocol: one question at a time, a fresh socket after every silence."""

from __future__ import annotations

import threading
from typing import Any, cast

import numpy as np

from plugins.groot.dialects import Dialect, pack, unpack
from plugins.groot.modalities import config_mismatches, read_modalities
from runtime.link.questions import Asker
from runtime.policy_servers import twin_words
from runtime.policy_servers.arrays import Array
from runtime.policy_servers.exchange import Answer, Deadline, Look, LookRefused, Offer, ServerTrouble
from runtime.policy_servers.mapping import Mapping

LONGEST_ERROR = 300
REST_PATIENCE_S = 1.0


class GrootTransport:
    """One socket to a GR00T server."""

    def __init__(self, address: str, mapping: Mapping, closing: threading.Event, *, token: str = "") -> None:
        self._mapping = mapping
        self._closing = closing
        self._token = token
        self._asker = Asker(address)
        self._dialect = Dialect.D2

    def open(self, *, timeout_s: float) -> Offer:
        """Ask whether it is there and what it sees and does: the answer shows the dialect."""
        deadline = Deadline(timeout_s, self._closing)
        self._call("ping", deadline)
        self._dialect, modalities = read_modalities(self._call("get_modality_config", deadline))
        twin = self._call("celltwin", deadline) if self._mapping.celltwin else None
        return Offer(
            words=f"GR00T dialect of {self._dialect.value}",
            mismatches=config_mismatches(modalities, self._mapping),
            twin=twin if isinstance(twin, dict) else None,
        )

    def ask(self, look: Look, *, timeout_s: float) -> Answer:
        """One observation out, one action back."""
        deadline = Deadline(timeout_s, self._closing)
        options = None if look.extras is None else {twin_words.KEY: look.extras}
        if self._dialect.flat:
            data = flat_observation(look, self._mapping.prompt_key)
            if options is not None:
                data.update(options)
        else:
            data = {"observation": nested_observation(look, self._mapping.prompt_key), "options": options}
        return _answer(self._call("get_action", deadline, data=data), self._dialect)

    def rest(self) -> None:
        """A server that has gone does not answer."""
        self._call("ping", Deadline(REST_PATIENCE_S, self._closing))

    def close(self) -> None:
        """Drop the socket."""
        self._asker.close()

    def _call(self, endpoint: str, deadline: Deadline, *, data: dict[str, Any] | None = None) -> object:
        question: dict[str, Any] = {"endpoint": endpoint}
        if data is not None:
            question["data"] = data
        if self._token:
            question["api_token"] = self._token
        self._asker.send(pack(question, self._dialect))
        while (frame := self._asker.receive(deadline.slice_s())) is None:
            pass
        reply = unpack(frame)
        if isinstance(reply, dict) and "error" in reply:
            if endpoint == twin_words.KEY:
                return None
            raise LookRefused(f"the server says: {str(reply['error'])[:LONGEST_ERROR]}")
        return reply


def flat_observation(look: Look, prompt_key: str) -> dict[str, Any]:
    """D1: one map, keys with their modality in front, no batch."""
    flat: dict[str, Any] = {f"video.{key}": frames for key, frames in look.pictures.items()}
    flat.update({f"state.{key}": values[np.newaxis] for key, values in look.states.items()})
    flat[prompt_key] = [look.prompt]
    return flat


def nested_observation(look: Look, prompt_key: str) -> dict[str, Any]:
    """D2 and D3: a map of modalities, a batch of one in front."""
    return {
        "video": {key: frames[np.newaxis] for key, frames in look.pictures.items()},
        "state": {key: values.astype(np.float32)[np.newaxis, np.newaxis] for key, values in look.states.items()},
        "language": {prompt_key: [[look.prompt]]},
    }


def _answer(reply: object, dialect: Dialect) -> Answer:
    """Arrays without batch and without `action.` in front of their names."""
    action, info = reply, None
    if not dialect.flat:
        if not isinstance(reply, (list, tuple)) or len(reply) != 2:
            raise ServerTrouble("another dialect: get_action gives no pair of action and info")
        action, info = reply
    if not isinstance(action, dict):
        raise ServerTrouble(f"another dialect: the action is a {type(action).__name__}, must be a map")
    values = cast("dict[object, object]", action)
    arrays = {
        str(key).removeprefix("action."): _without_batch(cast("Array", value), dialect)
        for key, value in values.items()
        if isinstance(value, np.ndarray)
    }
    told: object = values if dialect.flat else info
    extras = cast("dict[str, Any]", told).get(twin_words.KEY) if isinstance(told, dict) else None
    return Answer(arrays=arrays, extras=cast("dict[str, Any]", extras) if isinstance(extras, dict) else {})


def _without_batch(array: Array, dialect: Dialect) -> Array:
    """float[steps, numbers]; D1 leaves a single number's dimension out."""
    if not dialect.flat and array.ndim == 3 and array.shape[0] == 1:
        return array[0]
    return array[:, np.newaxis] if dialect.flat and array.ndim == 1 else array
