"""The mapping file: how one model sees this cell and moves it. Read and checked before anything is connected."""

from __future__ import annotations

import math
import tomllib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from runtime.mistakes import UserMistake, quoted
from runtime.policy_servers.parts import (
    ACTION_PARTS,
    DELTA_ACTIONS,
    GRIPPER_ACTIONS,
    JOINT_ACTIONS,
    POSITION_ACTIONS,
    ROTATION_ACTIONS,
    STATE_PARTS,
)

LONGEST_REPLY_S = 0.35
"""A chunk whose pictures are older than 0.4 s is refused by the plan gate."""

LONGEST_CHUNK_S = 5.0
"""More motion than that in one chunk is refused by the plan gate."""

LARGEST_UNIT = 1000.0
LONGEST_TOOL_M = 1.0
UNIT_LENGTH_SLACK = 0.01
"""Of the tool's quaternion, as a person writes it."""

_PLACES = ({"position_m"}, {"x_m", "y_m", "z_m"})
_TURNS = (
    {"quaternion_xyzw"},
    {"quaternion_wxyz"},
    {"rotation_vector_rad"},
    {"euler_rad"},
    {"rotation_6d"},
    {"roll_rad", "pitch_rad", "yaw_rad"},
)


class MappingError(UserMistake):
    """A mapping file that cannot be used; the text names file, key, value and what is allowed."""


class CameraMapping(Struct, frozen=True, forbid_unknown_fields=True):
    """One picture of the cell under a name of the model's."""

    camera: str
    key: str
    size_px: tuple[int, int] | None = None
    """Width and height that the model wants; left out: as the camera delivers."""

    fit: Literal["pad", "stretch", "crop"] = "pad"
    frames_s_ago: tuple[float, ...] = (0.0,)
    """Which moments the model wants to see, oldest first; 0 is now."""

    channels_first: bool = False


class StateMapping(Struct, frozen=True, forbid_unknown_fields=True):
    """One vector of measured values under a name of the model's."""

    key: str
    parts: tuple[str, ...]
    dtype: Literal["float32", "float64"] = "float32"
    names: tuple[str, ...] = ()
    """What the model calls each number, where its protocol names them one by one (LeRobot)."""


class ActionMapping(Struct, frozen=True, forbid_unknown_fields=True):
    """One array of the answer: what its columns mean, from the left."""

    key: str
    parts: tuple[str, ...]


class Steps(Struct, frozen=True, forbid_unknown_fields=True):
    """How the rows of an answer are meant in time."""

    period_s: float
    horizon: int
    """As many rows at least have to come."""

    use: int = 64
    """As many of them at most become the chunk; the rest is thrown away."""

    @property
    def rows_used(self) -> int:
        """How many of an answer's rows become the chunk: no more than the plan gate takes, however many came."""
        return min(self.use, int(LONGEST_CHUNK_S / self.period_s + 1e-6))


class Units(Struct, frozen=True, forbid_unknown_fields=True):
    """What a one means where the model's actions have no unit of their own."""

    joint_velocity_rad_s: float = 1.0
    joint_delta_rad: float = 1.0
    position_delta_m: float = 1.0
    rotation_delta_rad: float = 1.0
    deltas: Literal["chained", "from_start"] = "chained"
    """Whether a delta is counted from the step before, or from where the arm was observed."""


class GripperMapping(Struct, frozen=True, forbid_unknown_fields=True):
    """What the model's gripper numbers mean for this gripper."""

    closed_above: float | None = None
    """Where given, `gripper_closed` and `gripper_close_sign` above it close wholly, below it open wholly."""

    force_n: float = 30.0


class Tool(Struct, frozen=True, forbid_unknown_fields=True):
    """The model's tool frame in this cell's gripper frame (z out of the hand, y along the fingers' motion)."""

    position_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    orientation_xyzw: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 1.0)


class LeRobotPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Which model a LeRobot server is to load: its protocol lets the client say so."""

    policy_type: str
    pretrained_name_or_path: str
    actions_per_chunk: int
    device: str = "cuda"
    rename_map: dict[str, str] = {}


class Mapping(Struct, frozen=True, forbid_unknown_fields=True):
    """A whole mapping file."""

    title: str
    protocol: Literal["openpi", "groot", "lerobot"]
    camera: tuple[CameraMapping, ...]
    state: tuple[StateMapping, ...]
    action: tuple[ActionMapping, ...]
    steps: Steps
    units: Units = Units()
    gripper: GripperMapping = GripperMapping()
    tool: Tool = Tool()
    prompt_key: str = "prompt"
    idle_prompt: str = "do nothing"
    """What is asked before the first task, when the server is tried."""

    reply_within_s: float = 0.09
    """A later answer is thrown away with its connection. Above 0.1 s the cell says that its policy is late."""

    first_reply_within_s: float = 60.0
    """The first inference of a server may have to compile or load."""

    done_after_still_s: float = 0.0
    """Most models never say that they are done: after so long without motion it is claimed, and the cell looks for
    itself whether it is true. 0: never claimed."""

    celltwin: bool = False
    """The server is `celltwin serve`: it is told of task and attempt, and tells status, confidence and signals."""

    lerobot: LeRobotPolicy | None = None


def read_mapping(path: Path) -> Mapping:
    """Read and check one mapping file; raises `MappingError`."""
    try:
        mapping = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Mapping)
    except OSError as trouble:
        raise MappingError(f"no mapping file at {path}: {trouble.strerror}") from trouble
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as trouble:
        raise MappingError(f"{path}: {trouble}") from trouble
    for trouble in _troubles(mapping):
        raise MappingError(f"{path}: {trouble}")
    return mapping


def read_mapping_for(protocol: str, path: Path) -> Mapping:
    """The mapping file, if it is one for this protocol; raises `MappingError`."""
    mapping = read_mapping(path)
    if mapping.protocol != protocol:
        raise MappingError(f"{path}: protocol: {mapping.protocol!r}, this policy's server speaks {protocol!r}")
    return mapping


def _troubles(mapping: Mapping) -> Iterable[str]:
    """What is wrong with it, in words."""
    yield from _unknown(mapping)
    yield from _twice("key", [one.key for one in (*mapping.camera, *mapping.state)])
    yield from _twice("action.key", [one.key for one in mapping.action])
    yield from _outside(mapping)
    if not mapping.camera and not mapping.state:
        yield "neither camera nor state: the model would see nothing"
    for one in mapping.state:
        if one.names and len(set(one.names)) != len(one.names):
            yield f"names of {one.key}: one is given twice"
    if mapping.protocol == "lerobot" and mapping.lerobot is None and not mapping.celltwin:
        yield "lerobot: this protocol needs the section [lerobot] that says which model to load"
    yield from _motion_troubles([part for one in mapping.action for part in one.parts])


def _unknown(mapping: Mapping) -> Iterable[str]:
    for kind, entries, known in (("state", mapping.state, STATE_PARTS), ("action", mapping.action, ACTION_PARTS)):
        for entry in entries:
            for part in entry.parts:
                if part not in known:
                    yield f"{kind}.parts of {entry.key}: {quoted(part)} is none of {', '.join(known)}"
            if not entry.parts:
                yield f"{kind}.parts of {entry.key}: empty"


def _twice(what: str, keys: list[str]) -> Iterable[str]:
    for key, count in Counter(keys).items():
        if count > 1:
            yield f"{what}: {quoted(key)} is given {count} times"
        if not key:
            yield f"{what}: empty"


def _outside(mapping: Mapping) -> Iterable[str]:
    limits = [
        ("steps.period_s", mapping.steps.period_s, 0.005, 1.0),
        ("steps.horizon", mapping.steps.horizon, 1, 1000),
        ("steps.use", mapping.steps.use, 1, 64),
        ("reply_within_s", mapping.reply_within_s, 0.01, LONGEST_REPLY_S),
        ("first_reply_within_s", mapping.first_reply_within_s, 0.1, 600.0),
        ("done_after_still_s", mapping.done_after_still_s, 0.0, 60.0),
        ("gripper.force_n", mapping.gripper.force_n, 0.0, 1000.0),
        ("units.joint_velocity_rad_s", mapping.units.joint_velocity_rad_s, -LARGEST_UNIT, LARGEST_UNIT),
        ("units.joint_delta_rad", mapping.units.joint_delta_rad, -LARGEST_UNIT, LARGEST_UNIT),
        ("units.position_delta_m", mapping.units.position_delta_m, -LARGEST_UNIT, LARGEST_UNIT),
        ("units.rotation_delta_rad", mapping.units.rotation_delta_rad, -LARGEST_UNIT, LARGEST_UNIT),
    ]
    if mapping.gripper.closed_above is not None:
        limits.append(("gripper.closed_above", mapping.gripper.closed_above, -LARGEST_UNIT, LARGEST_UNIT))
    if mapping.lerobot is not None:
        limits.append(("lerobot.actions_per_chunk", mapping.lerobot.actions_per_chunk, 1, 1000))
    for camera in mapping.camera:
        for side in camera.size_px or ():
            limits.append((f"camera.size_px of {camera.key}", side, 8, 1024))
        limits.append((f"camera.frames_s_ago of {camera.key}, number of frames", len(camera.frames_s_ago), 1, 8))
        limits.extend((f"camera.frames_s_ago of {camera.key}", ago_s, 0.0, 5.0) for ago_s in camera.frames_s_ago)
    for name, value, lowest, highest in limits:
        if not lowest <= value <= highest:
            yield f"{name}: {value}, must be within {lowest}…{highest}"
    used_s = min(mapping.steps.use, mapping.steps.horizon) * mapping.steps.period_s
    if used_s > LONGEST_CHUNK_S:
        limit = f"the plan gate takes at most {LONGEST_CHUNK_S:g} s: lower `use`"
        yield f"steps: {used_s:.1f} s of motion in a chunk, {limit}"
    yield from _tool_troubles(mapping.tool)


def _tool_troubles(tool: Tool) -> Iterable[str]:
    if not all(abs(value) <= LONGEST_TOOL_M for value in tool.position_m):
        yield f"tool.position_m: {list(tool.position_m)}, each must be within ±{LONGEST_TOOL_M:g}"
    length = math.hypot(*tool.orientation_xyzw)
    if not abs(length - 1.0) <= UNIT_LENGTH_SLACK:
        yield f"tool.orientation_xyzw: {list(tool.orientation_xyzw)} of length {length:.3g}, must be 1"


def _motion_troubles(parts: list[str]) -> Iterable[str]:
    """The action parts together have to say where the arm goes and what the gripper does, once."""
    for part, count in Counter(parts).items():
        if count > 1 and part != "unused":
            yield f"action.parts: {part} is given {count} times"
    gripper = [part for part in parts if part in GRIPPER_ACTIONS]
    if len(gripper) != 1:
        yield f"action.parts: {len(gripper)} parts for the gripper, must be one of {', '.join(GRIPPER_ACTIONS)}"
    joints = [part for part in parts if part in JOINT_ACTIONS]
    places = {part for part in parts if part in POSITION_ACTIONS}
    turns = {part for part in parts if part in ROTATION_ACTIONS}
    deltas = [part for part in parts if part in DELTA_ACTIONS]
    kinds = bool(joints) + bool(places or turns) + bool(deltas)
    if kinds != 1:
        yield "action.parts: exactly one of joints, poses or pose deltas has to move the arm"
    if len(joints) > 1:
        yield f"action.parts: {' and '.join(joints)} both move the joints"
    if (places or turns) and (places not in _PLACES or turns not in _TURNS):
        yield "action.parts: a pose needs a whole position (position_m, or x_m, y_m, z_m) and one whole orientation"
