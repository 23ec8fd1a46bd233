"""What an MCAP file's channels promise, and whether its messages keep it."""

from __future__ import annotations

import json
from collections import Counter

from google.protobuf import descriptor_pb2
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError
from google.protobuf.message import Message as ProtobufMessage
from google.protobuf.message_factory import GetMessageClass
from mcap.records import Channel, Message, Schema

KNOWN_SCHEMA_ENCODINGS = {"json": "jsonschema", "protobuf": "protobuf"}
"""Message encoding → the schema encoding that belongs to it (MCAP registry)."""


class ChannelBook:
    """Schemas and channels of one file; what is wrong with them goes into the list handed in."""

    def __init__(self, found: list[str]) -> None:
        self._found = found
        self._schemas: dict[int, Schema] = {}
        self._channels: dict[int, Channel] = {}
        self._types: dict[int, type[ProtobufMessage]] = {}

    @property
    def schema_count(self) -> int:
        """Different schemas seen in the data section."""
        return len(self._schemas)

    @property
    def channel_count(self) -> int:
        """Different channels seen in the data section."""
        return len(self._channels)

    def channel(self, channel_id: int) -> Channel | None:
        """The channel with this number, if it was introduced."""
        return self._channels.get(channel_id)

    def add_schema(self, schema: Schema) -> None:
        """A schema in the data section."""
        if schema.id == 0:
            self._found.append("a schema has the id 0")
        if not schema.name or not schema.encoding or not schema.data:
            self._found.append(f"schema {schema.id} lacks name, encoding or content")
        if self._schemas.setdefault(schema.id, schema) != schema:
            self._found.append(f"schema {schema.id} is there twice and differs")

    def add_channel(self, channel: Channel) -> None:
        """A channel in the data section."""
        schema = self._schemas.get(channel.schema_id)
        if schema is None:
            self._found.append(f"channel {channel.topic} refers to the unknown schema {channel.schema_id}")
        elif KNOWN_SCHEMA_ENCODINGS.get(channel.message_encoding) != schema.encoding:
            self._found.append(f"channel {channel.topic}: {channel.message_encoding} with a {schema.encoding} schema")
        if self._channels.setdefault(channel.id, channel) != channel:
            self._found.append(f"channel {channel.id} is there twice and differs")

    def confirm_schema(self, schema: Schema) -> None:
        """A schema repeated in the summary."""
        if self._schemas.get(schema.id) != schema:
            self._found.append(f"schema {schema.id} in the summary is not the one in the data")

    def confirm_channel(self, channel: Channel) -> None:
        """A channel repeated in the summary."""
        if self._channels.get(channel.id) != channel:
            self._found.append(f"channel {channel.topic} in the summary is not the one in the data")

    def protobuf_type(self, channel: Channel) -> type[ProtobufMessage]:
        """The message class that the channel's own schema describes."""
        known = self._types.get(channel.schema_id)
        if known is None:
            schema = self._schemas[channel.schema_id]
            pool = DescriptorPool()
            for file in descriptor_pb2.FileDescriptorSet.FromString(schema.data).file:
                pool.Add(file)
            known = GetMessageClass(pool.FindMessageTypeByName(schema.name))
            self._types[channel.schema_id] = known
        return known


class MessageChecker:
    """Looks at every message: order, channel, and whether its content is what the channel promises."""

    def __init__(self, found: list[str], book: ChannelBook) -> None:
        self._found = found
        self._book = book
        self._first_ns = 0
        self._newest_ns = 0
        self.counts: Counter[int] = Counter()

    @property
    def span(self) -> tuple[int, int]:
        """Log times of the first and last message."""
        return self._first_ns, self._newest_ns

    def check(self, message: Message) -> None:
        """Count a message and complain about what is wrong with it."""
        channel = self._book.channel(message.channel_id)
        self.counts[message.channel_id] += 1
        if channel is None:
            self._found.append(f"a message on the unknown channel {message.channel_id}")
            return
        if message.log_time < self._newest_ns:
            self._found.append(f"a message on {channel.topic} is older than the one before it")
        self._first_ns = self._first_ns or message.log_time
        self._newest_ns = max(self._newest_ns, message.log_time)
        try:
            if channel.message_encoding == "json":
                json.loads(message.data)
            else:
                self._book.protobuf_type(channel).FromString(message.data)
        except (ValueError, DecodeError) as trouble:
            self._found.append(f"a message on {channel.topic} cannot be read: {trouble}")
