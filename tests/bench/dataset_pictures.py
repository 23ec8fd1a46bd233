"""What compression takes from the cell's pictures, and what writing and reading a dataset costs.

    .venv/bin/python -m tests.bench.dataset_pictures

The figures behind decision 0020: pictures of a simulated pick are encoded and decoded again. `vivid` are the pixels of
the parts' colours; `moved` and `surer` compare what the part finder makes of the decoded and of the raw picture.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from msgspec.structs import replace as replace_form
from numpy.typing import NDArray

from runtime.datasets import CameraForm, DatasetReader, DatasetWriter, content_hash
from runtime.datasets.decoding import decode_video
from runtime.datasets.encoding import ENCODINGS, Encoding, encode_video
from runtime.messages.camera import Frame
from runtime.perception import shared_finder
from runtime.ports import CameraView, Picture
from sim_worlds.scenes import load_scene
from tests.support.demonstrations import FORM, made_up, signal_to_noise_db
from tests.support.rendered_pictures import pictures_of_picks
from twin_app.assembly.figures import circumstances, load, show, show_rows

FPS = 10
VIVID = 0.45
"""Saturation from which a pixel counts as one of a part."""

CRFS = {"av1": (10, 18, 30), "vp9": (8, 12, 16, 24, 32)}


def main() -> int:
    """Print both tables."""
    show(circumstances(scene="tray, conveyor", seed=1) | {"load": load()}, as_json=False)
    for scene in ("tray", "conveyor"):
        pictures = pictures_of_picks(scene=scene)
        rows = [row for codec, crfs in CRFS.items() for crf in crfs for row in compressed(scene, pictures, codec, crf)]
        show_rows(rows, as_json=False)
    show(throughput(pictures_of_picks()), as_json=False)
    return 0


def compressed(scene: str, pictures: dict[str, NDArray[np.uint8]], codec: str, crf: int) -> Iterator[dict[str, Any]]:
    """One row a camera."""
    encoding = ENCODINGS[codec]
    ENCODINGS[codec] = Encoding(encoding.encoder, encoding.pixel_format, {**encoding.options, "crf": str(crf)})
    try:
        for camera, raw in pictures.items():
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / "video.mp4"
                began_s = time.perf_counter()
                encode_video(file, raw, fps=FPS, codec=codec)
                encoded_s = time.perf_counter()
                found = decode_video(file, fps=FPS, first=0, count=len(raw), size_px=(raw.shape[2], raw.shape[1]))
                decoded_s = time.perf_counter()
                size_bytes = file.stat().st_size
            vivid = saturation(raw) > VIVID
            yield {
                "scene": scene,
                "camera": camera,
                "codec": codec,
                "crf": crf,
                "all_db": round(signal_to_noise_db(found, raw), 2),
                "vivid_db": round(signal_to_noise_db(found[vivid], raw[vivid]), 2),
                "bytes_a_frame": size_bytes // len(raw),
                "encode_ms": round((encoded_s - began_s) * 1e3 / len(raw), 2),
                "decode_ms": round((decoded_s - encoded_s) * 1e3 / len(raw), 2),
                **(perceived(scene, raw, found) if camera == "overhead" else {}),
            }
    finally:
        ENCODINGS[codec] = encoding


def saturation(pictures: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Of every pixel, 0…1."""
    high, low = pictures.max(axis=-1).astype(np.float64), pictures.min(axis=-1)
    return (high - low) / np.maximum(high, 1.0)


def perceived(scene: str, raw: NDArray[np.uint8], found: NDArray[np.uint8]) -> dict[str, Any]:
    """What the part finder sees of both."""
    cell = load_scene(scene).description
    camera = cell.cameras[0]
    finder = shared_finder(cell)

    def parts(image: NDArray[np.uint8]) -> dict[str, Any]:
        frame = Frame(camera.name, 1, 0, camera.width_px, camera.height_px, "bench")
        seen = finder.find(CameraView(Picture(frame, image), camera, camera.camera_in_parent))
        return {one.part: one for one in seen}

    pairs = [(parts(one), parts(other)) for one, other in zip(raw[::2], found[::2], strict=True)]
    both = [(one[name], other[name]) for one, other in pairs for name in one.keys() & other.keys()]
    moved_mm = [np.hypot(one.x_m - other.x_m, one.y_m - other.y_m) * 1e3 for one, other in both]
    return {
        "lost": sum(len(one.keys() - other.keys()) for one, other in pairs),
        "moved_mm": round(float(np.mean(moved_mm)), 2),
        "moved_p95_mm": round(float(np.percentile(moved_mm, 95)), 2),
        "surer": round(float(np.mean([other.quality - one.quality for one, other in both])), 3),
    }


def throughput(pictures: dict[str, NDArray[np.uint8]]) -> dict[str, Any]:
    """Writing, opening, reading whole and at random, hashing."""
    cameras = tuple(CameraForm(name, video.shape[2], video.shape[1]) for name, video in pictures.items())
    form = replace_form(FORM, cameras=cameras)
    numbers = replace_form(form, cameras=())
    length = len(next(iter(pictures.values())))
    figures: dict[str, Any] = {"episodes": 40, "frames": 40 * length, "cameras": len(cameras)}

    @contextmanager
    def taking(name: str, per: int) -> Iterator[None]:
        began_s = time.perf_counter()
        yield
        figures[name] = round((time.perf_counter() - began_s) * 1e3 / per, 3)

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        with DatasetWriter(folder / "set", form) as writer:
            with taking("write_ms_an_episode", 40):
                for seed in range(40):
                    episode = replace(made_up(seed, length=length, form=numbers), images=pictures)
                    writer.add_episode(episode, seed=seed)
            with taking("finish_ms", 1):
                writer.finish()
        with taking("open_ms", 1):
            dataset = DatasetReader(folder / "set")
        with taking("read_ms_an_episode_with_pictures", 40):
            for _ in dataset:
                pass
        with taking("read_ms_an_episode_without", 40):
            for index in range(40):
                dataset.episode(index, cameras=())
        with taking("read_ms_a_random_frame", 200):
            for index in np.random.default_rng(0).integers(0, dataset.frames, 200):
                dataset.frame(int(index))
        with taking("hash_ms", 1):
            content_hash(dataset)
        figures["bytes_a_frame"] = sum(f.stat().st_size for f in folder.rglob("*.mp4")) // dataset.frames
        figures["table_bytes_a_frame"] = sum(f.stat().st_size for f in (folder / "set/data").rglob("*.parquet"))
        figures["table_bytes_a_frame"] //= dataset.frames
    return figures


if __name__ == "__main__":
    sys.exit(main())
