"""What a person sees who mistypes: a message with what to do, exit status 2, no traceback."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sim_worlds.faults import CATALOGUE
from twin_app.assembly.argument_words import FAULT_IDS
from twin_app.assembly.arguments import build_parser
from twin_app.assembly.run_command import cell_setup, session_setup

MISTAKES = [
    (["run", "--headless", "--scene", "nowhere"], "unknown scene"),
    (["run", "--headless", "--policy", "nobody"], "unknown policy 'nobody'"),
    (["run", "--headless", "--picks", "-3"], "-3 is below the limit of 1"),
    (["run", "--headless", "--picks", "two"], "'two' is not a whole number"),
    (["run", "--headless", "--seed", "-1"], "-1 is below the limit of 0"),
    (["run", "--headless", "--fault", "F99:mild"], "unknown fault 'F99'"),
    (["run", "--headless", "--fault", "F26:awful"], "unknown severity 'awful'"),
    (["run", "--headless", "--fault", "F26:mild@soon"], "is not of the form"),
    (["run", "--headless", "--fault", "F26:mild@1+0"], "the duration of fault 'F26:mild@1+0' is nothing"),
    (["run", "--headless", "--fault", "F26@1+.."], "'..' is not a number of seconds"),
    (["run", "--headless", "--fault", "F26@99999"], "'99999' seconds are too long for a fault"),
    (["run", "--headless", "--vary", "fog"], "unknown variation 'fog'"),
    (["run", "--headless", "--vary", "light:huge"], "unknown strength 'huge' of variation light"),
    (["run", "--headless", "--live", "--vary", "light:2"], "strength '2' of variation light is outside 0…1"),
    (["worlds", "--vary", "fog"], "unknown variation 'fog'"),
    (["worlds", "--picture", "sheet.pdf"], "sheet.pdf is no picture file"),
    (["worlds", "--picture", "nowhere/sheet.png"], "there is no folder nowhere"),
    (["worlds", "--picture", "/proc/sheet.png", "--vary", "light"], "cannot write /proc/sheet.png"),
    (["worlds", "--picture", "x.png", "--scene", "nowhere"], "unknown scene"),
    (["run", "--headless", "--cell", "a/b"], "is no name for a cell"),
    (["run", "--headless", "--record", "x.mcap"], "--record needs a live cell"),
    (["run", "--headless", "--live", "--cell", "a/b"], "is no name for a cell"),
    (["replay", "missing.mcap"], "no recording at missing.mcap"),
    (["verify", "recording", "missing.mcap"], "missing.mcap"),
    (["verify", "recording", ""], "argument file: it is empty"),
    (["run", "--headless", "--live", "--record", "/proc/x.mcap"], "cannot write /proc/x.mcap"),
    (["run", "--headless", "--live", "--record", "/tmp"], "/tmp is a folder"),
    (["run", "--headless", "--live", "--metrics-host", ""], "argument --metrics-host: it is empty"),
    (["screenshots", "/etc/passwd"], "→"),
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


@pytest.mark.parametrize("option", ["--policy", "--cell", "--fault", "--mismatch", "--vary"])
def test_a_value_that_is_far_too_long_does_not_drown_the_message(option: str, tmp_path: Path) -> None:
    done = _celltwin(["run", "--headless", option, "x" * 3000], tmp_path)
    assert done.returncode == 2
    assert f"{'x' * 50}" in done.stderr
    assert len(done.stderr.splitlines()[-1]) < 200
    assert "x" * 200 not in done.stderr


def test_an_unwritable_data_folder_is_named(tmp_path: Path) -> None:
    done = _celltwin(["run", "--headless", "--live", "--picks", "1", "--data", "/proc/nowhere"], tmp_path)
    assert done.returncode == 2
    assert "/proc/nowhere" in done.stderr


def test_json_is_one_object_on_the_last_line_of_standard_output(tmp_path: Path) -> None:
    import json

    done = _celltwin(["run", "--headless", "--picks", "1", "--json"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.strip().splitlines()[-1])["picks"] == 1


def test_the_worlds_are_listed_with_every_range(tmp_path: Path) -> None:
    import json

    table = _celltwin(["worlds"], tmp_path).stdout
    assert "conveyor" in table
    assert "hidden_share" in table
    listed = json.loads(_celltwin(["worlds", "--vary", "camera", "--json"], tmp_path).stdout)
    assert [scene["name"] for scene in listed["scenes"]] == ["tray", "conveyor", "tray_iiwa"]
    assert [kind["name"] for kind in listed["variations"]] == ["camera"]
    assert listed["variations"][0]["parameters"]["offset_m"]["strong"] == [0.01, 0.01]


def test_a_sheet_shows_a_variation_at_its_strengths(tmp_path: Path) -> None:
    import cv2

    done = _celltwin(["worlds", "--vary", "light", "--picture", "sheet.png", "--seed", "3"], tmp_path)
    assert done.returncode == 0, done.stderr
    sheet = cv2.imread(str(tmp_path / "sheet.png"))
    assert sheet is not None
    assert sheet.shape[0] > 4 * 256
    assert sheet.shape[1] > 8 * 256


def test_a_varied_run_says_so(tmp_path: Path) -> None:
    import json

    words = ["run", "--headless", "--picks", "1", "--json", "--vary", "light:weak", "--vary", "clutter"]
    done = _celltwin(words, tmp_path)
    assert json.loads(done.stdout.strip().splitlines()[-1])["variations"] == ["light:weak", "clutter:medium"]


def test_an_output_that_is_full_or_closed_is_told_without_a_traceback(tmp_path: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = _celltwin(["doctor"], tmp_path, stdout=full)
    assert done.returncode == 1
    assert "cannot be written: No space left" in done.stderr
    assert "Traceback" not in done.stderr
    closed = _celltwin(["run", "--headless", "--picks", "1"], tmp_path, shell_suffix=">&-")
    assert closed.returncode == 0, closed.stderr


def test_a_terminal_that_knows_only_ascii_gets_question_marks_not_a_traceback(tmp_path: Path) -> None:
    poor = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = _celltwin(["doctor"], tmp_path, extra=poor)
    assert "Traceback" not in done.stderr
    assert "? " in done.stdout


def test_a_scene_is_found_from_the_folder_where_it_was_named(tmp_path: Path) -> None:
    shutil.copy(Path(__file__).resolve().parents[2] / "sim_worlds/scenes/tray.toml", tmp_path / "mine.toml")
    setup = cell_setup(build_parser().parse_args(["run", "--scene", "mine.toml"]))
    assert Path(setup.scene) == Path("mine.toml").absolute()
    asked = build_parser().parse_args(["run", "--data", "here", "--record", str(tmp_path / "x.mcap")])
    assert Path(session_setup(asked, setup).data_folder) == Path("here").absolute()
    assert cell_setup(asked).scene == "tray"


def test_the_help_names_every_fault_and_every_option_has_words() -> None:
    assert tuple(kind.fault_id for kind in CATALOGUE) == FAULT_IDS
    parsers = [build_parser()]
    while parsers:
        for action in parsers.pop()._actions:
            if isinstance(action.choices, dict):
                parsers.extend(action.choices.values())
            else:
                assert action.help, action


def _celltwin(
    words: list[str],
    folder: Path,
    *,
    stdout: Any = subprocess.PIPE,
    shell_suffix: str = "",
    extra: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    repository = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONPATH": str(repository), **(extra or {})}
    command = [sys.executable, "-m", "twin_app", *words]
    if shell_suffix:
        command = ["sh", "-c", f"{shlex.join(command)} {shell_suffix}"]
    return subprocess.run(
        command,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=50,
        cwd=folder,
        env=environment,
        errors="replace",
        check=False,
    )
