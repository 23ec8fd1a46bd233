"""A dataset is read as it was written, in any order; a spoilt one is refused with file, field, value and limit."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from runtime.datasets import DatasetReader, UnreadableDataset, content_hash, verify_dataset
from tests.support.demonstrations import made_up, write
from tests.support.spoilt_dataset import AT_OPENING, INFO, WHEN_READ, in_json, without_column


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("good")
    write(folder)
    return folder


@pytest.fixture
def folder(good: Path, tmp_path: Path) -> Path:
    return shutil.copytree(good, tmp_path / "copy")


def test_frames_are_found_in_any_order_and_are_those_of_their_episode(good: Path) -> None:
    dataset = DatasetReader(good)
    episodes = list(dataset)
    for index in (11, 0, 7, 3, 6, 2):
        frame = dataset.frame(index)
        episode = episodes[frame.episode_index]
        assert dataset.rows[frame.episode_index].first_index + frame.frame_index == index
        assert np.array_equal(frame.state, episode.state[frame.frame_index])
        assert np.array_equal(frame.action, episode.action[frame.frame_index])
        assert np.array_equal(frame.extras["force"], episode.extras["force"][frame.frame_index])
        assert frame.intervention == episode.intervention[frame.frame_index]
        assert frame.task == episode.task
        for camera, picture in frame.images.items():
            assert np.array_equal(picture, episode.images[camera][frame.frame_index])


@pytest.mark.parametrize("index", [-1, 12])
def test_a_frame_outside_the_dataset_is_an_index_error(good: Path, index: int) -> None:
    with pytest.raises(IndexError):
        DatasetReader(good).frame(index)


def test_every_picture_is_the_one_of_its_frame_and_not_of_a_neighbour(good: Path) -> None:
    for seed, episode in enumerate(DatasetReader(good)):
        for camera, originals in made_up(seed).images.items():
            distance = np.abs(episode.images[camera][:, None].astype(int) - originals[None]).mean(axis=(2, 3, 4))
            assert distance.argmin(axis=1).tolist() == list(range(len(episode)))


def test_only_the_wanted_cameras_are_decoded(good: Path) -> None:
    dataset = DatasetReader(good)
    assert set(dataset.episode(0, cameras=["wrist"]).images) == {"wrist"}
    assert set(dataset.episode(0, cameras=()).images) == set()


def test_statistics_are_those_of_all_numbers(good: Path) -> None:
    dataset = DatasetReader(good)
    states = np.concatenate([episode.state for episode in dataset]).astype(np.float64)
    stats = dataset.stats["observation.state"]
    assert np.allclose(stats.mean, states.mean(axis=0))
    assert np.allclose(stats.std, states.std(axis=0))
    assert np.array_equal(stats.min, states.min(axis=0))
    assert np.allclose(stats.quantiles["q99"], np.quantile(states, 0.99, axis=0))
    assert stats.count == 12
    assert dataset.stats["observation.images.wrist"].mean.shape == (3, 1, 1)


def test_a_check_reads_every_episode_and_tells_how_far_it_is(good: Path) -> None:
    heard: list[int] = []
    verify_dataset(DatasetReader(good), heard.append)
    assert heard == [1, 2, 3]


def test_a_dataset_of_another_program_without_our_addition_is_read(folder: Path) -> None:
    before = content_hash(DatasetReader(folder))
    (folder / "meta" / "celltwin.json").unlink()
    without_column("meta/episodes/chunk-000/file-000.parquet", "seed")(folder)
    dataset = DatasetReader(folder)
    assert [row.seed for row in dataset.rows] == [None, None, None]
    assert dataset.about == {}
    assert content_hash(dataset) == before


def test_without_an_intervention_feature_nobody_intervened(folder: Path) -> None:
    in_json(INFO, lambda info: info["features"].pop("intervention"))(folder)
    assert not DatasetReader(folder).episode(1).intervention.any()


def test_a_feature_that_policies_have_no_use_for_is_passed_over_and_told(folder: Path) -> None:
    in_json(INFO, lambda info: info["features"].update(note={"dtype": "string", "shape": [1], "names": None}))(folder)
    assert DatasetReader(folder).features_passed_over == ("note",)


@pytest.mark.parametrize("case", AT_OPENING)
def test_a_spoilt_dataset_is_refused_when_it_is_opened(folder: Path, case: str) -> None:
    spoiling = AT_OPENING[case]
    spoiling.spoil(folder)
    with pytest.raises(UnreadableDataset) as refused:
        DatasetReader(folder)
    assert (refused.value.file, refused.value.field) == (folder / spoiling.file, spoiling.field)
    assert refused.value.limit
    assert str(refused.value).startswith(f"{folder / spoiling.file}: {spoiling.field} is ")


@pytest.mark.parametrize("case", WHEN_READ)
def test_a_spoilt_episode_is_refused_when_it_is_read(folder: Path, case: str) -> None:
    spoiling = WHEN_READ[case]
    spoiling.spoil(folder)
    with pytest.raises(UnreadableDataset) as refused:
        verify_dataset(DatasetReader(folder))
    assert (refused.value.file, refused.value.field) == (folder / spoiling.file, spoiling.field)


def test_the_sound_episodes_of_a_spoilt_dataset_can_still_be_read(folder: Path) -> None:
    WHEN_READ["NaN in the state"].spoil(folder)
    dataset = DatasetReader(folder)
    assert len(dataset.episode(0)) == 3
    assert len(dataset.episode(2)) == 5


@pytest.mark.parametrize("share", np.linspace(0.0, 0.99, 12).round(2))
@pytest.mark.parametrize("file", ["meta/info.json", "meta/tasks.parquet", "meta/celltwin.json", "meta/stats.json"])
def test_a_description_cut_anywhere_is_refused_in_words(folder: Path, file: str, share: float) -> None:
    content = (folder / file).read_bytes()
    (folder / file).write_bytes(content[: int(len(content) * share)])
    with pytest.raises(UnreadableDataset, match=file):
        DatasetReader(folder).stats  # noqa: B018 - they are read when asked for


@pytest.mark.parametrize("share", np.linspace(0.0, 0.99, 12).round(2))
def test_a_data_file_cut_anywhere_is_refused_in_words(folder: Path, share: float) -> None:
    file = folder / "data" / "chunk-000" / "file-000.parquet"
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * share)])
    with pytest.raises(UnreadableDataset, match="file-000.parquet"):
        verify_dataset(DatasetReader(folder))


@pytest.mark.parametrize("share", np.linspace(0.0, 0.99, 23).round(2))
def test_a_video_cut_anywhere_is_refused_in_words_unless_nothing_of_its_pictures_is_gone(
    good: Path, folder: Path, share: float
) -> None:
    file = next((folder / "videos").rglob("*.mp4"))
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * share)])
    found, refused = "", None
    try:
        found = verify_dataset(DatasetReader(folder))
    except UnreadableDataset as trouble:
        refused = trouble.file
    assert refused == file or found == content_hash(DatasetReader(good))


def test_a_folder_that_is_not_there_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDataset, match=r"info\.json: file is unreadable; No such file"):
        DatasetReader(tmp_path / "nowhere")
