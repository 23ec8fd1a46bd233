"""Video back to pictures, exactly frame by frame."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream
from numpy.typing import NDArray

from runtime.datasets.encoding import EXACT
from runtime.datasets.refusals import UnreadableDataset, check_regular


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """What a video file says of itself."""

    width_px: int
    height_px: int
    fps: Fraction
    frames: int


def video_facts(file: Path) -> VideoFacts:
    """From its header; raises `UnreadableDataset`."""
    with _opened(file) as (_, stream):
        return VideoFacts(stream.width, stream.height, Fraction(stream.average_rate or 0), stream.frames)


def decode_video(file: Path, *, fps: int, first: int, count: int, size_px: tuple[int, int]) -> NDArray[np.uint8]:
    """Frames `first` to `first + count - 1` as u8[count, height, width, 3], RGB; `size_px` is width, height.

    Raises `UnreadableDataset` where a frame is missing, damaged or of another size.
    """
    width_px, height_px = size_px
    pictures = np.empty((count, height_px, width_px, 3), dtype=np.uint8)
    wanted = 0
    with _opened(file) as (container, stream):
        for number, frame in _frames(container, stream, fps=fps, first=first):
            if number < first + wanted:
                continue
            if number > first + wanted:
                break
            picture = frame.to_ndarray(format="rgb24", interpolation=EXACT, threads=1)
            if picture.shape != pictures.shape[1:]:
                shape = f"{picture.shape[1]} x {picture.shape[0]}"
                limit = f"the dataset has {width_px} x {height_px}"
                raise UnreadableDataset(file, field=f"size of frame {number}", value=shape, limit=limit)
            pictures[wanted] = picture
            wanted += 1
            if wanted == count:
                return pictures
    raise UnreadableDataset(file, field="frames", value=first + wanted, limit=_needed(first + count))


def packets_of(file: Path, *, fps: int, first: int, count: int) -> Iterator[bytes]:
    """The same frames compressed, in their order; raises `UnreadableDataset` where there are fewer."""
    found = 0
    with _opened(file) as (container, stream):
        tick = Fraction(1, fps) / Fraction(stream.time_base or 1)
        container.seek(int(first * tick), stream=stream)
        for packet in container.demux(stream):
            if packet.pts is not None and first <= round(packet.pts / tick) < first + count:
                found += 1
                yield bytes(packet)
            if found == count:
                return
    raise UnreadableDataset(file, field="frames", value=first + found, limit=_needed(first + count))


def _needed(frames: int) -> str:
    return f"the episodes table needs {frames}"


def _frames(
    container: InputContainer, stream: VideoStream, *, fps: int, first: int
) -> Iterator[tuple[int, av.VideoFrame]]:
    """Frames with their numbers in the file, from the key frame at or before `first` on."""
    tick = Fraction(1, fps) / Fraction(stream.time_base or 1)
    container.seek(int(first * tick), stream=stream)
    for frame in container.decode(stream):
        if frame.pts is not None:
            yield round(frame.pts / tick), frame


@contextmanager
def _opened(file: Path) -> Generator[tuple[InputContainer, VideoStream]]:
    check_regular(file)
    try:
        with av.open(file) as container:
            streams = container.streams.video
            if not streams:
                raise UnreadableDataset(file, field="content", value="damaged", limit="there is no video in it")
            streams[0].codec_context.thread_count = 1
            yield container, streams[0]
    except FileNotFoundError as trouble:
        raise UnreadableDataset(file, field="file", value="missing", limit="the episodes table names it") from trouble
    except FFmpegError as trouble:
        raise UnreadableDataset(
            file, field="content", value="damaged", limit=trouble.strerror or str(trouble)
        ) from trouble
