"""Pictures survive their compression: each in its place, each colour as it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.datasets import CameraForm, FileLimits, UnreadableDataset
from runtime.datasets.decoding import decode_video, packets_of, video_facts
from runtime.datasets.encoding import ENCODINGS, encode_video, join_videos
from tests.support.demonstrations import COLOURS, pictures, signal_to_noise_db

CAMERA = CameraForm("overhead", 128, 96)
SIZE_PX = (128, 96)

pytestmark = pytest.mark.parametrize("codec", ENCODINGS)


def decode(file: Path, *, first: int = 0, count: int) -> np.ndarray:
    return decode_video(file, fps=10, first=first, count=count, size_px=SIZE_PX)


def test_pictures_come_back_nearly_and_nothing_is_printed(
    tmp_path: Path, codec: str, capfd: pytest.CaptureFixture[str]
) -> None:
    originals = pictures(CAMERA, 1, 20)
    encode_video(tmp_path / "v.mp4", originals, fps=10, codec=codec)
    assert signal_to_noise_db(decode(tmp_path / "v.mp4", count=20), originals) > 30.0
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("seed", range(4))
def test_the_colour_of_a_small_part_is_kept(tmp_path: Path, codec: str, seed: int) -> None:
    originals = pictures(CAMERA, seed, 8)
    encode_video(tmp_path / "v.mp4", originals, fps=10, codec=codec)
    part = (originals == COLOURS[seed]).all(axis=3)
    error = decode(tmp_path / "v.mp4", count=8)[part].astype(float) - COLOURS[seed]
    assert np.abs(error.mean(axis=0)).max() < (2.0 if codec == "vp9" else 16.0)


def test_encoding_twice_gives_the_same_bytes(tmp_path: Path, codec: str) -> None:
    for name in ("a.mp4", "b.mp4"):
        encode_video(tmp_path / name, pictures(CAMERA, 3, 15), fps=10, codec=codec)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_joined_videos_are_the_same_pictures_one_behind_the_other(tmp_path: Path, codec: str) -> None:
    lengths = (1, 13, 2, 25)
    parts = [(tmp_path / f"{seed}.mp4", length) for seed, length in enumerate(lengths)]
    for seed, (part, length) in enumerate(parts):
        encode_video(part, pictures(CAMERA, seed, length), fps=10, codec=codec)
    joined = tmp_path / "joined.mp4"
    join_videos(joined, parts, fps=10)
    facts = video_facts(joined)
    assert (facts.frames, facts.fps) == (sum(lengths), 10)
    first = 0
    for part, length in parts:
        alone = decode(part, count=length)
        assert np.array_equal(decode(joined, first=first, count=length), alone)
        for frame in range(0, length, 5):
            assert np.array_equal(decode(joined, first=first + frame, count=1)[0], alone[frame])
        inside = list(packets_of(joined, fps=10, first=first, count=length))
        assert inside == list(packets_of(part, fps=10, first=0, count=length))
        first += length


def test_frames_behind_the_end_are_refused(tmp_path: Path, codec: str) -> None:
    encode_video(tmp_path / "v.mp4", pictures(CAMERA, 1, 5), fps=10, codec=codec)
    with pytest.raises(UnreadableDataset, match="frames is 5; the episodes table needs 6"):
        decode(tmp_path / "v.mp4", first=3, count=3)
    with pytest.raises(UnreadableDataset, match="frames is 5"):
        list(packets_of(tmp_path / "v.mp4", fps=10, first=3, count=3))


def test_a_part_with_another_number_of_frames_is_not_joined(tmp_path: Path, codec: str) -> None:
    encode_video(tmp_path / "v.mp4", pictures(CAMERA, 1, 5), fps=10, codec=codec)
    with pytest.raises(UnreadableDataset, match="frames is 5; the take says 6"):
        join_videos(tmp_path / "joined.mp4", [(tmp_path / "v.mp4", 6)], fps=10)


@given(st.integers(1, 1000), st.floats(0, 1), st.floats(0, 1))
def test_float32_seconds_tell_frames_apart_everywhere_in_a_video_file(
    codec: str, fps: int, begin: float, within: float
) -> None:
    """LeRobot compares `float32(from_timestamp + timestamp)` with the picture's own time and allows 1e-4 s."""
    last = int(FileLimits().video_s * fps) - 1
    before = int(begin * last)
    frame = int(within * (last - before))
    asked_s = np.float32(before / fps + float(np.float32(frame / fps)))
    assert abs(asked_s - np.float32((before + frame) / fps)) < 1e-4
