"""A recording of the made-up session on disk."""

from __future__ import annotations

from pathlib import Path

from runtime.recording.facts import Facts
from runtime.recording.writer import RecordingWriter
from tests.support.recorded_session import session


def write_recording(file: Path, *, seconds: float) -> Path:
    """Every recorded topic at its rate for some seconds; returns the file."""
    writer = RecordingWriter(file, Facts("made up", 0))
    for arrival in session(seconds):
        if arrival.topic.name == "system":
            writer.flush()
        writer.write(
            arrival.topic,
            arrival.message,
            pixels=arrival.pixels,
            sequence=arrival.sequence,
            sent_ns=arrival.sent_ns,
            received_ns=arrival.received_ns,
        )
    writer.finish()
    return file
