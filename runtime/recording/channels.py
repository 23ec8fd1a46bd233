"""Which channels a recording has: one in JSON a recorded topic, and beside them what Foxglove draws."""

from __future__ import annotations

from typing import Any

import msgspec

from runtime.messages.topics import TOPICS, Topic

RECORDED: tuple[Topic, ...] = tuple(topic for topic in TOPICS if topic.recorded)
FACTS = "celltwin"
"""Name of the metadata record that says what the file is a recording of."""

FOXGLOVE = "foxglove/"
"""Prefix of the channels that exist for viewers: derived from our own topics, except the pixels."""

TRANSFORMS = f"{FOXGLOVE}transforms"
LOG = f"{FOXGLOVE}log"
SCENE = f"{FOXGLOVE}scene"
PLAN = f"{FOXGLOVE}plan"
GRIPPER = f"{FOXGLOVE}gripper"


def pixels_channel(camera: str) -> str:
    """Channel of a camera's pictures."""
    return f"{FOXGLOVE}{camera}/image"


def calibration_channel(camera: str) -> str:
    """Channel of a camera's intrinsics."""
    return f"{FOXGLOVE}{camera}/calibration"


def json_schema(topic: Topic) -> bytes:
    """JSON schema of a topic's record, made from the record itself."""
    (reference,), definitions = msgspec.json.schema_components([topic.type])
    schema: dict[str, Any] = {"title": topic.type.__name__, "type": "object", "$defs": definitions}
    return msgspec.json.encode(schema | reference)
