"""Writes one MCAP file: every recorded topic as JSON, and what Foxglove draws in its own schemas."""

from __future__ import annotations

from pathlib import Path
from typing import IO, cast

import msgspec
from google.protobuf.message import Message
from mcap.well_known import MessageEncoding, SchemaEncoding
from mcap.writer import CompressionType, Writer
from mcap_protobuf.schema import build_file_descriptor_set

from runtime.messages.topics import Topic
from runtime.recording.append_file import AppendFile
from runtime.recording.channels import FACTS, RECORDED, json_schema
from runtime.recording.facts import Facts
from runtime.recording.foxglove import CHANNELS, FoxgloveView
from runtime.recording.packed_index import PackedIndex

CHUNK_BYTES = 8 << 20
"""More than a second brings: chunks end by `flush`, not by size."""


class RecordingWriter:
    """One open recording. Not thread-safe. Raises OSError from `flush` and `finish` only.

    The file's clock is the wall clock; `log_time` is when a message was received and never goes
    back, `publish_time` is when it was sent.
    """

    def __init__(self, path: Path, facts: Facts) -> None:
        self._file = AppendFile(path)
        self._offset_ns = facts.wall_minus_monotonic_ns
        self._newest_log_ns = 0
        self._encoder = msgspec.json.Encoder()
        self._view = FoxgloveView(self._offset_ns)
        stream = cast(IO[bytes], self._file)  # it has all that the library's writer uses: write, tell, flush
        self._writer = Writer(stream, chunk_size=CHUNK_BYTES, compression=CompressionType.ZSTD, enable_data_crcs=True)
        self._index = PackedIndex()
        self._writer.start(library="celltwin")
        self._writer.add_metadata(FACTS, facts.as_metadata())
        self._channels = {topic.name: self._register_json(topic) for topic in RECORDED}
        self._foxglove_channels = {name: self._register_foxglove(name, kind) for name, kind in CHANNELS.items()}

    @property
    def size_bytes(self) -> int:
        """Of the file, the compressed part of the running second not included."""
        return self._file.tell()

    def write(
        self,
        topic: Topic,
        message: msgspec.Struct,
        *,
        pixels: bytes | memoryview | None,
        sequence: int,
        sent_ns: int,
        received_ns: int,
    ) -> None:
        """Take one message; stamps are the cell's monotonic ones. A topic that is not recorded is passed over."""
        channel = self._channels.get(topic.name)
        if channel is None:
            return
        log_ns = max(received_ns + self._offset_ns, self._newest_log_ns)
        self._newest_log_ns = log_ns
        publish_ns = sent_ns + self._offset_ns
        for drawing in self._view.drawings(topic, message, pixels):
            foxglove_channel = self._foxglove_channels[drawing.channel]
            content = drawing.message.SerializeToString()
            self._writer.add_message(foxglove_channel, log_ns, content, publish_ns, sequence)
        self._writer.add_message(channel, log_ns, self._encoder.encode(message), publish_ns, sequence)

    def flush(self) -> None:
        """End the running chunk and hand it to the system: after a kill -9 everything up to here can be read."""
        self._writer.flush()
        self._index.pack(self._writer)

    def finish(self) -> None:
        """Write index and statistics, and close."""
        try:
            self._writer.finish()
        finally:
            self._file.close()

    def abandon(self) -> None:
        """Close after an OSError, without index: the file ends with its last whole flush and can be read."""
        self._file.abandon()
        self._file.close()

    def _register_json(self, topic: Topic) -> int:
        schema = self._writer.register_schema(topic.type.__name__, SchemaEncoding.JSONSchema, json_schema(topic))
        facts = {"writer": topic.writer, "rate_hz": f"{topic.rate_hz:g}", "keep": topic.keep.value}
        return self._writer.register_channel(topic.name, MessageEncoding.JSON, schema, facts)

    def _register_foxglove(self, channel: str, kind: type[Message]) -> int:
        name, data = kind.DESCRIPTOR.full_name, build_file_descriptor_set(kind).SerializeToString()
        schema = self._writer.register_schema(name, SchemaEncoding.Protobuf, data)
        return self._writer.register_channel(channel, MessageEncoding.Protobuf, schema)
