"""LeRobot's way to name things: one name a number of the state, one feature a camera."""

from __future__ import annotations

from collections.abc import Mapping as Readable
from typing import Any

import numpy as np

from runtime.messages.cell import CellDescription
from runtime.policy_servers.arrays import Array
from runtime.policy_servers.mapping import Mapping, StateMapping
from runtime.policy_servers.preflight import state_width
from runtime.policy_servers.serving import BadRequest

STATE, PICTURES = "observation.state", "observation.images."


def names_of(state: StateMapping, width: int) -> tuple[str, ...]:
    """What each number is called: as the mapping says, else by its key and number."""
    return state.names or tuple(f"{state.key}.{number}" for number in range(width))


def features_of(mapping: Mapping, cell: CellDescription) -> dict[str, Any]:
    """The `lerobot_features` of an observation: what the server puts together from the names."""
    joints = len(cell.robot.joints)
    names = [name for one in mapping.state for name in names_of(one, state_width(one, joints=joints))]
    features: dict[str, Any] = {STATE: {"dtype": "float32", "shape": (len(names),), "names": names}}
    sizes = {camera.name: (camera.width_px, camera.height_px) for camera in cell.cameras}
    for camera in mapping.camera:
        width, height = camera.size_px or sizes.get(camera.camera, (0, 0))
        features[f"{PICTURES}{camera.key}"] = {
            "dtype": "image",
            "shape": (height, width, 3),
            "names": ["height", "width", "channels"],
        }
    return features


def named_states(states: Readable[str, Array], mapping: Mapping) -> dict[str, float]:
    """Every number of every state under its own name."""
    named: dict[str, float] = {}
    for one in mapping.state:
        values = states[one.key]
        named.update({name: float(value) for name, value in zip(names_of(one, len(values)), values, strict=True)})
    return named


def gathered_states(raw: Readable[str, Any], mapping: Mapping, *, joints: int) -> dict[str, Array]:
    """The vectors again, on the answering end; raises `BadRequest` for a name that is missing."""
    found: dict[str, Array] = {}
    for one in mapping.state:
        names = names_of(one, state_width(one, joints=joints))
        missing = [name for name in names if not isinstance(raw.get(name), (int, float))]
        if missing:
            raise BadRequest(f"{missing[0]}: expected a number, came {type(raw.get(missing[0])).__name__}")
        found[one.key] = np.array([float(raw[name]) for name in names])
    return found
