"""Every import contract of pyproject.toml holds, and each catches a planted violation."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.project import PACKAGES, ROOT

PLANTED = "planted_violation"
PLANTS: dict[str, tuple[str, str]] = {
    "runtime-alone": ("runtime/supervision", "import sim_worlds"),
    "sim-worlds-on-runtime": ("sim_worlds/plant", "import twin_app"),
    "twin-app-on-runtime": ("twin_app/panels", "import sim_worlds"),
    "nobody-imports-plugins": ("twin_app/assembly", "import plugins.programmed"),
    "plugins-independent": ("plugins/other", "import plugins.programmed"),
    "runtime-layers": ("runtime/messages", "import runtime.link"),
    "stages-independent": ("runtime/system2", "import runtime.guardrail"),
    "sim-worlds-layers": ("sim_worlds/robots", "import sim_worlds.scenes"),
    "twin-app-layers": ("twin_app/model", "import twin_app.panels"),
    "panels-independent": ("twin_app/panels", "import twin_app.panels.planted_neighbour"),
    "panels-without-bridge": ("twin_app/panels", "import twin_app.bridge"),
    "qt-in-twin-app": ("twin_app/model", "from PySide6 import QtCore"),
    "pybullet-in-sim-worlds": ("twin_app/assembly", "import pybullet"),
    "zmq-in-link": ("runtime/supervision", "import zmq"),
    "wires-in-plugins": ("runtime/policy_servers", "import websockets"),
    "torch-in-policies": ("runtime/system1", "import torch"),
    "guard-without-torch": ("runtime/guardrail", "import runtime.planted_detour"),
    "pinocchio-in-kinematics": ("runtime/system1", "import pinocchio"),
    "numba-in-compiled": ("sim_worlds/plant", "import numba"),
    "tables-and-video-in-datasets": ("runtime/system2", "import pyarrow"),
    "truth-hidden": ("plugins/programmed", "import sim_worlds.plant.truth"),
    "messages-small": ("runtime/messages", "import google.protobuf"),
}
"""Contract → folder in which a file is planted, and the line in it that breaks the contract."""


def contracts() -> list[str]:
    """Ids of all contracts in the project file."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return [contract["id"] for contract in table["tool"]["importlinter"]["contracts"]]


def lint(tree: Path, *, only: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run import-linter over a tree."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(
        [*command, *(["--contract", only] if only else [])], cwd=tree, capture_output=True, text=True, check=False
    )


@pytest.fixture
def copied_tree(tmp_path: Path) -> Path:
    """The project's packages and its contracts, free to be spoilt."""
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=lambda folder, names: _not_python(Path(folder), names)
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def _not_python(folder: Path, names: list[str]) -> list[str]:
    return [name for name in names if not name.endswith(".py") and not (folder / name).is_dir()]


def test_all_contracts_hold() -> None:
    verdict = lint(ROOT)
    assert verdict.returncode == 0, verdict.stdout


def test_every_contract_has_its_planted_violation() -> None:
    assert set(PLANTS) == set(contracts())


@pytest.mark.parametrize("contract", PLANTS)
def test_a_planted_violation_is_caught(contract: str, copied_tree: Path) -> None:
    folder, line = PLANTS[contract]
    place = copied_tree / folder
    place.mkdir(parents=True, exist_ok=True)
    (place / "__init__.py").touch()
    (place / "planted_neighbour.py").touch()
    (copied_tree / "runtime" / "planted_detour.py").write_text("import torch\n", encoding="utf-8")
    (place / f"{PLANTED}.py").write_text(f"{line}\n", encoding="utf-8")
    verdict = lint(copied_tree, only=contract)
    assert verdict.returncode == 1, verdict.stdout
    assert f"{PLANTED} ->" in verdict.stdout


@pytest.mark.parametrize("container", ["runtime", "sim_worlds", "twin_app"])
def test_a_module_without_a_layer_is_caught(container: str, copied_tree: Path) -> None:
    (copied_tree / container / f"{PLANTED}.py").touch()
    verdict = lint(copied_tree, only=f"{container.replace('_', '-')}-layers")
    assert verdict.returncode == 1
    assert PLANTED in verdict.stdout
