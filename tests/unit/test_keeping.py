"""A full disk or an interruption under long work: the file is named, it is as it was, and the work can go on."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest
import torch

from plugins.flow_vla.model import Card, load_card, save_weights, write_card
from runtime.keeping import alone, kept_whole, told_when_damaged
from runtime.mistakes import UserMistake
from tests.support.full_disk import full_disk
from twin_app.assembly import origin
from twin_app.assembly.cli import main
from twin_app.assembly.practice.workshop import CURVES, PolicyWorkshop
from twin_app.assembly.train_command import _claim


def save(file: Path, value: int) -> None:
    with kept_whole(file) as partial:
        np.savez(str(partial), values=np.full(10_000, value))


def test_a_file_that_finds_no_room_is_named_and_stays_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "examples.npz"
    save(file, 1)
    with (
        full_disk(room=4096),
        pytest.raises(UserMistake, match=r"examples\.npz cannot be written: File too large\n.*goes on"),
    ):
        save(file, 2)
    assert list(tmp_path.iterdir()) == [file]
    assert np.load(file)["values"][0] == 1
    save(file, 2)
    assert np.load(file)["values"][0] == 2


def test_what_the_disk_does_not_give_is_not_called_damaged(tmp_path: Path) -> None:
    with pytest.raises(UserMistake) as refusal, told_when_damaged(tmp_path / "kept.npz"):
        raise OSError(errno.EIO, "Input/output error")
    assert refusal.value.what == f"{tmp_path / 'kept.npz'} cannot be read: Input/output error"
    assert "delete" not in refusal.value.remedy
    with pytest.raises(MemoryError), told_when_damaged(tmp_path / "kept.npz"):
        raise MemoryError


def test_an_interruption_leaves_no_half_file(tmp_path: Path) -> None:
    def interrupted() -> None:
        with kept_whole(tmp_path / "card.json") as partial:
            partial.write_text("{")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_is_no_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserMistake, match=r"file/weights\.npz cannot be written: Not a directory"):
        save(tmp_path / "file" / "weights.npz", 1)


def test_a_training_whose_folder_was_claimed_on_a_full_disk_can_begin(tmp_path: Path) -> None:
    recipe, folder = tmp_path / "mine.toml", tmp_path / "training"
    recipe.write_text("seed = 1\n" * 100)
    with full_disk(room=100), pytest.raises(UserMistake, match=r"recipe\.toml cannot be written"):
        _claim(folder, recipe, "tray")
    _claim(folder, recipe, "tray")
    with full_disk(room=0):
        _claim(folder, recipe, "tray")
    assert (folder / "recipe.toml").read_text() == recipe.read_text()


def test_a_training_belongs_to_one_configuration_scene_and_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe, folder, mine = tmp_path / "mine.toml", tmp_path / "training", tmp_path / "cell.toml"
    recipe.write_text("seed = 1\n")
    mine.write_text("one")
    _claim(folder, recipe, "tray")
    _claim(folder, recipe, str(mine))  # nothing was made yet
    (folder / "1-reading").mkdir()
    _claim(folder, recipe, str(mine))
    with pytest.raises(UserMistake, match=r"another scene: .*cell\.toml, now it is tray"):
        _claim(folder, recipe, "tray")
    mine.write_text("two")
    with pytest.raises(UserMistake, match="another content of the scene"):
        _claim(folder, recipe, str(mine))
    mine.write_text("one")
    monkeypatch.setattr(origin, "program", lambda: "another")
    with pytest.raises(UserMistake, match="another version of the program: [0-9a-f]+, now it is another"):
        _claim(folder, recipe, str(mine))
    recipe.write_text("seed = 2\n")
    with pytest.raises(UserMistake, match="another configuration"):
        _claim(folder, recipe, str(mine))


def test_weights_that_find_no_room_leave_a_folder_that_is_not_taken_for_a_model(tmp_path: Path) -> None:
    net, folder = torch.nn.Linear(100, 100), tmp_path / "1-reading"
    with full_disk(room=1000), pytest.raises(UserMistake, match=r"weights\.safetensors cannot be written"):
        save_weights(net, folder)
    card = Card("flow_vla/1", "1", save_weights(net, folder), facts={"words": "x" * 2000})
    with full_disk(room=1000), pytest.raises(UserMistake, match=r"card\.json cannot be written"):
        write_card(folder, card)
    assert [file.name for file in folder.iterdir()] == ["weights.safetensors"]
    write_card(folder, card)
    assert load_card(folder) == card


def test_a_full_disk_that_nobody_expected_is_told_with_the_file_and_not_as_an_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def collect(*_: object, **rest: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/full/folder")

    monkeypatch.setattr("twin_app.assembly.demos_command.collect", collect)
    assert main(["demos", "--seeds", "0:10", "--out", str(tmp_path)]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "celltwin: /full/folder: No space left on device",
        "  → make room, then give the same command again",
    ]


def test_loss_curves_that_find_no_room_are_named(tmp_path: Path) -> None:
    workshop = PolicyWorkshop(tmp_path, "mine", "tray", 1, listen=lambda stage, done, total: None)
    with full_disk(room=10), pytest.raises(UserMistake, match=rf"{CURVES} cannot be written"):
        workshop.tell("acting", done=1, total=2, figures={"flow": 0.5})


def test_a_file_or_folder_is_worked_at_by_one_alone(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "results.jsonl"):
        twice = pytest.raises(UserMistake, match="the same work is under way there")
        with alone(place, "work", remedy="wait"), twice, alone(place, "work", remedy="wait"):
            pass
        with alone(place, "work", remedy="wait"):
            pass
    with pytest.raises(UserMistake, match="cannot be written"), alone(tmp_path / "no" / "x", "work", remedy="wait"):
        pass
