"""What a GR00T server says that it sees and does, compared with a mapping file before anything moves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from plugins.groot.dialects import Dialect, unpacked_config
from runtime.policy_servers.exchange import Mismatch, ServerTrouble
from runtime.policy_servers.mapping import ActionMapping, Mapping
from runtime.policy_servers.parts import DELTA_ACTIONS, GRIPPER_ACTIONS, POSITION_ACTIONS, ROTATION_ACTIONS

MODALITIES = ("video", "state", "action", "language")
_FORMS = {"XYZ_ROT6D": ("position_m", "rotation_6d"), "XYZ_ROTVEC": ("position_m", "rotation_vector_rad")}


class ActionConfig(Struct, frozen=True):
    """How one action is represented. Names of enumerations, in capitals."""

    rep: str
    type: str
    format: str
    state_key: str | None = None


class ModalityConfig(Struct, frozen=True):
    """One modality: which keys, at which steps relative to now. Fields that are not needed here are left out."""

    delta_indices: tuple[int, ...]
    modality_keys: tuple[str, ...]
    action_configs: tuple[ActionConfig, ...] | None = None


def read_modalities(reply: object) -> tuple[Dialect, dict[str, ModalityConfig]]:
    """Dialect and configurations out of the answer to `get_modality_config`; raises `ServerTrouble`."""
    if not isinstance(reply, dict) or not reply:
        raise ServerTrouble(f"another dialect: get_modality_config gives {str(reply)[:80]}")
    found: dict[str, ModalityConfig] = {}
    dialects: set[Dialect] = set()
    for name, value in reply.items():
        unpacked = unpacked_config(value)
        if unpacked is None:
            raise ServerTrouble(f"another dialect: {str(name)[:40]} is no modality configuration")
        dialects.add(unpacked[0])
        found[str(name)] = _converted(str(name), unpacked[1])
    if len(dialects) != 1:
        raise ServerTrouble("another dialect: modality configurations of several kinds")
    return dialects.pop(), found


def _converted(name: str, content: dict[str, Any]) -> ModalityConfig:
    try:
        return msgspec.convert(content, ModalityConfig)
    except msgspec.ValidationError as trouble:
        raise ServerTrouble(f"modality {name[:40]}: {trouble}") from trouble


def config_mismatches(modalities: dict[str, ModalityConfig], mapping: Mapping) -> tuple[Mismatch, ...]:
    """Every key, number of frames, horizon and representation that does not fit the mapping file."""
    return tuple(_mismatches(modalities, mapping))


def _mismatches(modalities: dict[str, ModalityConfig], mapping: Mapping) -> Iterable[Mismatch]:
    empty = ModalityConfig((), ())
    video, state = modalities.get("video", empty), modalities.get("state", empty)
    action, language = modalities.get("action", empty), modalities.get("language", empty)
    yield from _keys("video", video.modality_keys, [camera.key for camera in mapping.camera])
    yield from _keys("state", state.modality_keys, [one.key for one in mapping.state])
    yield from _keys("language", language.modality_keys, [mapping.prompt_key])
    for camera in mapping.camera:
        if video.delta_indices and len(camera.frames_s_ago) != len(video.delta_indices):
            wanted = f"{len(video.delta_indices)} frames (delta_indices {list(video.delta_indices)})"
            yield Mismatch(f"video {camera.key}", wanted, f"{len(camera.frames_s_ago)} in the mapping")
    if len(state.delta_indices) > 1:
        yield Mismatch("state", f"{len(state.delta_indices)} steps of every state", "1 in the mapping")
    for one in mapping.action:
        if one.key not in action.modality_keys:
            yield Mismatch(f"action {one.key}", "an action of the mapping", ", ".join(action.modality_keys) or "none")
    if len(action.delta_indices) < mapping.steps.horizon:
        yield Mismatch("action horizon", f"{mapping.steps.horizon} steps or more", f"{len(action.delta_indices)}")
    yield from _representations(action, mapping)


def _keys(what: str, wanted: Sequence[str], have: Sequence[str]) -> Iterable[Mismatch]:
    """The server checks strictly: what it wants and does not get, and what it gets and does not want."""
    for key in wanted:
        if key not in have:
            yield Mismatch(f"{what} {key}", "this input, says the server", "nothing of that name in the mapping")
    for key in have:
        if wanted and key not in wanted:
            yield Mismatch(f"{what} {key}", f"only {', '.join(wanted)}, says the server", "one more in the mapping")


def _representations(action: ModalityConfig, mapping: Mapping) -> Iterable[Mismatch]:
    if action.action_configs is None or len(action.action_configs) != len(action.modality_keys):
        return
    configs = dict(zip(action.modality_keys, action.action_configs, strict=True))
    for one in mapping.action:
        config = configs.get(one.key)
        if config is not None:
            yield from _representation(one, config)


def _representation(action: ActionMapping, config: ActionConfig) -> Iterable[Mismatch]:
    """RELATIVE is made absolute by the server before it answers; DELTA is not."""
    key, parts = f"action {action.key}", ", ".join(action.parts)
    deltas = any(part in DELTA_ACTIONS or part == "joint_delta" for part in action.parts)
    gripper_only = all(part in GRIPPER_ACTIONS for part in action.parts)
    if (config.rep == "DELTA") != deltas and not gripper_only:
        yield Mismatch(key, "deltas" if config.rep == "DELTA" else "absolute targets", f"{parts} in the mapping")
    poses = any(part in POSITION_ACTIONS or part in ROTATION_ACTIONS for part in action.parts)
    if (config.type == "EEF") != (poses or any(part in DELTA_ACTIONS for part in action.parts)) and not gripper_only:
        yield Mismatch(key, "a pose" if config.type == "EEF" else "joints", f"{parts} in the mapping")
    elif config.format in _FORMS and action.parts != _FORMS[config.format] and not deltas:
        yield Mismatch(key, " and ".join(_FORMS[config.format]), f"{parts} in the mapping")
