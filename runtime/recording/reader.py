"""Reads a recording back as the messages that were on the wire, also one that was cut off by a kill."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple

import msgspec
from foxglove_schemas_protobuf.RawImage_pb2 import RawImage
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.records import Channel, Chunk, Message, Metadata
from mcap.stream_reader import breakup_chunk
from zstandard import ZstdError

from runtime.messages.codec import SCHEMA_VERSION
from runtime.messages.topics import BY_NAME, Topic
from runtime.mistakes import UserMistake
from runtime.recording.channels import FACTS, pixels_channel
from runtime.recording.facts import Facts
from runtime.recording.framing import MAGIC, RawRecord, raw_records

DAMAGE = (
    McapError,
    ZstdError,
    ValueError,
    RuntimeError,
    LookupError,
    ArithmeticError,
    EOFError,
    MemoryError,
    TypeError,
    struct.error,
)
"""What the format's libraries raise on bytes that are not what they were."""

_GIVE_ANOTHER = "give the path of a recording (.mcap) that celltwin has written"
_NO_NUMBER = re.compile(r"got `null` - at `\$(.+)`$")
_STEP = re.compile(r"\[(\d+)\]|\.(\w+)")
_USE_A_COPY = "the rest cannot be placed in time without it: use a copy that is whole"


class UnreadableRecording(UserMistake):
    """The file is no recording of ours, or is damaged; the text says where."""


class Recorded(NamedTuple):
    """One message of a recording."""

    topic: Topic
    message: msgspec.Struct
    pixels: bytes | None
    """u8[height, width, 3], RGB; only with a camera's frame."""

    log_ns: int
    """When it was received, on the cell's monotonic clock; never goes back in a file."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What a file covers."""

    facts: Facts
    first_ns: int
    last_ns: int
    """Monotonic; both 0 when there is no message."""

    complete: bool
    """Whether it was closed in good order."""


def read(file: str | Path, *, from_ns: int | None = None, damage: set[str] | None = None) -> Iterator[Recorded]:
    """Messages in the order of their arrival, from a moment on (monotonic); raises `UnreadableRecording`.

    With a set for it, damaged stretches are described there and passed over.
    """
    with _opened(Path(file)) as stream:
        facts = _facts(stream, file)
        log_from = 0 if from_ns is None else from_ns + facts.wall_minus_monotonic_ns
        understanding = _Understanding(facts)
        for number, chunk in enumerate(_chunks(stream, file)):
            if number and chunk.message_end_time < log_from:
                continue  # the first one introduces all channels
            try:
                yield from understanding.messages(chunk, log_from)
            except UnreadableRecording as trouble:
                if damage is None or number == 0:
                    raise
                damage.add(f"at {(chunk.message_start_time - facts.wall_minus_monotonic_ns) * 1e-9:.1f} s: {trouble}")


def read_facts(file: str | Path) -> Facts:
    """What the file is a recording of; raises `UnreadableRecording`."""
    with _opened(Path(file)) as stream:
        return _facts(stream, file)


def extent(file: str | Path) -> Extent:
    """What the file covers, without understanding its messages; one pass over its frames."""
    with _opened(Path(file)) as stream:
        facts = _facts(stream, file)
        first_ns = last_ns = 0
        complete = False
        for record in raw_records(stream, offset=len(MAGIC)):
            complete = record.opcode == Opcode.FOOTER
            if record.opcode == Opcode.CHUNK:
                chunk = _chunk(record, file)
                first_ns = first_ns or chunk.message_start_time - facts.wall_minus_monotonic_ns
                last_ns = chunk.message_end_time - facts.wall_minus_monotonic_ns
        return Extent(facts, first_ns, last_ns, complete)


class _Understanding:
    """From channel numbers to topics, and from a picture's two messages to one."""

    def __init__(self, facts: Facts) -> None:
        self._offset_ns = facts.wall_minus_monotonic_ns
        self._channels: dict[int, str] = {}
        self._pixels: dict[str, bytes] = {}

    def messages(self, chunk: Chunk, log_from: int) -> Iterator[Recorded]:
        """What a chunk holds for us."""
        for record in _understood(chunk):
            if isinstance(record, Channel):
                self._channels[record.id] = record.topic
            elif isinstance(record, Message) and record.log_time >= log_from:
                found = self._message(record)
                if found is not None:
                    yield found

    def _message(self, record: Message) -> Recorded | None:
        name = self._channels.get(record.channel_id, "")
        topic = BY_NAME.get(name)
        if topic is None:
            if name.endswith("/image"):
                self._pixels[name] = RawImage.FromString(record.data).data
            return None
        message = decode_json(record.data, topic)
        pixels = self._pixels.pop(pixels_channel(topic.name), None) if topic.image else None
        return Recorded(topic, message, pixels, record.log_time - self._offset_ns)


def decode_json(data: bytes, topic: Topic) -> msgspec.Struct:
    """A topic's record from JSON; raises `UnreadableRecording`.

    JSON has no NaN: a number that was none was written as null, and comes back as NaN.
    """
    try:
        return msgspec.json.decode(data, type=topic.type)
    except msgspec.DecodeError as trouble:
        try:
            return _with_nan(msgspec.json.decode(data), topic)
        except msgspec.DecodeError:
            raise UnreadableRecording(f"a message on {topic.name} cannot be understood: {trouble}") from trouble


def _with_nan(content: Any, topic: Topic) -> msgspec.Struct:
    """NaN wherever the type wants a number and null stands there; raises `msgspec.DecodeError` for what is else wrong.

    Where it stands is told by the error's words, one place at a time.
    """
    while True:
        try:
            return msgspec.convert(content, topic.type)
        except msgspec.ValidationError as trouble:
            found = _NO_NUMBER.search(str(trouble))
            if found is None:
                raise
            *way, last = [int(index) if index else name for index, name in _STEP.findall(found[1])]
            place = content
            for step in way:
                place = place[step]
            place[last] = math.nan


def _opened(file: Path) -> IO[bytes]:
    try:
        stream = file.open("rb")
    except OSError as trouble:
        raise UnreadableRecording(f"cannot open {file}: {trouble.strerror}", remedy=_GIVE_ANOTHER) from trouble
    try:
        is_mcap = stream.read(len(MAGIC)) == MAGIC
    except OSError as trouble:
        stream.close()
        raise UnreadableRecording(f"cannot read {file}: {trouble.strerror}", remedy=_GIVE_ANOTHER) from trouble
    if not is_mcap:
        stream.close()
        raise UnreadableRecording(f"{file} is no MCAP file", remedy=_GIVE_ANOTHER)
    return stream


def _facts(stream: IO[bytes], file: str | Path) -> Facts:
    for record in raw_records(stream, offset=len(MAGIC)):
        if record.opcode == Opcode.METADATA:
            try:
                metadata = Metadata.read(record.stream())
            except DAMAGE as trouble:
                raise UnreadableRecording(
                    f"{file}: its description is damaged ({trouble})", remedy=_USE_A_COPY
                ) from trouble
            if metadata.name == FACTS:
                return _checked(metadata.metadata, file)
        if record.opcode == Opcode.CHUNK:
            break
    raise UnreadableRecording(
        f"{file} is an MCAP file, but no recording of celltwin, or its beginning is damaged", remedy=_GIVE_ANOTHER
    )


def _checked(texts: dict[str, str], file: str | Path) -> Facts:
    try:
        facts = Facts.from_metadata(texts)
    except (KeyError, ValueError) as trouble:
        raise UnreadableRecording(f"{file}: its description is damaged ({trouble})", remedy=_USE_A_COPY) from trouble
    if facts.schema_version != SCHEMA_VERSION:
        raise UnreadableRecording(
            f"{file} was recorded with message schema {facts.schema_version}, this program knows {SCHEMA_VERSION}",
            remedy="open it with the version of celltwin that recorded it",
        )
    return facts


def _chunks(stream: IO[bytes], file: str | Path) -> Iterator[Chunk]:
    for record in raw_records(stream, offset=len(MAGIC)):
        if record.opcode == Opcode.CHUNK:
            yield _chunk(record, file)
        if record.opcode == Opcode.DATA_END:
            return


def _chunk(record: RawRecord, file: str | Path) -> Chunk:
    try:
        return Chunk.read(record.stream())
    except DAMAGE as trouble:
        raise UnreadableRecording(
            f"{file}: the chunk at byte {record.offset} is damaged: {trouble}", remedy="use a copy that is whole"
        ) from trouble


def _understood(chunk: Chunk) -> list[object]:
    try:
        return list(breakup_chunk(chunk, validate_crc=True))
    except DAMAGE as trouble:
        raise UnreadableRecording(f"a chunk is damaged: {trouble}") from trouble
