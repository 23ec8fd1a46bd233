"""`celltwin train`: which configuration a folder belongs to."""

from __future__ import annotations

from pathlib import Path

import pytest

from twin_app.assembly.cli import main


def train(folder: Path, words: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What is said of a configuration that is wrong."""
    recipe = folder / "own.toml"
    recipe.write_text(words)
    assert main(["train", "flow_vla", "--config", str(recipe), "--out", str(folder / "out")])
    return capsys.readouterr().err


def test_a_slip_in_the_configuration_is_mended_in_the_same_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "reading" in train(tmp_path, "[reading]\nsteps = 'many'\n", capsys)
    said = train(tmp_path, "[reading]\nstops = 3\n", capsys)
    assert "stops" in said
    assert "another configuration" not in said


def test_a_folder_with_a_training_belongs_to_its_configuration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train(tmp_path, "[reading]\nsteps = 'many'\n", capsys)
    (tmp_path / "out" / "1-reading").mkdir()
    assert "another configuration" in train(tmp_path, "[reading]\nsteps = 'few'\n", capsys)
