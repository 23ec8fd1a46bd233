"""What this program's own server and client tell one another beside pictures, states and actions.

Each protocol carries it as one plain map where it has room for such a thing; everybody else's servers and clients
neither send nor see it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, cast

import msgspec
from msgspec import Struct

from runtime.messages.cell import CellDescription
from runtime.messages.lines import a_line, is_line
from runtime.messages.plan import SIGNAL_LETTERS, Signal
from runtime.messages.policy import HeatMap, PolicyStatus, TargetMark
from runtime.mistakes import presentable, quoted
from runtime.policy_servers.exchange import Mismatch, ServerTrouble
from runtime.policy_servers.mapping import Mapping as WireMapping
from runtime.ports import Observation, Proposal

KEY = "celltwin"
"""The name under which the map travels."""

VERSION = 1
"""Raised when an older end would misread it."""

MOST_LETTERS = 900
"""Of words for a person; the address is added to them."""

MOST_CELLS = 128
"""Of a heat map, along one side."""

MOST_BYTES = 128 * 1024
"""Of one field."""

_NUMBERS = (
    ("confidence", 0.0, 1.0),
    ("confidence_limit", 0.0, 1.0),
    ("gripper_force_n", 0.0, 1000.0),
    ("step_period_s", 0.005, 1.0),
)
"""Field, lowest and highest value."""


class TwinOffer(Struct, frozen=True):
    """The server about itself: which policy it serves, and for what kind of cell that was built."""

    version: int
    policy: str
    policy_version: str
    scene: str
    robot: str
    joints: tuple[str, ...]
    gripper_width_max_m: float
    cameras: dict[str, tuple[int, int]]
    """Width and height by name."""

    parts: tuple[str, ...] = ()
    """What its catalogue knows."""

    inputs: dict[str, tuple[str, ...]] = {}
    """What it wants to be shown: each key with its camera, or with the parts of its state."""

    outputs: dict[str, tuple[str, ...]] = {}
    """Each key of its answers with the parts of its columns."""

    period_s: float = 0.1


class TwinLook(Struct, frozen=True):
    """What the policy behind the server needs beside the model's own inputs."""

    number: int
    stamp_ns: int
    """On the asking cell's clock: only differences mean something."""

    task_id: int
    """-1 without a task."""

    attempt: int
    begins: bool
    """The first look of this attempt; otherwise a server that does not know the task takes it over in the middle."""

    gripper_force_n: float
    picture_stamps_ns: dict[str, int]
    dry: bool = False
    """Asked before motion: to be answered as without a task."""

    client: str = ""
    """Who asks, the same over all its connections; empty from a cell of an older version."""


class TwinAnswer(Struct, frozen=True):
    """What the policy says beside its chunk."""

    number: int
    """Of the look that is answered."""

    status: PolicyStatus
    phase: str
    reason: str
    confidence: float
    confidence_limit: float
    gripper_force_n: float
    step_period_s: float
    signals: tuple[Signal, ...]
    targets: tuple[TargetMark, ...]
    holds: bool
    """No new chunk: the rows sent are the pose now, and mean nothing."""

    heat: tuple[HeatMap, ...] = ()
    reading: str = ""
    unanswerable: bool = False


T = TypeVar("T", TwinOffer, TwinLook, TwinAnswer)


def offer_of(cell: CellDescription, mapping: WireMapping, *, policy: str, policy_version: str) -> TwinOffer:
    """What a server for this cell says."""
    return TwinOffer(
        version=VERSION,
        policy=policy,
        policy_version=policy_version,
        scene=cell.scene,
        robot=cell.robot.name,
        joints=tuple(joint.name for joint in cell.robot.joints),
        gripper_width_max_m=cell.robot.gripper.width_max_m,
        cameras={camera.name: (camera.width_px, camera.height_px) for camera in cell.cameras},
        parts=tuple(part.name for part in cell.parts),
        inputs={
            **{one.key: (one.camera, *map(str, one.frames_s_ago)) for one in mapping.camera},
            **{one.key: one.parts for one in mapping.state},
        },
        outputs={one.key: one.parts for one in mapping.action},
        period_s=mapping.steps.period_s,
    )


def look_of(observation: Observation, *, number: int, begins: bool, client: str) -> TwinLook:
    """What belongs to this observation."""
    assignment = observation.assignment
    return TwinLook(
        number=number,
        stamp_ns=observation.stamp_ns,
        task_id=-1 if assignment is None else assignment.task_id,
        attempt=0 if assignment is None else assignment.attempt,
        begins=begins,
        gripper_force_n=observation.gripper_force_n,
        picture_stamps_ns={name: view.picture.frame.stamp_ns for name, view in observation.views.items()},
        client=client,
    )


def answer_of(proposal: Proposal, *, number: int) -> TwinAnswer:
    """What belongs to this proposal."""
    return TwinAnswer(
        number=number,
        status=proposal.status,
        phase=proposal.phase,
        reason=proposal.reason,
        confidence=proposal.confidence,
        confidence_limit=proposal.confidence_limit,
        gripper_force_n=proposal.gripper_force_n,
        step_period_s=proposal.step_period_s,
        signals=proposal.signals,
        targets=proposal.targets,
        holds=not proposal.gripper_in_base and not proposal.joints_rad,
        heat=proposal.heat,
        reading=proposal.reading,
        unanswerable=proposal.unanswerable,
    )


def plain(words: Struct) -> dict[str, Any]:
    """As a map of plain values, for any protocol."""
    return msgspec.to_builtins(words, builtin_types=(bytes,))


def read(values: Mapping[str, Any], kind: type[T]) -> T:
    """Back from a map; raises `ServerTrouble` that names the field."""
    try:
        return msgspec.convert(dict(values), kind, strict=False, builtin_types=(bytes,))
    except (msgspec.ValidationError, ValueError, TypeError) as trouble:
        raise ServerTrouble(f"the server's own words make no sense: {trouble}") from trouble


def read_answer(values: Mapping[str, Any]) -> TwinAnswer:
    """What our own server says beside its rows; raises `ServerTrouble` that names the field, its value and the limit.

    What is refused here is the server's fault, which is asked anew; the policy that asks it keeps its good name.
    """
    answer = read(values, TwinAnswer)
    for name, lowest, highest in _NUMBERS:
        value = getattr(answer, name)
        if not lowest <= value <= highest:
            raise ServerTrouble(f"{name} = {value}, must be within {lowest:g}…{highest:g}")
    for name in ("phase", "reason", "reading"):
        letters = len(getattr(answer, name))
        if letters > MOST_LETTERS:
            raise ServerTrouble(f"{name} has {letters} letters, at most {MOST_LETTERS} are shown")
    for name in ("signals", "targets", "heat"):
        size = len(msgspec.msgpack.encode(getattr(answer, name)))
        if size > MOST_BYTES:
            raise ServerTrouble(f"{name} takes {size} bytes, at most {MOST_BYTES}")
    for signal in answer.signals:
        if not is_line(signal.name, SIGNAL_LETTERS):
            raise ServerTrouble(f"signals: the name {quoted(signal.name)}, must be {a_line(SIGNAL_LETTERS)}")
    for heat in answer.heat:
        if not all(1 <= side <= MOST_CELLS for side in (heat.width, heat.height)) or (
            len(heat.cells) != heat.width * heat.height
        ):
            raise ServerTrouble(
                f"heat of {heat.camera[:40]}: {heat.width} × {heat.height} with {len(heat.cells)} cells"
            )
    clean = {name: presentable(getattr(answer, name), most=MOST_LETTERS) for name in ("phase", "reason", "reading")}
    return msgspec.structs.replace(answer, **clean)


def offer_mismatches(
    values: Mapping[str, Any] | None, cell: CellDescription, mapping: WireMapping
) -> tuple[Mismatch, ...]:
    """In what the server's cell and mapping differ from these, as far as the policy behind it would notice."""
    if values is None:
        return (Mismatch("server", "`celltwin serve`, as the mapping says", "somebody else's server"),)
    try:
        came = read(values, TwinOffer)
    except ServerTrouble as trouble:
        return (Mismatch("server", f"words of version {VERSION}", str(trouble)),)
    mine = offer_of(cell, mapping, policy=came.policy, policy_version=came.policy_version)
    pairs = (
        ("version", mine.version, came.version),
        ("robot", mine.robot, came.robot),
        ("joints", mine.joints, came.joints),
        ("gripper width in m", mine.gripper_width_max_m, came.gripper_width_max_m),
        ("parts", mine.parts, came.parts),
        ("step period in s", mine.period_s, came.period_s),
        *((f"camera {name} in px", size, came.cameras.get(name, "none")) for name, size in mine.cameras.items()),
        *_keyed("input", mine.inputs, came.inputs),
        *_keyed("output", mine.outputs, came.outputs),
    )
    return tuple(Mismatch(key, _worded(here), _worded(there)) for key, here, there in pairs if here != there)


def _keyed(
    what: str, mine: Mapping[str, tuple[str, ...]], theirs: Mapping[str, tuple[str, ...]]
) -> Iterable[tuple[str, object, object]]:
    """Every key of either end with what it is here and there."""
    for key in {**mine, **theirs}:
        yield f"{what} {key}", mine.get(key, "none"), theirs.get(key, "none")


def _worded(value: object) -> str:
    return ", ".join(map(str, cast("tuple[object, ...]", value))) if isinstance(value, tuple) else str(value)
