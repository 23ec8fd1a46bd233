"""What is added is there, in the order of the seeds, and nothing else is let in."""

from __future__ import annotations

import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from runtime.datasets import (
    BusyDataset,
    CameraForm,
    DatasetForm,
    DatasetReader,
    DatasetWriter,
    Episode,
    Extra,
    FileLimits,
    ForeignFolder,
    RefusedEpisode,
    RefusedForm,
    UnreadableDataset,
    UnwritableDataset,
    content_hash,
    verify_dataset,
)
from tests.support.demonstrations import FORM, TASKS, made_up, signal_to_noise_db, without_cameras, write

BLIND = without_cameras()


def assert_same_numbers(found: Episode, wanted: Episode) -> None:
    assert found.task == wanted.task
    for name, values in wanted.columns().items():
        assert np.array_equal(found.columns()[name], values), name
        assert found.columns()[name].dtype == np.float32
    assert np.array_equal(found.intervention, wanted.intervention)


def test_every_number_and_flag_comes_back_exactly_and_every_picture_nearly(tmp_path: Path) -> None:
    dataset = write(tmp_path, range(4))
    assert len(dataset) == 4
    for seed, found in enumerate(dataset):
        assert_same_numbers(found, made_up(seed))
        for camera, original in made_up(seed).images.items():
            assert signal_to_noise_db(found.images[camera], original) > 30.0


def test_form_tasks_origin_and_seeds_come_back(tmp_path: Path) -> None:
    dataset = write(tmp_path, (5, 3, 9))
    assert replace(dataset.form, about=FORM.about) == FORM
    assert dataset.about == FORM.about
    assert [row.seed for row in dataset.rows] == [3, 5, 9]
    assert dataset.tasks == [TASKS[1]]


def test_the_order_of_adding_does_not_matter(tmp_path: Path) -> None:
    hashes = {content_hash(write(tmp_path / str(at), seeds)) for at, seeds in enumerate(((0, 1, 2), (2, 0, 1)))}
    assert len(hashes) == 1


def test_another_seed_gives_another_hash(tmp_path: Path) -> None:
    assert content_hash(write(tmp_path / "a", (0, 1))) != content_hash(write(tmp_path / "b", (0, 2)))


def test_the_hash_does_not_depend_on_how_episodes_are_spread_over_files(tmp_path: Path) -> None:
    one = write(tmp_path / "one")
    many = write(tmp_path / "many", limits=FileLimits(data_bytes=1, video_bytes=1))
    assert {row.data.file_index for row in many.rows} == {0, 1, 2}
    assert {row.videos["wrist"].file.file_index for row in many.rows} == {0, 1, 2}
    assert content_hash(many) == content_hash(one)


def test_a_video_file_ends_before_float32_seconds_become_too_coarse(tmp_path: Path) -> None:
    dataset = write(tmp_path, range(6), limits=FileLimits(video_s=0.8))
    held: dict[int, int] = {}
    for row in dataset.rows:
        video = row.videos["overhead"]
        held[video.file.file_index] = video.before + row.length
    assert max(held.values()) <= 8
    for seed, found in enumerate(dataset):
        assert_same_numbers(found, made_up(seed))


def test_a_seed_may_bring_several_episodes_or_none(tmp_path: Path) -> None:
    with DatasetWriter(tmp_path, BLIND) as writer:
        writer.add_take((), seed=1, note="the part fell")
        writer.add_take([made_up(seed, form=BLIND) for seed in (20, 21)], seed=2)
        assert writer.seeds() == {1, 2}
        writer.finish()
        assert writer.seeds() == {1, 2}
    dataset = DatasetReader(tmp_path)
    assert [row.seed for row in dataset.rows] == [2, 2]
    assert_same_numbers(dataset.episode(1), made_up(21, form=BLIND))


def test_a_writer_on_a_finished_dataset_adds_nothing_and_finishes_again_at_once(tmp_path: Path) -> None:
    before = content_hash(write(tmp_path))
    with DatasetWriter(tmp_path, FORM) as writer:
        assert writer.finished
        assert writer.seeds() == {0, 1, 2}
        with pytest.raises(RefusedEpisode, match="dataset is finished"):
            writer.add_episode(made_up(3), seed=3)
        assert writer.finish().total_episodes == 3
    assert content_hash(DatasetReader(tmp_path)) == before


def test_a_second_writer_goes_on_where_the_first_one_left(tmp_path: Path) -> None:
    for seed in range(3):
        with DatasetWriter(tmp_path / "interrupted", FORM) as writer:
            assert writer.seeds() == set(range(seed))
            writer.add_episode(made_up(seed), seed=seed)
    with DatasetWriter(tmp_path / "interrupted", FORM) as writer:
        writer.finish()
    resumed = DatasetReader(tmp_path / "interrupted")
    assert content_hash(resumed) == content_hash(write(tmp_path / "at once"))
    for name in ("data", "meta/episodes", "meta/tasks.parquet", "meta/stats.json", "meta/info.json"):
        one, other = (files_below(tmp_path / which / name) for which in ("interrupted", "at once"))
        assert one == other


def files_below(place: Path) -> dict[str, bytes]:
    if place.is_file():
        return {place.name: place.read_bytes()}
    return {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()}


def test_an_unfinished_dataset_is_not_read(tmp_path: Path) -> None:
    with DatasetWriter(tmp_path, BLIND) as writer:
        writer.add_episode(made_up(0, form=BLIND), seed=0)
    with pytest.raises(UnreadableDataset, match="dataset is unfinished"):
        DatasetReader(tmp_path)


def test_a_dataset_without_episodes_cannot_be_finished(tmp_path: Path) -> None:
    with DatasetWriter(tmp_path, BLIND) as writer:
        writer.add_take((), seed=0, note="nothing")
        with pytest.raises(UnreadableDataset, match="episodes is 0"):
            writer.finish()
        assert not writer.finished


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("fps", replace(BLIND, fps=20)),
        ("robot_type", replace(BLIND, robot_type="iiwa")),
        ("state", replace(BLIND, state=("a", "b", "c"))),
        ("action", replace(BLIND, action=("a",))),
        ("cameras", FORM),
        ("extras", replace(BLIND, extras=())),
        ("about scene", replace(BLIND, about={"scene": "conveyor", "policy": "programmed"})),
        ("about seeds", replace(BLIND, about={**BLIND.about, "seeds": "0:10"})),
    ],
)
@pytest.mark.parametrize("finished", [False, True])
def test_another_dataset_is_refused_with_the_field_that_differs(
    tmp_path: Path, field: str, changed: DatasetForm, *, finished: bool
) -> None:
    with DatasetWriter(tmp_path, BLIND) as writer:
        writer.add_episode(made_up(0, form=BLIND), seed=0)
        if finished:
            writer.finish()
    with pytest.raises(ForeignFolder) as refused:
        DatasetWriter(tmp_path, changed)
    assert refused.value.field == field
    assert refused.value.file == tmp_path


def test_a_folder_with_other_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(ForeignFolder, match=r"letter\.txt"):
        DatasetWriter(tmp_path, BLIND)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_dataset_of_another_program_is_refused(tmp_path: Path) -> None:
    write(tmp_path, form=BLIND)
    (tmp_path / "meta" / "celltwin.json").unlink()
    with pytest.raises(ForeignFolder, match="another program"):
        DatasetWriter(tmp_path, BLIND)


def test_a_file_in_place_of_the_folder_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UnwritableDataset, match="writing is impossible"):
        DatasetWriter(tmp_path / "file", BLIND)


@contextmanager
def files_up_to(size_bytes: int) -> Iterator[None]:
    """As on a full disk: the system lets no file of this process grow beyond."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)


@pytest.mark.parametrize("size_bytes", [0, 300, 1200, 3000])
def test_a_full_disk_is_told_in_words_costs_the_episode_and_nothing_else(tmp_path: Path, size_bytes: int) -> None:
    with DatasetWriter(tmp_path, FORM) as writer:
        writer.add_episode(made_up(0), seed=0)
        with files_up_to(size_bytes), pytest.raises(UnwritableDataset, match="writing is impossible"):
            writer.add_episode(made_up(1, length=60), seed=1)
        assert writer.seeds() == {0}
        with files_up_to(size_bytes), pytest.raises(UnwritableDataset, match="writing is impossible"):
            writer.finish()
        assert not writer.finished
        writer.add_episode(made_up(1), seed=1)
        assert writer.finish().total_episodes == 2
    verify_dataset(DatasetReader(tmp_path))


def test_nobody_finishes_while_another_writer_is_open(tmp_path: Path) -> None:
    with DatasetWriter(tmp_path, BLIND) as one, DatasetWriter(tmp_path, BLIND) as other:
        one.add_episode(made_up(0, form=BLIND), seed=0)
        with pytest.raises(BusyDataset, match="being written"):
            one.finish()
        other.add_episode(made_up(1, form=BLIND), seed=1)
        other.close()
        assert one.finish().total_episodes == 2


def test_the_same_seed_is_taken_once(tmp_path: Path) -> None:
    with DatasetWriter(tmp_path, BLIND) as one, DatasetWriter(tmp_path, BLIND) as other:
        one.add_episode(made_up(0, form=BLIND), seed=7)
        with pytest.raises(RefusedEpisode, match="seed is 7; it is there already"):
            other.add_episode(made_up(0, form=BLIND), seed=7)


def changed_episode(**changes: object) -> Callable[[], Episode]:
    def build() -> Episode:
        whole = made_up(0, length=4)
        fields = {name: getattr(whole, name) for name in Episode.__slots__}
        return Episode(**{**fields, **changes})  # wrong on purpose

    return build


def spoilt(name: str, value: float) -> Callable[[], Episode]:
    def build() -> Episode:
        whole = made_up(0, length=4)
        whole.columns()[name][2, 1] = value
        return whole

    return build


BAD_EPISODES: dict[str, tuple[Callable[[], Episode], str]] = {
    "no task": (changed_episode(task=" "), "task"),
    "no frame": (lambda: made_up(0, length=0), "length"),
    "an hour": (changed_episode(state=np.zeros((36_000, 3), np.float32)), "length"),
    "shorter action": (changed_episode(action=np.zeros((3, 4), np.float32)), "shape of action"),
    "narrower state": (changed_episode(state=np.zeros((4, 2), np.float32)), "shape of observation.state"),
    "state in double": (changed_episode(state=np.zeros((4, 3))), "type of observation.state"),
    "fewer flags": (changed_episode(intervention=np.zeros(3, bool)), "shape of intervention"),
    "numbers for flags": (changed_episode(intervention=np.zeros(4, np.float32)), "type of intervention"),
    "an extra too few": (changed_episode(extras={"confidence": np.zeros((4, 1), np.float32)}), "extras"),
    "no pictures": (changed_episode(images={}), "images"),
    "fewer pictures": (
        changed_episode(images={name: np.zeros((3, 64, 64, 3), np.uint8) for name in ("overhead", "wrist")}),
        "shape of observation.images.overhead",
    ),
    "NaN in the state": (spoilt("observation.state", np.nan), "observation.state[1] in frame 2"),
    "infinite action": (spoilt("action", np.inf), "action[1] in frame 2"),
    "NaN in an extra": (spoilt("force", np.nan), "force[1] in frame 2"),
}


@pytest.mark.parametrize("case", BAD_EPISODES)
def test_an_episode_of_another_form_is_refused_with_its_field_and_leaves_nothing(tmp_path: Path, case: str) -> None:
    build, field = BAD_EPISODES[case]
    with DatasetWriter(tmp_path, FORM) as writer:
        with pytest.raises(RefusedEpisode) as refused:
            writer.add_episode(build(), seed=0)
        assert writer.seeds() == set()
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (replace(FORM, fps=0), "fps"),
        (replace(FORM, state=()), "state"),
        (replace(FORM, action=("x_m", "x_m")), "action"),
        (replace(FORM, cameras=(CameraForm("a/b", 64, 64),)), "cameras"),
        (replace(FORM, cameras=(CameraForm("a", 64, 64), CameraForm("a", 64, 64))), "cameras"),
        (replace(FORM, cameras=(CameraForm("a", 65, 64),)), "cameras a width_px"),
        (replace(FORM, cameras=(CameraForm("a", 64, 32),)), "cameras a height_px"),
        (replace(FORM, extras=(Extra("timestamp"),)), "extras"),
        (replace(FORM, extras=(Extra("a"), Extra("a"))), "extras"),
        (replace(FORM, extras=(Extra("a", ("b", "b")),)), "extras a"),
    ],
)
def test_a_form_that_cannot_be_is_refused_with_its_field(tmp_path: Path, form: DatasetForm, field: str) -> None:
    with pytest.raises(RefusedForm) as refused:
        DatasetWriter(tmp_path / "new", form)
    assert refused.value.field == field
    assert not (tmp_path / "new").exists()
