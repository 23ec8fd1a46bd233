"""What is written can be read again, also from a file that was cut off anywhere."""

from __future__ import annotations

import gc
import math
import tracemalloc
from pathlib import Path

import msgspec
import pytest
from mcap.reader import make_reader

from runtime.messages.plan import Signal
from runtime.messages.policy import PolicyState
from runtime.messages.topics import BY_NAME, PLANS, TOPICS
from runtime.recording.facts import Facts
from runtime.recording.reader import UnreadableRecording, decode_json, extent, read, read_facts
from runtime.recording.writer import RecordingWriter
from tests.support import recorded_session as made_up
from tests.support.recorded_session import SECOND_NS, START_NS, session
from tests.support.supervised import MadeUpCell

FACTS = Facts("s", 1_700_000_000 * SECOND_NS, {"mismatch": "low", "seed": "1"})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "session.mcap"


def record(file: Path, *, seconds: float, finish: bool = True) -> RecordingWriter:
    writer = RecordingWriter(file, FACTS)
    flush_ns = START_NS + SECOND_NS
    for arrival in session(seconds):
        if arrival.sent_ns >= flush_ns:
            writer.flush()
            flush_ns += SECOND_NS
        writer.write(
            arrival.topic,
            arrival.message,
            pixels=arrival.pixels,
            sequence=arrival.sequence,
            sent_ns=arrival.sent_ns,
            received_ns=arrival.received_ns,
        )
    if finish:
        writer.finish()
    return writer


def test_what_was_written_is_read_back_message_by_message(file: Path) -> None:
    record(file, seconds=2.0)
    written = [(a.topic, a.message, a.pixels, a.received_ns) for a in session(2.0)]
    assert [tuple(found) for found in read(file)] == written


def test_every_recorded_topic_has_a_place_in_the_file(file: Path) -> None:
    record(file, seconds=2.0)
    assert {found.topic for found in read(file)} == {topic for topic in TOPICS if topic.recorded}


def test_the_facts_of_the_session_come_back(file: Path) -> None:
    record(file, seconds=1.0)
    assert read_facts(file) == FACTS


def test_a_killed_writer_leaves_everything_up_to_its_last_flush(file: Path) -> None:
    writer = record(file, seconds=3.5, finish=False)
    found = list(read(file))
    assert found == [item for item in _expected(3.5) if item[3] < START_NS + 3 * SECOND_NS]
    assert not extent(file).complete
    writer.abandon()


def _expected(seconds: float) -> list[tuple[object, object, object, int]]:
    return [(a.topic, a.message, a.pixels, a.received_ns) for a in session(seconds)]


def test_a_file_cut_at_any_byte_is_read_up_to_there(file: Path, tmp_path: Path) -> None:
    record(file, seconds=2.5)
    whole, content = list(read(file)), file.read_bytes()
    cut = tmp_path / "cut.mcap"
    lengths: list[int] = []
    for size in range(len(content), 400, -977):
        cut.write_bytes(content[:size])
        found = list(read(cut))
        assert found == whole[: len(found)]
        lengths.append(len(found))
    assert lengths == sorted(lengths, reverse=True)
    assert len(set(lengths)) > 2


def test_zeros_after_a_power_cut_end_the_file(file: Path) -> None:
    record(file, seconds=1.5, finish=False).abandon()
    before = list(read(file))
    with file.open("ab") as stream:
        stream.write(bytes(4096))
    assert list(read(file)) == before


@pytest.mark.parametrize("content", [b"", b"\x89MCAP0\r\n", b"hello world, no recording"])
def test_a_file_that_is_none_of_ours_is_refused_in_words(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(UnreadableRecording, match=str(file)):
        list(read(file))


def test_a_missing_file_is_refused_in_words(file: Path) -> None:
    with pytest.raises(UnreadableRecording, match="No such file"):
        list(read(file))


def test_a_newer_message_schema_is_refused(file: Path) -> None:
    RecordingWriter(file, Facts("s", 0, {}, 999)).finish()
    with pytest.raises(UnreadableRecording, match="999"):
        read_facts(file)


def test_a_plan_with_numbers_that_are_none_survives(file: Path) -> None:
    plan = msgspec.structs.replace(made_up.plan(START_NS, 1), confidence=math.nan)
    writer = RecordingWriter(file, FACTS)
    writer.write(PLANS, plan, pixels=None, sequence=0, sent_ns=START_NS, received_ns=START_NS)
    writer.finish()
    (found,) = read(file)
    assert math.isnan(found.message.confidence)  # pyright: ignore[reportAttributeAccessIssue]


def test_numbers_that_are_none_come_back_where_they_were_and_nothing_else_is_touched() -> None:
    signals = (Signal("a", 0.5), Signal("b", math.nan), Signal("c", 1.0, math.nan))
    state = msgspec.structs.replace(MadeUpCell(active="learned").policy(), signals=signals, reason="null", shadow=None)
    found = decode_json(msgspec.json.encode(state), BY_NAME["policy"])
    assert isinstance(found, PolicyState)
    assert [math.isnan(signal.value) for signal in found.signals] == [False, True, False]
    assert [math.isnan(signal.pull) for signal in found.signals] == [False, False, True]
    assert (found.reason, found.shadow) == ("null", None)
    with pytest.raises(UnreadableRecording, match="a message on policy cannot be understood"):
        decode_json(b'{"stamp_ns": null}', BY_NAME["policy"])


def test_log_time_never_goes_back(file: Path) -> None:
    writer = RecordingWriter(file, FACTS)
    for received_ns in (START_NS + 5, START_NS, START_NS + 9):
        plan = made_up.plan(START_NS, 1)
        writer.write(PLANS, plan, pixels=None, sequence=0, sent_ns=START_NS, received_ns=received_ns)
    writer.finish()
    assert [found.log_ns - START_NS for found in read(file)] == [5, 5, 9]


def test_reading_may_begin_in_the_middle(file: Path) -> None:
    record(file, seconds=3.0)
    middle = START_NS + 2 * SECOND_NS
    assert [tuple(f) for f in read(file, from_ns=middle)] == [item for item in _expected(3.0) if item[3] >= middle]


def test_a_damaged_stretch_is_passed_over_where_that_is_wanted_and_told(file: Path) -> None:
    record(file, seconds=3.5)
    whole, content = list(read(file)), bytearray(file.read_bytes())
    place = content.index(b"zstd", content.index(b"zstd") + 4) + 4000
    content[place : place + 64] = bytes(64)
    file.write_bytes(bytes(content))
    damage: set[str] = set()
    found = list(read(file, damage=damage))
    assert len(damage) == 1
    assert len(whole) * 0.4 < len(found) < len(whole)
    assert found[-1] == whole[-1]
    with pytest.raises(UnreadableRecording, match="damaged"):
        list(read(file))


def test_a_long_recording_has_the_index_of_every_chunk_and_keeps_little_of_it_in_memory(file: Path) -> None:
    chunks = 300
    writer = RecordingWriter(file, FACTS)
    one_each = {arrival.topic.name: arrival for arrival in session(1.0)}.values()
    held: list[int] = []
    tracemalloc.start()
    for number in range(chunks):
        for arrival in one_each:
            writer.write(
                arrival.topic,
                arrival.message,
                pixels=arrival.pixels,
                sequence=number,
                sent_ns=number,
                received_ns=number,
            )
        writer.flush()
        if number in (99, chunks - 1):
            gc.collect()
            held.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    writer.finish()
    assert (held[1] - held[0]) / (chunks - 100) < 800, "bytes a chunk"
    with file.open("rb") as stream:
        summary = make_reader(stream).get_summary()
    assert summary is not None
    assert len(summary.chunk_indexes) == chunks
    assert all(index.message_index_offsets for index in summary.chunk_indexes)
    starts = [index.chunk_start_offset for index in summary.chunk_indexes]
    assert starts == sorted(set(starts))
