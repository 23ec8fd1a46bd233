"""What a policy answered, looked at before anything relies on it: a plugin may return anything."""

from __future__ import annotations

import math
from typing import Any

import msgspec

from runtime.messages.geometry import Pose
from runtime.messages.lines import a_line, is_line
from runtime.messages.plan import SIGNAL_LETTERS, Signal
from runtime.messages.policy import HeatMap, PolicyStatus, TargetMark
from runtime.mistakes import MOST_LETTERS, quoted
from runtime.ports import Proposal

MOST_CELLS = 128
"""Of a heat map, along one side."""

LONGEST_STEP_S = 60.0
"""Far beyond what the plan gate lets pass; what is longer is no time any more that can be counted in nanoseconds."""

MOST_BYTES = 256 * 1024
"""Of one field on the wire, ten times a second: the largest heat map takes 16 KiB, a chunk of 64 poses 5 KiB."""

_ENCODER = msgspec.msgpack.Encoder()
_CONTENTS: dict[str, msgspec.msgpack.Decoder[Any]] = {
    "signals": msgspec.msgpack.Decoder(tuple[Signal, ...]),
    "targets": msgspec.msgpack.Decoder(tuple[TargetMark, ...]),
    "heat": msgspec.msgpack.Decoder(tuple[HeatMap, ...]),
    "gripper_in_base": msgspec.msgpack.Decoder(tuple[Pose, ...]),
    "joints_rad": msgspec.msgpack.Decoder(tuple[tuple[float, ...], ...]),
    "gripper_width_m": msgspec.msgpack.Decoder(tuple[float, ...]),
}
"""Fields that travel on as they are."""


def checked(answer: object) -> Proposal:
    """The answer as a proposal; raises `TypeError` or `ValueError` that names the field, its value and the limit.

    Only types and what telemetry shows are looked at: whether a chunk may move the arm is the plan gate's to say.
    """
    if not isinstance(answer, Proposal):
        raise TypeError(f"infer returned {_kind(answer)}, must be a Proposal")
    _is(answer.status, PolicyStatus, "status")
    for name in ("phase", "reason", "obstacle", "reading"):
        _is_text(getattr(answer, name), name)
    _is(answer.unanswerable, bool, "unanswerable")
    for name in ("confidence", "confidence_limit", "gripper_force_n", "step_period_s"):
        _is_number(getattr(answer, name), name)
    for name in ("confidence", "confidence_limit"):
        if not 0.0 <= getattr(answer, name) <= 1.0:
            raise ValueError(f"{name} = {getattr(answer, name)}, must be within 0…1")
    if not 0.0 < answer.step_period_s <= LONGEST_STEP_S:
        raise ValueError(f"step_period_s = {answer.step_period_s}, must be above 0 and at most {LONGEST_STEP_S:g}")
    for name, decoder in _CONTENTS.items():
        _can_be_sent(getattr(answer, name), name, decoder)
    for at, pose in enumerate(answer.gripper_in_base):
        _are_finite((*pose.position_m, *pose.orientation_xyzw), f"gripper_in_base[{at}]")
    for at, joints in enumerate(answer.joints_rad):
        _are_finite(joints, f"joints_rad[{at}]")
    _are_finite(answer.gripper_width_m, "gripper_width_m")
    for heat in answer.heat:
        _is_map(heat)
    for signal in answer.signals:
        if not is_line(signal.name, SIGNAL_LETTERS):
            raise ValueError(f"signals: the name {quoted(signal.name)}, must be {a_line(SIGNAL_LETTERS)}")
        _are_finite((signal.value, signal.pull), f"signal {signal.name}")
    for mark in answer.targets:
        _are_finite((*mark.pixel, mark.radius_px), f"target in {mark.camera}")
    return answer


def _can_be_sent(value: object, name: str, decoder: msgspec.msgpack.Decoder[Any]) -> None:
    try:
        sent = _ENCODER.encode(value)
        decoder.decode(sent)
    except (TypeError, ValueError, OverflowError, msgspec.MsgspecError) as trouble:
        raise TypeError(f"{name} cannot be sent: {trouble}") from trouble
    if len(sent) > MOST_BYTES:
        raise ValueError(f"{name} takes {len(sent)} bytes, at most {MOST_BYTES} are sent")


def _are_finite(numbers: tuple[float, ...], name: str) -> None:
    """Such a chunk would be refused at the gate every time, such a signal shows nothing: the policy is ill."""
    for number in numbers:
        if not math.isfinite(number):
            raise ValueError(f"{name} holds {number}, must be finite")


def _is_map(heat: HeatMap) -> None:
    sides = (heat.width, heat.height)
    if not all(1 <= side <= MOST_CELLS for side in sides) or len(heat.cells) != heat.width * heat.height:
        raise ValueError(
            f"heat of {heat.camera}: {heat.width} × {heat.height} with {len(heat.cells)} cells; "
            f"sides must be within 1…{MOST_CELLS} and every cell be there"
        )


def _is(value: object, kind: type, name: str) -> None:
    if not isinstance(value, kind):
        raise TypeError(f"{name} is {_kind(value)}, must be {kind.__name__}")


def _is_text(value: object, name: str) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{name} is {_kind(value)}, must be str")
    if len(value) > MOST_LETTERS:
        raise ValueError(f"{name} has {len(value)} letters, at most {MOST_LETTERS} are shown")
    try:
        value.encode()
    except UnicodeEncodeError as trouble:
        raise ValueError(f"{name} = {value!r} cannot be sent: {trouble.reason}") from trouble


def _is_number(value: object, name: str) -> None:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise TypeError(f"{name} is {_kind(value)}, must be a number")
    if not math.isfinite(value):
        raise ValueError(f"{name} = {value}, must be finite")


def _kind(value: object) -> str:
    return "None" if value is None else f"a {type(value).__name__}"
