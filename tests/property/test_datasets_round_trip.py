"""Whatever episodes a dataset has, in whatever files they lie: they come back, and each one is where the table says."""

from __future__ import annotations

import tempfile
from pathlib import Path
from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.datasets import DatasetForm, DatasetReader, DatasetWriter, Extra, FileLimits
from runtime.datasets.layout import FILES_IN_CHUNK, FilePlace, FileSeries
from tests.support.demonstrations import made_up

FORMS = st.builds(
    DatasetForm,
    fps=st.integers(1, 1000),
    robot_type=st.just("panda"),
    state=st.integers(1, 9).map(lambda width: tuple(f"s{number}" for number in range(width))),
    action=st.integers(1, 9).map(lambda width: tuple(f"a{number}" for number in range(width))),
    cameras=st.just(()),
    extras=st.sampled_from([(), (Extra("confidence"),), (Extra("force", ("x", "y", "z")), Extra("uncertainty"))]),
)
LENGTHS = st.dictionaries(st.integers(0, 10**9), st.integers(1, 40), min_size=1, max_size=8)


@settings(max_examples=25)
@given(FORMS, LENGTHS, st.integers(1, 4000), st.randoms())
def test_numbers_come_back_exactly_in_the_order_of_the_seeds(
    form: DatasetForm, lengths: dict[int, int], data_bytes: int, random: Random
) -> None:
    order = list(lengths)
    random.shuffle(order)
    with tempfile.TemporaryDirectory() as folder:
        with DatasetWriter(Path(folder), form, limits=FileLimits(data_bytes=data_bytes)) as writer:
            for seed in order:
                writer.add_episode(made_up(seed, length=lengths[seed], form=form), seed=seed)
            writer.finish()
        dataset = DatasetReader(Path(folder))
        assert [(row.seed, row.length) for row in dataset.rows] == sorted(lengths.items())
        for row, episode in zip(dataset.rows, dataset, strict=True):
            assert row.seed is not None
            wanted = made_up(row.seed, length=row.length, form=form)
            assert all(np.array_equal(episode.columns()[name], wanted.columns()[name]) for name in form.widths())
            assert np.array_equal(episode.intervention, wanted.intervention)
            assert episode.task == wanted.task


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(1, 50))), st.integers(1, 100), st.integers(1, 100))
def test_files_keep_their_limits_except_for_an_episode_that_fills_one_alone(
    episodes: list[tuple[int, int]], largest_bytes: int, most_frames: int
) -> None:
    series = FileSeries(largest_bytes, most_frames)
    held: dict[FilePlace, list[tuple[int, int]]] = {}
    for size_bytes, frames in episodes:
        place, before = series.take(size_bytes=size_bytes, frames=frames)
        assert before == sum(frames for _, frames in held.get(place, []))
        held.setdefault(place, []).append((size_bytes, frames))
    for inside in held.values():
        sizes, frames = (sum(column) for column in zip(*inside, strict=True))
        assert len(inside) == 1 or (sizes <= largest_bytes and frames <= most_frames)
    assert list(held) == [FilePlace(0, number) for number in range(len(held))]


def test_behind_the_last_file_of_a_chunk_comes_the_first_of_the_next() -> None:
    assert FilePlace(0, FILES_IN_CHUNK - 1).following() == FilePlace(1, 0)
    assert str(FilePlace(1, 7).path("d/chunk-{chunk_index:03d}/file-{file_index:03d}")) == "d/chunk-001/file-007"
