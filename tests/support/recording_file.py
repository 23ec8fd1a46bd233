"""A recording of the made-up session on disk."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from runtime.messages.policy import HeatMap, PolicyState
from runtime.recording.facts import Facts
from runtime.recording.writer import RecordingWriter
from tests.support.recorded_session import session


def write_recording(file: Path, *, seconds: float, heat: tuple[HeatMap, ...] = ()) -> Path:
    """Every recorded topic at its rate for some seconds, the policy with these heat maps; returns the file."""
    writer = RecordingWriter(file, Facts("made up", 0))
    for arrival in session(seconds):
        if arrival.topic.name == "system":
            writer.flush()
        message = arrival.message
        if isinstance(message, PolicyState):
            message = replace(message, heat=heat)
        writer.write(
            arrival.topic,
            message,
            pixels=arrival.pixels,
            sequence=arrival.sequence,
            sent_ns=arrival.sent_ns,
            received_ns=arrival.received_ns,
        )
    writer.finish()
    return file
