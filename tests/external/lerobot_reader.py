"""Does LeRobot's own reader see in a dataset of ours what our reader sees? Every number, flag, task and picture.

And does our reader see what LeRobot writes?

    .venv/bin/python -m tests.external.lerobot_reader            a dataset that is made for it, from a simulated pick
    .venv/bin/python -m tests.external.lerobot_reader FOLDER     one of yours

LeRobot 0.4 does not fit into the program's environment, so it gets its own, `build/lerobot` (about 1.5 GB; made once).
With the Debian package `ffmpeg` LeRobot decodes by torchcodec, its default; without it by PyAV.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from msgspec.structs import replace as replace_form

from runtime.datasets import CameraForm, DatasetReader, DatasetWriter, FileLimits, content_hash
from tests.support.demonstrations import FORM, made_up
from tests.support.rendered_pictures import pictures_of_picks
from twin_app.assembly.figures import commit, host, show

ROOT = Path(__file__).resolve().parents[2]
ALONE = ("lerobot==0.4.4", "torchcodec==0.13.0")
"""Installed without what they ask for: an older torch, torchvision (it does not import beside ours) and robots."""

WITH_NEEDS = (
    "torch==2.13.0", "datasets>=4,<5", "huggingface-hub>=0.34.2,<0.36", "av>=15,<16", "accelerate>=1.10,<2",
    "packaging<26", "numpy<2.5", "pandas", "pillow", "tqdm", "termcolor", "deepdiff", "jsonlines", "einops",
)  # fmt: skip


def main() -> int:
    """Compare; exit status 1 when something differs that must not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, help="a dataset (default: one that is made for this)")
    parser.add_argument("--environment", type=Path, default=ROOT / "build" / "lerobot", help="default: %(default)s")
    parser.add_argument("--codec", choices=("vp9", "av1"), default="vp9", help="of the one that is made")
    parser.add_argument("--backend", choices=("torchcodec", "pyav"), default=None, help="default: what works")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    python = environment(arguments.environment)
    with tempfile.TemporaryDirectory() as made:
        folder = arguments.folder or make_dataset(Path(made) / "dataset", codec=arguments.codec)
        dataset = DatasetReader(folder)
        write_expected(dataset, Path(made) / "expected")
        found = ask_lerobot(python, folder, Path(made) / "expected", backend=arguments.backend)
        back = read_what_lerobot_writes(python, Path(made))
        figures = {**facts_of(dataset), **found, **back, "commit": commit(), "host": host()}
    show(figures, as_json=arguments.json)
    return int(not (found["holds"] and back["written_by_lerobot_holds"]))


def environment(place: Path) -> Path:
    """Make the virtual environment unless it is there; returns its interpreter."""
    python = place / "bin" / "python"
    if not (place / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(place)], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, *WITH_NEEDS], check=True)
        subprocess.run([*pip, "--no-deps", *ALONE], check=True)
        (place / "complete").touch()
    return python


def make_dataset(folder: Path, *, codec: str) -> Path:
    """Ten episodes of a simulated pick in several files, with everything that a dataset of ours can have."""
    pictures = pictures_of_picks()
    cameras = tuple(CameraForm(name, video.shape[2], video.shape[1]) for name, video in pictures.items())
    form = replace_form(FORM, cameras=cameras, codec=codec)
    numbers = replace_form(form, cameras=())
    length = len(next(iter(pictures.values())))
    with DatasetWriter(folder, form, limits=FileLimits(data_bytes=12_000, video_s=15.0)) as writer:
        for seed in range(10):
            begin = 3 * seed
            images = {name: video[begin : length - seed] for name, video in pictures.items()}
            episode = made_up(seed, length=length - seed - begin, form=numbers)
            writer.add_episode(replace(episode, images=images), seed=seed)
        writer.finish()
    return folder


def write_expected(dataset: DatasetReader, place: Path) -> None:
    """What our reader sees, as plain arrays."""
    for index, episode in enumerate(dataset):
        folder = place / f"{index:06d}"
        folder.mkdir(parents=True)
        (folder / "task.txt").write_text(episode.task, encoding="utf-8")
        numbers = {**episode.columns(), "intervention": episode.intervention}
        images = {dataset.form.camera(name).key: video for name, video in episode.images.items()}
        for name, values in {**numbers, **images}.items():
            np.save(folder / f"{name}.npy", values)


def ask_lerobot(python: Path, folder: Path, expected: Path, *, backend: str | None) -> Mapping[str, Any]:
    """Run the other half in LeRobot's environment."""
    half = Path(__file__).with_name("lerobot_half.py")
    wish = [] if backend is None else [backend]
    done = subprocess.run([python, half, folder, expected, *wish], stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def read_what_lerobot_writes(python: Path, place: Path) -> dict[str, Any]:
    """The other way round: LeRobot writes three episodes, our reader gives what went in, and places every picture."""
    half = Path(__file__).with_name("lerobot_writing_half.py")
    (place / "went_in").mkdir()
    command = [python, half, place / "by_lerobot", place / "went_in"]
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    dataset = DatasetReader(place / "by_lerobot")
    holds = True
    for number, episode in enumerate(dataset):
        went_in = np.load(place / "went_in" / f"{number}.npz")
        holds &= np.array_equal(episode.state, went_in["state"]) and np.array_equal(episode.action, went_in["action"])
        holds &= episode.task == f"task {number % 2}"
        reds = episode.images["top"][:, 20:60, :, 0].astype(int) - episode.images["top"][:, 20:60, :, 1]
        middles = [float(np.average(np.arange(128), weights=(row - 40.0).clip(min=0.0))) for row in reds.mean(axis=1)]
        holds &= bool(np.abs(np.array(middles) - (6 * np.arange(len(episode)) + 5.5)).max() < 3.0)  # half a step
    return {"written_by_lerobot_frames": dataset.frames, "written_by_lerobot_holds": holds}


def facts_of(dataset: DatasetReader) -> dict[str, Any]:
    """Which dataset it was."""
    places = {row.videos[camera.name].file for row in dataset.rows for camera in dataset.form.cameras}
    return {
        "episodes": len(dataset),
        "frames": dataset.frames,
        "data_files": len({row.data for row in dataset.rows}),
        "video_files_a_camera": len(places),
        "codec": dataset.form.codec,
        "content_sha256": content_hash(dataset),
    }


if __name__ == "__main__":
    sys.exit(main())
