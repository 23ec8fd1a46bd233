"""What a person sees who mistypes: a message with what to do, exit status 2, no traceback."""

import subprocess
import sys
from pathlib import Path

import pytest

MISTAKES = [
    (["run", "--headless", "--scene", "nowhere"], "unknown scene"),
    (["run", "--headless", "--policy", "nobody"], "unknown policy 'nobody'"),
    (["run", "--headless", "--picks", "-3"], "-3 is below the limit of 1"),
    (["run", "--headless", "--picks", "two"], "'two' is not a whole number"),
    (["run", "--headless", "--seed", "-1"], "-1 is below the limit of 0"),
    (["run", "--headless", "--fault", "F99:mild"], "unknown fault 'F99'"),
    (["run", "--headless", "--fault", "F26:awful"], "unknown severity 'awful'"),
    (["run", "--headless", "--fault", "F26:mild@soon"], "is not of the form"),
    (["run", "--headless", "--record", "x.mcap"], "--record needs a live cell"),
    (["run", "--headless", "--live", "--cell", "a/b"], "is no name for a cell"),
    (["replay", "missing.mcap"], "no recording at missing.mcap"),
    (["verify", "recording", "missing.mcap"], "missing.mcap"),
    (["bench", "everything"], "invalid choice"),
]


@pytest.mark.parametrize(
    ("words", "expected"), MISTAKES, ids=lambda value: value[-1] if isinstance(value, list) else ""
)
def test_a_mistake_gets_a_message_and_status_2(words: list[str], expected: str, tmp_path: Path) -> None:
    done = _celltwin(words, tmp_path)
    assert done.returncode == 2
    assert expected in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unwritable_data_folder_is_named(tmp_path: Path) -> None:
    done = _celltwin(["run", "--headless", "--live", "--picks", "1", "--data", "/proc/nowhere"], tmp_path)
    assert done.returncode == 2
    assert "/proc/nowhere" in done.stderr


def test_json_is_one_object_on_the_last_line_of_standard_output(tmp_path: Path) -> None:
    import json

    done = _celltwin(["run", "--headless", "--picks", "1", "--json"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.strip().splitlines()[-1])["picks"] == 1


def _celltwin(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    import os

    repository = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONPATH": str(repository)}
    command = [sys.executable, "-m", "twin_app", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=50, cwd=folder, env=environment, check=False)
