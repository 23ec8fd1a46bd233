"""The examples of docs/datasets.md run as they stand there, on fewer seeds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from runtime.datasets import DatasetReader, content_hash

PAPER = Path(__file__).resolve().parents[2] / "docs" / "datasets.md"


def test_the_examples_write_and_read_a_dataset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    writing, reading = re.findall(r"```python\n(.*?)```", PAPER.read_text(encoding="utf-8"), flags=re.DOTALL)
    monkeypatch.chdir(tmp_path)
    exec(writing.replace("range(100)", "range(4)"), {})
    exec(reading.replace("1234", "123"), {})
    told = capsys.readouterr().out.splitlines()
    assert told[:4] == ["put the red cube in the left tote (50, 2) (50, 128, 128, 3)"] * 4
    assert told[4] == content_hash(DatasetReader(Path("demonstrations")))
