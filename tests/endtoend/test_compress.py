"""The command from a model to a variant that is registered, at one seed."""

from __future__ import annotations

import json

import pytest
from platformdirs import user_data_path

from twin_app.assembly.cli import main
from twin_app.assembly.setup import CellSetup, read_plugins, read_scene


@pytest.mark.timeout(240)
@pytest.mark.keeps(kind="descriptors", reason="font files of matplotlib, and the pipe of the resource tracker")
@pytest.mark.keeps(kind="processes", reason="the resource tracker of multiprocessing lives as long as this process")
def test_one_command_makes_measures_and_registers_a_variant(capsys: pytest.CaptureFixture[str]) -> None:
    seeds = ["--seeds", "210000:210001", "--looks", "210000:210001", "--processes", "1"]
    assert main(["compress", "--variants", "onnx", *seeds, "--json"]) == 0
    original, variant = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (original["variant"], variant["variant"]) == ("flow_vla_eager", "flow_vla_onnx")
    assert original["agreement"] == 1.0
    assert variant["agreement"] > 0.9
    assert variant["n"] == 1
    (folder,) = (user_data_path("celltwin") / "compression" / "flow_vla").iterdir()
    assert {"compress.json", "compress.png"} <= {path.name for path in folder.iterdir()}
    setup = CellSetup(policy="flow_vla_onnx")
    registry = read_plugins(setup)
    assert registry.manifest("flow_vla_onnx").card == user_data_path("celltwin") / "variants/flow_vla_onnx/card.json"
    for name in ("flow_vla_onnx", "flow_vla_eager"):
        registry.load_policy(name, read_scene(setup).cell)


def test_a_variant_that_there_is_not_is_refused_with_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compress", "--variants", "tiny"]) == 2
    assert (
        "no variant is called 'tiny'\n  → one of: eager, onnx, int8, pruned, straight, edge" in capsys.readouterr().err
    )


def test_a_policy_that_cannot_be_compressed_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compress", "--policy", "programmed"]) == 2
    assert "policy programmed is not compressed" in capsys.readouterr().err
