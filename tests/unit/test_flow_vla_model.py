"""Weights are refused by name when anything is not as the card says."""

from __future__ import annotations

import json
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from msgspec.structs import replace
from safetensors.numpy import load, save

from plugins.flow_vla.model import CARD, WEIGHTS, ModelRefused, load_card, load_model, save_model
from plugins.flow_vla.policy import MODEL, flow_vla
from plugins.flow_vla.ready import ready
from tests.support.policy_servers import CELL


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(MODEL, tmp_path / "model")
    return tmp_path / "model"


def sign(folder: Path) -> None:
    """Make the card fit the weights, as somebody would who changes both."""
    import hashlib

    card = json.loads((folder / CARD).read_text())
    card["sha256"] = hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    (folder / CARD).write_text(json.dumps(card))


def spoilt(folder: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    tensors = load((folder / WEIGHTS).read_bytes())
    change(tensors)
    (folder / WEIGHTS).write_bytes(save(tensors))
    sign(folder)
    return folder


def test_the_shipped_model_is_small_and_loads() -> None:
    assert (MODEL / WEIGHTS).stat().st_size <= 8 * 10**6
    assert load_model(MODEL).training is False


def test_a_model_that_has_worked_is_kept_as_it_was(tmp_path: Path) -> None:
    model = load_model(MODEL)
    lying = {name: tensor.stride() for name, tensor in model.state_dict().items()}
    ready(model)  # orders weights as its engine likes them
    assert {name: tensor.stride() for name, tensor in model.state_dict().items()} == lying
    for weight in model.parameters():
        if weight.dim() == 4:
            weight.data = weight.data.contiguous(memory_format=torch.channels_last)
    save_model(model, tmp_path, version="1", facts={})
    kept = load_model(tmp_path).state_dict()
    assert all(torch.equal(tensor, kept[name]) for name, tensor in load_model(MODEL).state_dict().items())


def test_weights_that_were_changed_have_another_hash(folder: Path) -> None:
    content = bytearray((folder / WEIGHTS).read_bytes())
    content[-1] ^= 1
    (folder / WEIGHTS).write_bytes(bytes(content))
    with pytest.raises(ModelRefused, match="sha256"):
        load_model(folder)


def test_a_number_that_is_not_finite_is_refused(folder: Path) -> None:
    def change(tensors: dict[str, Any]) -> None:
        tensors["head.entry.bias"][0] = np.nan

    with pytest.raises(ModelRefused, match="head.entry.bias holds numbers that are not finite"):
        load_model(spoilt(folder, change))


def test_a_wrong_shape_is_refused(folder: Path) -> None:
    with pytest.raises(ModelRefused, match=r"head.entry.bias is \(3,\)"):
        load_model(spoilt(folder, lambda tensors: tensors.update({"head.entry.bias": np.zeros(3, np.float16)})))


def test_a_wrong_type_is_refused(folder: Path) -> None:
    def change(tensors: dict[str, Any]) -> None:
        tensors["head.entry.bias"] = tensors["head.entry.bias"].astype(np.int32)

    with pytest.raises(ModelRefused, match="int32, must be float16 or float32"):
        load_model(spoilt(folder, change))


def test_a_missing_and_a_strange_tensor_are_refused(folder: Path) -> None:
    with pytest.raises(ModelRefused, match=r"'head.entry.bias' is missing"):
        load_model(spoilt(folder, lambda tensors: tensors.pop("head.entry.bias")))
    with pytest.raises(ModelRefused, match="is not known|is missing"):
        load_model(spoilt(folder, lambda tensors: tensors.update({"a.b": np.zeros(1, np.float32)})))


def test_a_pickle_is_no_model(folder: Path) -> None:
    (folder / WEIGHTS).write_bytes(pickle.dumps({"a": 1}))
    sign(folder)
    with pytest.raises(ModelRefused, match="no safetensors file"):
        load_model(folder)


def test_another_architecture_is_refused(folder: Path) -> None:
    card = json.loads((folder / CARD).read_text())
    (folder / CARD).write_text(json.dumps({**card, "architecture": "other/1"}))
    with pytest.raises(ModelRefused, match="architecture is 'other/1'"):
        load_card(folder)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"mean": [0.0]}, "mean has 1 numbers, one a signal are 11"),
        ({"std": [0.0] * 11}, "std holds 0, must be above 0"),
        ({"limit": 1.5}, "limit is 1.5, must be within 0…1"),
        ({"prior": -0.1}, "prior is -0.1"),
        ({"bias": 1e400}, "no model card"),
    ],
)
def test_a_calibration_that_cannot_be_is_refused(folder: Path, change: dict[str, Any], said: str) -> None:
    card = json.loads((folder / CARD).read_text())
    card["calibration"] |= change
    (folder / CARD).write_text(json.dumps(card))
    with pytest.raises(ModelRefused, match=said):
        load_card(folder)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("head.entry.bias", 1e30, r"head.entry.bias holds 1e\+30, at most 65504"),
        ("seen_std", 0.0, "seen_std holds 0, must be above 0"),
    ],
)
def test_weights_that_no_training_makes_are_refused(folder: Path, name: str, value: float, said: str) -> None:
    def change(tensors: dict[str, Any]) -> None:
        tensors[name] = tensors[name].astype(np.float32)
        tensors[name].flat[0] = value

    with pytest.raises(ModelRefused, match=said):
        load_model(spoilt(folder, change))


@pytest.mark.parametrize("name", [CARD, WEIGHTS])
def test_what_is_no_regular_file_is_refused_and_not_waited_for(folder: Path, name: str) -> None:
    (folder / name).unlink()
    os.mkfifo(folder / name)
    with pytest.raises(ModelRefused, match=f"{name}: no regular file"):
        load_model(folder)


def test_a_card_that_is_nested_without_end_is_refused(folder: Path) -> None:
    (folder / CARD).write_text('{"facts": ' + '{"a":' * 100_000)
    with pytest.raises(ModelRefused, match="no model card"):
        load_card(folder)


@pytest.mark.parametrize("version", ["1.0\x1b[2J", "x" * 41])
def test_a_version_that_is_no_version_is_refused(folder: Path, version: str) -> None:
    card = json.loads((folder / CARD).read_text())
    (folder / CARD).write_text(json.dumps({**card, "version": version}))
    with pytest.raises(ModelRefused, match="version is .*, must be 1 to 40 letters that can be printed"):
        load_card(folder)


def test_a_folder_without_weights_is_refused(folder: Path) -> None:
    (folder / WEIGHTS).unlink()
    with pytest.raises(ModelRefused, match="No such file"):
        load_model(folder)


def test_cameras_of_another_size_are_refused_before_anything_drives() -> None:
    small, *others = CELL.cameras
    cell = replace(CELL, cameras=(replace(small, width_px=160, height_px=160), *others))
    with pytest.raises(ModelRefused, match=f"camera {small.name} gives 160 × 160 pixels, the eyes are made for 128"):
        flow_vla(cell)
