"""Whether a recording holds what the topic table promises: every topic, at its rate, in a sound file."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from mcap.opcode import Opcode
from mcap.records import Channel, Chunk, McapRecord, Message
from mcap.stream_reader import breakup_chunk

from runtime.messages.topics import Topic
from runtime.recording.channels import RECORDED
from runtime.recording.framing import MAGIC, RawRecord, raw_records
from runtime.recording.inspection import complaints
from runtime.recording.reader import DAMAGE, extent

TOLERANCE = 0.05
"""Of the table's rate."""

LATE_START_S = 12.0
EARLY_END_S = 2.0
"""A steady topic may begin late (its process starts up, slowly on a busy machine) and end early (its process ends
first) by this much."""


@dataclass(frozen=True, slots=True)
class RecordingVerdict:
    """What a recording holds and lacks."""

    duration_s: float
    topics_missing: tuple[str, ...]
    """Called recorded by the table, but without a channel, or steady and without a message."""

    rate_off: dict[str, str]
    """Topic → measured and wanted rate, or the stretch in which it is silent."""

    doctor_clean: bool
    doctor_complaints: tuple[str, ...]
    topics_without_events: tuple[str, ...]
    """Topics without a steady rate on which nothing happened; no fault by itself."""

    rates_hz: dict[str, float]


@dataclass(slots=True)
class _Seen:
    """Stamps of one channel: publish times, because a reader's delay is not the writer's rate."""

    publish_ns: list[int] = field(default_factory=list[int])


def verify_recording(file: str | Path) -> RecordingVerdict:
    """Judge one file; raises `UnreadableRecording` for one that is none of ours."""
    covered = extent(file)
    offset_ns = covered.facts.wall_minus_monotonic_ns
    seen = _publish_times(Path(file), offset_ns)
    missing: list[str] = []
    rate_off: dict[str, str] = {}
    for topic in RECORDED:
        if topic.name not in seen or (topic.rate_hz and not seen[topic.name].publish_ns):
            missing.append(topic.name)
        elif topic.rate_hz:
            off = _rate_trouble(topic, seen[topic.name].publish_ns, (covered.first_ns, covered.last_ns))
            if off:
                rate_off[topic.name] = off
    faults = complaints(file)
    steady = {topic.name for topic in RECORDED if topic.rate_hz}
    return RecordingVerdict(
        duration_s=(covered.last_ns - covered.first_ns) * 1e-9,
        topics_missing=tuple(missing),
        rate_off=rate_off,
        doctor_clean=not faults,
        doctor_complaints=tuple(faults[:20]),
        topics_without_events=tuple(name for name in seen if name not in steady and not seen[name].publish_ns),
        rates_hz={name: round(_rate_hz(channel.publish_ns), 2) for name, channel in seen.items() if name in steady},
    )


def _rate_trouble(topic: Topic, publish_ns: list[int], span_ns: tuple[int, int]) -> str:
    """What is wrong with a steady topic, in words; empty when nothing is."""
    rate_hz = _rate_hz(publish_ns)
    if abs(rate_hz - topic.rate_hz) > TOLERANCE * topic.rate_hz:
        return f"{rate_hz:.2f} Hz, the table says {topic.rate_hz:g}"
    late_s = (publish_ns[0] - span_ns[0]) * 1e-9
    early_s = (span_ns[1] - publish_ns[-1]) * 1e-9
    if late_s > LATE_START_S:
        return f"silent for the first {late_s:.1f} s"
    if early_s > EARLY_END_S:
        return f"silent for the last {early_s:.1f} s"
    return ""


def _rate_hz(publish_ns: list[int]) -> float:
    if len(publish_ns) < 2 or publish_ns[-1] <= publish_ns[0]:
        return 0.0
    return (len(publish_ns) - 1) / ((publish_ns[-1] - publish_ns[0]) * 1e-9)


def _records(raw: RawRecord) -> list[McapRecord]:
    """Of one chunk; none of a damaged one, about which the inspection complains."""
    try:
        return breakup_chunk(Chunk.read(raw.stream()))
    except DAMAGE:
        return []


def _publish_times(file: Path, offset_ns: int) -> dict[str, _Seen]:
    names = {topic.name for topic in RECORDED}
    channels: dict[int, str] = {}
    seen: dict[str, _Seen] = {}
    by_channel: defaultdict[int, _Seen] = defaultdict(_Seen)
    with file.open("rb") as stream:
        for raw in raw_records(stream, offset=len(MAGIC)):
            if raw.opcode != Opcode.CHUNK:
                continue
            for record in _records(raw):
                if isinstance(record, Channel) and record.topic in names:
                    channels[record.id] = record.topic
                    seen[record.topic] = by_channel[record.id]
                elif isinstance(record, Message) and record.channel_id in channels:
                    by_channel[record.channel_id].publish_ns.append(record.publish_time - offset_ns)
    return seen
