"""The answering end of GR00T's protocol, with one of our policies behind it. Speaks the newest dialect."""

from __future__ import annotations

import logging
import threading
from hmac import compare_digest
from typing import Any, cast

import numpy as np

from plugins.groot.dialects import Dialect, pack, packed_config, unpack
from runtime.link.questions import Answerer
from runtime.mistakes import UserMistake
from runtime.policy_servers import twin_words
from runtime.policy_servers.arrays import Array
from runtime.policy_servers.exchange import ServerTrouble
from runtime.policy_servers.seat import Seat
from runtime.policy_servers.serving import BadRequest, ServedPolicy

WAIT_S = 0.1
_LOG = logging.getLogger("celltwin.serve.groot")


class GrootServer:
    """Answers in a thread of its own. There is no `kill`: nobody ends it from afar."""

    def __init__(
        self, served: ServedPolicy, *, host: str, port: int, key: str = "", dialect: Dialect = Dialect.D3
    ) -> None:
        self._served = served
        self._key = key
        self._seat = Seat()
        self._dialect = dialect
        try:
            self._answerer = Answerer(f"tcp://{host}:{port or '*'}")
        except UserMistake as mistake:
            raise UserMistake(mistake.what, remedy="choose another with --port") from mistake
        self.address = self._answerer.address
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="groot server")
        self._thread.start()

    def close(self) -> None:
        """Stop answering."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.is_set():
            question = self._answerer.next(WAIT_S)
            if question is not None:
                self._answerer.answer(self._answer(question))
        self._answerer.close()

    def _answer(self, question: bytes) -> bytes:
        try:
            return pack(self._reply(unpack(question)), self._dialect)
        except (BadRequest, ServerTrouble) as refusal:
            return pack({"error": str(refusal)}, self._dialect)
        except Exception as trouble:  # noqa: BLE001 - a policy may fail in any way; the client is told
            _LOG.info("a look failed: %s", trouble)
            return pack({"error": f"{type(trouble).__name__}: {trouble}"}, self._dialect)

    def _reply(self, request: object) -> object:
        if not isinstance(request, dict):
            raise BadRequest(f"a {type(request).__name__} came, requests are maps")
        shown = request.get("api_token")
        if self._key and not compare_digest(str(shown).encode(), self._key.encode()):
            raise BadRequest("Unauthorized: Invalid API token")
        endpoint = request.get("endpoint", "get_action")
        if endpoint == "ping":
            return {"status": "ok", "message": "Server is running"}
        with self._seat.taken_by(self._answerer.asker):
            return self._told(endpoint, request.get("data"))

    def _told(self, endpoint: object, data: object) -> object:
        """To the client that is being served: a look is on its way, or will be."""
        if endpoint == "reset":
            return {}
        if endpoint == "get_modality_config":
            return {name: packed_config(config, self._dialect) for name, config in self._config().items()}
        if endpoint == twin_words.KEY:
            return self._served.offer
        if endpoint == "get_action":
            return self._action(data)
        raise BadRequest(f"Unknown endpoint: {endpoint!r:.60}")

    def _config(self) -> dict[str, dict[str, Any]]:
        mapping = self._served.mapping
        keys = {
            "video": [camera.key for camera in mapping.camera],
            "state": [state.key for state in mapping.state],
            "action": [action.key for action in mapping.action],
            "language": [mapping.prompt_key],
        }
        steps = {"action": list(range(mapping.steps.horizon))}
        none = {"sin_cos_embedding_keys": None, "mean_std_embedding_keys": None, "action_configs": None}
        return {
            name: {"delta_indices": steps.get(name, [0]), "modality_keys": names, **none}
            for name, names in keys.items()
        }

    def _action(self, data: object) -> object:
        if not isinstance(data, dict):
            raise BadRequest("data: expected a map")
        flat = self._dialect.flat
        observation = data if flat else data.get("observation")
        if not isinstance(observation, dict):
            raise BadRequest("observation: expected a map")
        pictures = _arrays(observation, "video", flat=flat)
        states = {key: array.astype(np.float64) for key, array in _arrays(observation, "state", flat=flat).items()}
        options = data if flat else data.get("options")
        extras = options.get(twin_words.KEY) if isinstance(options, dict) else None
        prompt = _prompt(observation, self._served.mapping.prompt_key, flat=flat)
        rows, words = self._served.answer(
            client=self._answerer.asker,
            pictures=pictures,
            states=states,
            prompt=prompt,
            extras=extras if isinstance(extras, dict) else None,
        )
        key = self._served.mapping.action[0].key
        if flat:
            return {f"action.{key}": rows, twin_words.KEY: words}
        return [{key: rows[np.newaxis]}, {twin_words.KEY: words}]


def _arrays(observation: dict[Any, Any], modality: str, *, flat: bool) -> dict[str, Array]:
    """Arrays of one modality by their keys."""
    if flat:
        front = f"{modality}."
        named = {
            str(key).removeprefix(front): value for key, value in observation.items() if str(key).startswith(front)
        }
    else:
        named = observation.get(modality)
    if not isinstance(named, dict):
        raise BadRequest(f"{modality}: expected a map")
    return {str(key): cast("Array", value) for key, value in named.items() if isinstance(value, np.ndarray)}


def _prompt(observation: dict[Any, Any], key: str, *, flat: bool) -> str:
    language = observation if flat else observation.get("language")
    words = language.get(key) if isinstance(language, dict) else None
    while isinstance(words, (list, tuple)) and len(words) == 1:
        words = words[0]
    if not isinstance(words, str):
        raise BadRequest(f"{key}: expected one text, came a {type(words).__name__}")
    return words


def serve(served: ServedPolicy, *, host: str, port: int, key: str = "") -> GrootServer:
    """See `ServerFactory`."""
    return GrootServer(served, host=host, port=port, key=key)
