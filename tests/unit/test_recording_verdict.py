"""A sound recording is called sound, and every way to spoil one is found."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from runtime.messages.topics import TOPICS
from runtime.recording.facts import Facts
from runtime.recording.inspection import complaints
from runtime.recording.reader import UnreadableRecording
from runtime.recording.verification import verify_recording
from runtime.recording.writer import RecordingWriter
from tests.support.recorded_session import SECOND_NS, START_NS, session


def record(
    file: Path, *, seconds: float, without: frozenset[str] = frozenset(), ends: dict[str, float] | None = None
) -> Path:
    writer = RecordingWriter(file, Facts("s", 1_700_000_000 * SECOND_NS))
    flush_ns = START_NS + SECOND_NS
    for arrival in session(seconds, without=without):
        if arrival.sent_ns >= flush_ns:
            writer.flush()
            flush_ns += SECOND_NS
        if ends and arrival.sent_ns > START_NS + ends.get(arrival.topic.name, seconds) * SECOND_NS:
            continue
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


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    return record(tmp_path / "sound.mcap", seconds=3.0)


def test_a_sound_recording_has_nothing_missing(sound: Path) -> None:
    verdict = verify_recording(sound)
    assert verdict.topics_missing == ()
    assert verdict.rate_off == {}
    assert verdict.doctor_complaints == ()
    assert verdict.doctor_clean


@pytest.mark.parametrize("topic", [topic.name for topic in TOPICS if topic.recorded and topic.rate_hz])
def test_a_steady_topic_without_messages_is_missing(topic: str, tmp_path: Path) -> None:
    verdict = verify_recording(record(tmp_path / "r.mcap", seconds=1.0, without=frozenset({topic})))
    assert verdict.topics_missing == (topic,)


def test_an_event_topic_on_which_nothing_happened_is_named_but_not_missing(tmp_path: Path) -> None:
    verdict = verify_recording(record(tmp_path / "r.mcap", seconds=1.0, without=frozenset({"receipts"})))
    assert verdict.topics_missing == ()
    assert verdict.topics_without_events == ("receipts",)


def test_a_topic_that_ends_early_is_off(tmp_path: Path) -> None:
    verdict = verify_recording(record(tmp_path / "r.mcap", seconds=6.0, ends={"policy": 3.0}))
    assert "silent for the last" in verdict.rate_off["policy"]
    assert list(verdict.rate_off) == ["policy"]


def test_a_file_that_was_cut_off_is_complained_about(sound: Path) -> None:
    content = sound.read_bytes()
    sound.write_bytes(content[: len(content) * 2 // 3])
    assert any("cut off" in complaint for complaint in complaints(sound))


def test_a_flipped_bit_anywhere_in_the_data_is_found(sound: Path) -> None:
    content = sound.read_bytes()
    chunk_start = content.index(b"zstd")
    for place in range(chunk_start + 40, len(content) - 60, len(content) // 37):
        spoilt = bytearray(content)
        spoilt[place] ^= 0x10
        sound.write_bytes(bytes(spoilt))
        assert complaints(sound), place


def test_a_wrong_summary_checksum_is_found(sound: Path) -> None:
    content = bytearray(sound.read_bytes())
    crc_place = len(content) - 8 - 4
    content[crc_place : crc_place + 4] = struct.pack("<I", 12345)
    sound.write_bytes(bytes(content))
    assert complaints(sound) == ["the summary's checksum is wrong"]


def test_a_zeroed_half_is_complained_about_without_hiding_the_other(sound: Path) -> None:
    content = bytearray(sound.read_bytes())
    half = len(content) // 2
    content[half:] = bytes(len(content) - half)
    sound.write_bytes(bytes(content))
    verdict = verify_recording(sound)
    assert not verdict.doctor_clean


def test_flipped_bytes_anywhere_end_in_a_verdict_or_in_words_with_a_remedy(sound: Path) -> None:
    content = sound.read_bytes()
    for place in (*range(8, 1200, 31), *range(1200, len(content), len(content) // 29)):
        spoilt = bytearray(content)
        spoilt[place : place + 16] = bytes(byte ^ 0xFF for byte in spoilt[place : place + 16])
        sound.write_bytes(bytes(spoilt))
        refused: UnreadableRecording | None = None
        try:
            assert not verify_recording(sound).doctor_clean, place
        except UnreadableRecording as trouble:
            refused = trouble
        assert refused is None or (str(sound) in refused.what and refused.remedy), place
