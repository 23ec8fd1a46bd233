"""`celltwin evaluate --model`: other weights than the policy's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runtime.plugin_host import discover
from twin_app.assembly.cli import main
from twin_app.assembly.setup import PLUGIN_FOLDER


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--suite", "ablation"], "--model: an ablation compares the policy with --models"),
        (["--policy", "programmed"], "--model: policy programmed has no weights"),
        ([], "--model: there is no card.json in"),
    ],
)
def test_weights_that_cannot_be_used_are_refused_before_the_work(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "--seeds", "1:2", "--model", str(tmp_path), *words])
    assert said in capsys.readouterr().err


def test_a_policy_without_parts_to_leave_out_has_no_ablation(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--seeds", "1:2", "--suite", "ablation", "--policy", "programmed"]) == 2
    assert "programmed has no parts that could be left out\n  → choose a policy" in capsys.readouterr().err


@pytest.mark.keeps(kind="processes", reason="the resource tracker of multiprocessing lives as long as this process")
@pytest.mark.keeps(kind="descriptors", reason="its pipe")
def test_other_weights_are_examined(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = discover(PLUGIN_FOLDER).manifest("flow_vla").model
    assert own is not None
    words = ["evaluate", "--seeds", "200000:200001", "--processes", "1", "--json", "--model", str(own)]
    assert main(words) == 0
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (figures["n"], figures["succeeded"], figures["model"]) == (1, 1, str(own))
    other = tmp_path / "model"
    other.mkdir()
    for file in own.iterdir():
        (other / file.name).write_bytes(file.read_bytes())
    (other / "weights.safetensors").write_bytes(b"no weights")
    assert main([*words[:-1], str(other)])
    assert "weights.safetensors" in capsys.readouterr().err
