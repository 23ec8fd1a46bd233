"""Pictures to video, and episodes' videos one behind the other in one file, without encoding them again."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.error import FileNotFoundError as NoSuchFile
from av.error import InvalidDataError
from av.video.reformatter import ColorRange, Colorspace, Interpolation
from numpy.typing import NDArray

from runtime.datasets.refusals import UnreadableDataset

EXACT = (
    Interpolation.BICUBIC
    | Interpolation.ACCURATE_RND
    | Interpolation.BITEXACT
    | Interpolation.FULL_CHR_H_INT
    | Interpolation.FULL_CHR_H_INP
)
"""How colours are converted: the same on every machine. Bicubic matters only where colour has half the resolution."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How one kind of video is made; the figures behind it are in decision 0020."""

    encoder: str
    pixel_format: str
    options: dict[str, str]


ENCODINGS = {
    "vp9": Encoding(
        "libvpx-vp9",
        "yuv444p",
        {"crf": "12", "b": "0", "g": "10", "deadline": "good", "cpu-used": "4", "lag-in-frames": "0"},
    ),
    "av1": Encoding("libsvtav1", "yuv420p", {"crf": "18", "g": "2", "preset": "8", "svtav1-params": "lp=1"}),
}

os.environ.setdefault("SVT_LOG", "1")  # the only way to keep the AV1 encoder from printing its settings for each video


def encode_video(file: Path, pictures: NDArray[np.uint8], *, fps: int, codec: str) -> None:
    """Write u8[n, height, width, 3], RGB. Raises OSError where the file cannot be written."""
    encoding = ENCODINGS[codec]
    tick_s = Fraction(1, fps)
    with _writing(file) as output:
        stream = output.add_stream(encoding.encoder, rate=fps, options=dict(encoding.options))
        stream.height, stream.width = pictures.shape[1:3]
        stream.pix_fmt = encoding.pixel_format
        stream.codec_context.time_base = tick_s
        stream.codec_context.thread_count = 1
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(
                format=encoding.pixel_format,
                interpolation=EXACT,
                dst_colorspace=Colorspace.ITU601,
                dst_color_range=ColorRange.MPEG,
                threads=1,
            )
            frame.pts, frame.time_base = number, tick_s
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))


def join_videos(file: Path, parts: Sequence[tuple[Path, int]], *, fps: int) -> None:
    """Put videos, each with its number of frames, one behind the other.

    Raises `UnreadableDataset` for one that is damaged or has another number, OSError where the file cannot be written.
    """
    with _writing(file) as output:
        stream: Any = None
        before = 0
        for part, frames in parts:
            try:
                with _reading(part) as source:
                    stream = stream or output.add_stream_from_template(source.streams.video[0], opaque=True)
                    found = _append(source, output, stream, begin_s=Fraction(before, fps))
            except (InvalidDataError, NoSuchFile, IndexError) as trouble:
                raise UnreadableDataset(part, field="content", value="damaged", limit=str(trouble)) from trouble
            if found != frames:
                raise UnreadableDataset(part, field="frames", value=found, limit=f"the take says {frames}")
            before += frames


def _writing(file: Path) -> Any:  # PyAV's own types leave its streams open
    return av.open(file, "w", format="mp4")


def _reading(file: Path) -> Any:
    return av.open(file)


def _append(source: Any, output: Any, stream: Any, *, begin_s: Fraction) -> int:
    frames = 0
    for packet in source.demux(video=0):
        if packet.dts is None:
            continue  # the end
        later = int(begin_s / packet.time_base)
        packet.pts += later
        packet.dts += later
        packet.stream = stream
        output.mux(packet)
        frames += 1
    return frames
