"""`celltwin verify dataset FOLDER` tells what a dataset holds, and in one line what is wrong with it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from runtime.datasets import DatasetReader, content_hash
from runtime.datasets.layout import ORIGIN, STATS
from tests.support.demonstrations import write
from tests.support.spoilt_dataset import AT_OPENING, WHEN_READ
from twin_app.assembly.cli import EXIT_MISTAKE, main


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dataset")
    write(folder)
    return folder


def test_a_sound_dataset_is_described(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "dataset", str(good), "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["episodes"], told["frames"], told["tasks"], told["about scene"]) == (3, 12, 2, "tray")
    assert told["content_sha256"] == content_hash(DatasetReader(good))


SPOILT = {**AT_OPENING, **WHEN_READ}


@pytest.mark.parametrize("case", SPOILT)
def test_a_spoilt_dataset_is_a_mistake_in_words_and_no_traceback(
    good: Path, tmp_path: Path, case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(good, tmp_path / "copy")
    SPOILT[case].spoil(folder)
    assert main(["verify", "dataset", str(folder)]) == EXIT_MISTAKE
    told = capsys.readouterr().err
    assert told.startswith(f"celltwin: {folder / SPOILT[case].file}: {SPOILT[case].field} is ")
    assert "Traceback" not in told


@pytest.mark.parametrize(("content", "field"), [(None, "file"), ("{}", "observation.state"), ("[", "content")])
def test_a_dataset_needs_its_statistics(
    good: Path, tmp_path: Path, content: str | None, field: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(good, tmp_path / "copy")
    (folder / STATS).unlink()
    if content is not None:
        (folder / STATS).write_text(content)
    assert main(["verify", "dataset", str(folder)]) == EXIT_MISTAKE
    assert f"{folder / STATS}: {field} is " in capsys.readouterr().err


def test_without_our_addition_there_is_nothing_to_compare_with(
    good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(good, tmp_path / "copy")
    (folder / ORIGIN).unlink()
    assert main(["verify", "dataset", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["compared_with"].startswith("nothing")


def test_no_dataset_at_all_is_a_mistake_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "dataset", str(tmp_path)]) == EXIT_MISTAKE
    assert "info.json: file is unreadable; No such file" in capsys.readouterr().err
