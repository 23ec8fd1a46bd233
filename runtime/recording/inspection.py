"""Whether a file is sound MCAP: the complaints that `mcap doctor` would have, found with the format's own words.

Source: the MCAP specification (mcap.dev/spec), sections Records, Summary Section and Index.
"""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import IO

from mcap.opcode import Opcode
from mcap.records import (
    Channel,
    Chunk,
    ChunkIndex,
    DataEnd,
    Footer,
    Header,
    Message,
    MessageIndex,
    MetadataIndex,
    Schema,
    Statistics,
)
from mcap.stream_reader import get_chunk_data_stream

from runtime.recording.contents import ChannelBook, MessageChecker
from runtime.recording.framing import MAGIC, RawRecord, raw_records
from runtime.recording.reader import DAMAGE

_FOOTER_TAIL = struct.Struct("<BQQQ")
_PIECE_BYTES = 1 << 20
KNOWN_COMPRESSIONS = ("", "zstd", "lz4")


def complaints(file: str | Path) -> list[str]:
    """Everything that is wrong with a file, in words; empty for a sound one."""
    with Path(file).open("rb") as stream:
        return _Inspection(stream, Path(file).stat().st_size).run()


class _Inspection:
    """One pass over a file, then its summary against what was found."""

    def __init__(self, stream: IO[bytes], size: int) -> None:
        self._stream = stream
        self._size = size
        self._found: list[str] = []
        self._book = ChannelBook(self._found)
        self._checker = MessageChecker(self._found, self._book)
        self._chunks: dict[int, tuple[Chunk, int]] = {}
        self._indexed: Counter[int] = Counter()
        self._messages_of_chunk: dict[int, list[tuple[int, int]]] = {}
        self._metadata_offsets: set[int] = set()
        self._opcodes: list[int] = []

    def run(self) -> list[str]:
        if self._stream.read(len(MAGIC)) != MAGIC:
            return ["the file does not begin with MCAP's magic bytes"]
        summary_start = end = len(MAGIC)
        for record in raw_records(self._stream, offset=len(MAGIC), end=self._size - len(MAGIC)):
            self._opcodes.append(record.opcode)
            if record.opcode == Opcode.DATA_END:
                summary_start = record.end
                self._check_data_crc(record)
            self._take(record, in_summary=Opcode.DATA_END in self._opcodes)
            end = record.end
        self._check_frame(end)
        if Opcode.FOOTER in self._opcodes:
            self._check_footer(summary_start, end)
        return self._found

    def _take(self, record: RawRecord, *, in_summary: bool) -> None:
        try:
            if in_summary:
                self._take_summary(record)
            else:
                self._take_data(record)
        except DAMAGE as trouble:
            self._found.append(f"record {record.opcode:#x} at {record.offset} cannot be read: {trouble}")

    def _take_data(self, record: RawRecord) -> None:
        stream = record.stream()
        match record.opcode:
            case Opcode.HEADER:
                header = Header.read(stream)
                if not header.library:
                    self._found.append("Header.library is empty")
                if header.profile:
                    self._found.append(f"Header.profile {header.profile!r} is not well known")
            case Opcode.SCHEMA:
                self._book.add_schema(Schema.read(stream))
            case Opcode.CHANNEL:
                self._book.add_channel(Channel.read(stream))
            case Opcode.MESSAGE:
                self._checker.check(Message.read(stream, len(record.content)))
            case Opcode.CHUNK:
                self._take_chunk(Chunk.read(stream), record)
            case Opcode.MESSAGE_INDEX:
                self._take_message_index(MessageIndex.read(stream))
            case Opcode.METADATA:
                self._metadata_offsets.add(record.offset)
            case _:
                pass

    def _take_chunk(self, chunk: Chunk, record: RawRecord) -> None:
        self._chunks[record.offset] = (chunk, record.end - record.offset)
        self._messages_of_chunk = {}
        if chunk.compression not in KNOWN_COMPRESSIONS:
            self._found.append(f"chunk at {record.offset}: unknown compression {chunk.compression!r}")
            return
        content, size = get_chunk_data_stream(chunk, validate_crc=True)
        if size != chunk.uncompressed_size:
            self._found.append(f"chunk at {record.offset}: {size} bytes, not the {chunk.uncompressed_size} it claims")
        times = self._take_chunk_records(content.read(size))
        if not times:
            self._found.append(f"chunk at {record.offset} holds no message")
        elif (min(times), max(times)) != (chunk.message_start_time, chunk.message_end_time):
            self._found.append(f"chunk at {record.offset}: its start and end time are not those of its messages")

    def _take_chunk_records(self, content: bytes) -> list[int]:
        times: list[int] = []
        for inner in raw_records(BytesIO(content), offset=0, end=len(content)):
            if inner.opcode == Opcode.MESSAGE:
                message = Message.read(inner.stream(), len(inner.content))
                times.append(message.log_time)
                self._messages_of_chunk.setdefault(message.channel_id, []).append((message.log_time, inner.offset))
                self._checker.check(message)
            elif inner.opcode in (Opcode.SCHEMA, Opcode.CHANNEL):
                self._take_data(inner)
            else:
                self._found.append(f"record {inner.opcode:#x} inside a chunk")
        return times

    def _take_message_index(self, index: MessageIndex) -> None:
        expected = self._messages_of_chunk.pop(index.channel_id, [])
        if sorted(index.records) != sorted(expected):
            self._found.append(f"message index of channel {index.channel_id} does not fit the chunk before it")

    def _take_summary(self, record: RawRecord) -> None:
        stream = record.stream()
        match record.opcode:
            case Opcode.SCHEMA:
                self._book.confirm_schema(Schema.read(stream))
            case Opcode.CHANNEL:
                self._book.confirm_channel(Channel.read(stream))
            case Opcode.CHUNK_INDEX:
                self._check_chunk_index(ChunkIndex.read(stream))
            case Opcode.METADATA_INDEX:
                if MetadataIndex.read(stream).offset not in self._metadata_offsets:
                    self._found.append("a metadata index points to no metadata")
            case Opcode.STATISTICS:
                self._check_statistics(Statistics.read(stream))
            case _:
                pass

    def _check_chunk_index(self, index: ChunkIndex) -> None:
        self._indexed[index.chunk_start_offset] += 1
        chunk, length = self._chunks.get(index.chunk_start_offset, (None, 0))
        if chunk is None:
            self._found.append(f"a chunk index points to {index.chunk_start_offset}, where no chunk is")
            return
        claimed = (index.message_start_time, index.message_end_time, index.uncompressed_size, index.chunk_length)
        if claimed != (chunk.message_start_time, chunk.message_end_time, chunk.uncompressed_size, length):
            self._found.append(f"the index of the chunk at {index.chunk_start_offset} does not fit it")

    def _check_statistics(self, claimed: Statistics) -> None:
        counted = self._checker.counts
        if claimed.message_count != counted.total() or dict(claimed.channel_message_counts) != dict(counted):
            self._found.append("the statistics do not count the messages that are there")
        if claimed.chunk_count != len(self._chunks):
            self._found.append(f"the statistics count {claimed.chunk_count} chunks, there are {len(self._chunks)}")
        if claimed.channel_count != self._book.channel_count or claimed.schema_count != self._book.schema_count:
            self._found.append("the statistics do not count the channels and schemas that are there")
        if (claimed.message_start_time, claimed.message_end_time) != self._checker.span:
            self._found.append("the statistics' start and end time are not those of the messages")

    def _check_frame(self, end: int) -> None:
        if self._opcodes[:1] != [Opcode.HEADER]:
            self._found.append("the first record is no header")
        for opcode, name in (
            (Opcode.DATA_END, "data end"),
            (Opcode.FOOTER, "footer"),
            (Opcode.STATISTICS, "statistics"),
        ):
            if self._opcodes.count(opcode) != 1:
                self._found.append(f"{self._opcodes.count(opcode)} {name} records, there should be one")
        self._stream.seek(end)
        if self._stream.read() != MAGIC:
            self._found.append("the file does not end with MCAP's magic bytes: it was cut off")
        unindexed = [offset for offset in self._chunks if self._indexed[offset] != 1]
        if unindexed:
            self._found.append(f"{len(unindexed)} chunks are not in the index")

    def _check_data_crc(self, record: RawRecord) -> None:
        claimed = DataEnd.read(record.stream()).data_section_crc
        position = self._stream.tell()
        self._stream.seek(0)
        crc = 0
        for start in range(0, record.offset, _PIECE_BYTES):
            crc = zlib.crc32(self._stream.read(min(_PIECE_BYTES, record.offset - start)), crc)
        self._stream.seek(position)
        if claimed not in (0, crc):
            self._found.append("the data section's checksum is wrong")

    def _check_footer(self, summary_start: int, end: int) -> None:
        footer_start = end - 9 - 20
        footer = Footer.read(next(raw_records(self._stream, offset=footer_start)).stream())
        self._stream.seek(summary_start)
        summary = self._stream.read(footer_start - summary_start)
        if footer.summary_start != (summary_start if summary else 0):
            self._found.append("the footer does not say where the summary starts")
        head = _FOOTER_TAIL.pack(Opcode.FOOTER, 20, footer.summary_start, footer.summary_offset_start)
        if footer.summary_crc not in (0, zlib.crc32(head, zlib.crc32(summary))):
            self._found.append("the summary's checksum is wrong")
