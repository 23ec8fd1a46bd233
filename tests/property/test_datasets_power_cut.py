"""Wherever a writer dies: what it had said to be durable is there, nothing half-written is, and the end is the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace

from runtime.datasets import DatasetForm, DatasetReader, DatasetWriter, UnreadableDataset, content_hash
from tests.support.demonstrations import FORM, made_up, without_cameras, write
from tests.support.power_cut import Mortal, PowerCut

ONE_CAMERA = replace(FORM, cameras=FORM.cameras[:1])
SEEDS = (0, 1)


def write_and_die(folder: Path, form: DatasetForm, *, dies_at: int) -> tuple[list[int], int]:
    """Seeds that were told to be durable, and how many steps were taken; the last one is the death."""
    told: list[int] = []
    writer = None
    with pytest.MonkeyPatch.context() as patch:
        mortal = Mortal(patch, dies_at=dies_at)
        try:
            writer = DatasetWriter(folder, form)
            there = writer.seeds()
            for seed in SEEDS:
                if seed not in there:
                    writer.add_episode(made_up(seed, form=form), seed=seed)
                told.append(seed)
            writer.finish()
        except PowerCut:
            pass
    if writer is not None:
        writer.close()  # the system does this for a dead process
    return told, mortal.steps


def go_on(folder: Path, form: DatasetForm) -> frozenset[int]:
    """The same command once more; returns what it found."""
    with DatasetWriter(folder, form) as writer:
        there = writer.seeds()
        for seed in SEEDS:
            if seed not in there:
                writer.add_episode(made_up(seed, form=form), seed=seed)
        writer.finish()
    return there


@pytest.mark.timeout(300)
@pytest.mark.parametrize("form", [without_cameras(), ONE_CAMERA], ids=["numbers", "pictures"])
def test_a_writer_may_die_at_any_step(tmp_path: Path, form: DatasetForm) -> None:
    wanted = content_hash(write(tmp_path / "undisturbed", SEEDS, form=form))
    dies_at = 0
    while True:
        dies_at += 1 if form.cameras == () else 7
        folder = tmp_path / "disturbed"
        told, steps = write_and_die(folder, form, dies_at=dies_at)
        if (folder / "meta").exists():
            assert content_hash(DatasetReader(folder)) == wanted, dies_at
        elif folder.exists():
            with pytest.raises(UnreadableDataset):
                DatasetReader(folder)
        assert set(told) <= go_on(folder, form), dies_at
        assert content_hash(DatasetReader(folder)) == wanted, dies_at
        assert sorted(path.name for path in folder.iterdir()) == sorted({"data", "meta", *tops(form)}), dies_at
        shutil.rmtree(folder)
        if steps < dies_at:
            break
    assert dies_at > 40


def tops(form: DatasetForm) -> set[str]:
    return {"videos"} if form.cameras else set()


@pytest.mark.parametrize("second_death", range(1, 40, 3))
def test_a_writer_may_die_in_finishing_and_again(tmp_path: Path, second_death: int) -> None:
    form = without_cameras()
    wanted = content_hash(write(tmp_path / "undisturbed", SEEDS, form=form))
    _, steps = write_and_die(tmp_path / "whole", form, dies_at=10**9)
    folder = tmp_path / "disturbed"
    write_and_die(folder, form, dies_at=steps - 12)
    write_and_die(folder, form, dies_at=second_death)
    assert go_on(folder, form) == set(SEEDS)
    assert content_hash(DatasetReader(folder)) == wanted
