"""Plugins: found by their manifests, imported on first use, locked away when they fail."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from runtime.messages.cell import CellDescription
from runtime.plugin_host import ManifestError, PolicyUnavailable, discover
from runtime.plugin_host.manifest import read_manifest
from sim_worlds.robots import load_robot
from tests.support.pick_cell import pick_cell

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
HEAD = '[plugin]\nname = "toy"\nversion = "1.0"\napi = 1\n'
POLICY = '[[policy]]\nname = "toy"\nlabel = "Toy"\nfactory = "build"\n'


@pytest.fixture(scope="module")
def cell() -> CellDescription:
    return pick_cell(load_robot("panda"))


def write(folder: Path, manifest: str = HEAD + POLICY, code: str = "def build(cell):\n    return cell.name\n") -> Path:
    plugin = folder / "toy"
    plugin.mkdir()
    (plugin / "plugin.toml").write_text(manifest)
    (plugin / "policy.py").write_text(code)
    return plugin / "plugin.toml"


def test_the_programs_own_policies_are_plugins() -> None:
    registry = discover(PLUGINS)
    assert {"programmed", "programmed_careful"} <= {manifest.name for manifest in registry.policies()}
    assert registry.troubles() == ()


def test_nothing_is_imported_before_it_is_used(tmp_path: Path) -> None:
    write(tmp_path, code="raise SystemExit('imported too early')\n")
    assert [manifest.name for manifest in discover(tmp_path).policies()] == ["toy"]


def test_a_policy_is_built_for_its_cell(tmp_path: Path, cell: CellDescription) -> None:
    write(tmp_path)
    assert discover(tmp_path).load_policy("toy", cell) == "test cell"


def test_a_plugin_that_is_loaded_twice_at_once_is_whole_for_both(
    tmp_path: Path, cell: CellDescription, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, code="import half_way\nhalf_way.comes_the_other()\ndef build(cell):\n    return cell.name\n")
    registry = discover(tmp_path)
    built: list[object] = []
    other = threading.Thread(target=lambda: built.append(registry.load_policy("toy", cell)))

    def comes_the_other() -> None:
        other.start()
        other.join(0.2)  # as long as it would take to fail; it waits until the file is executed

    monkeypatch.setitem(sys.modules, "half_way", SimpleNamespace(comes_the_other=comes_the_other))
    built.append(registry.load_policy("toy", cell))
    other.join()
    assert built == ["test cell", "test cell"]
    assert registry.obstacle("toy") == ""


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ("", "plugin"),
        ("[plugin\n", "plugin.toml"),
        (HEAD.replace("api = 1", "api = 99"), "api"),
        (HEAD.replace('"toy"', '"other"'), "name"),
        (HEAD + "colour = 1\n", "colour"),
        (HEAD + POLICY.replace('"toy"', '"Toy Policy"'), "name"),
        (HEAD + POLICY + POLICY, "twice"),
        (HEAD + POLICY + 'file = "../../etc/passwd"\n', "file"),
        (HEAD + POLICY + 'file = "missing.py"\n', "file"),
        (HEAD + POLICY.replace('"build"', '"os.system"'), "factory"),
        (HEAD + POLICY.replace('label = "Toy"', "label = 3"), "label"),
    ],
)
def test_a_broken_manifest_is_refused_with_the_reason_and_the_others_stay(
    tmp_path: Path, manifest: str, said: str
) -> None:
    path = write(tmp_path, manifest=manifest)
    with pytest.raises(ManifestError, match=said):
        read_manifest(path)
    registry = discover(tmp_path)
    assert registry.policies() == ()
    assert [trouble.plugin for trouble in registry.troubles()] == ["toy"]


@pytest.mark.parametrize(
    "code",
    [
        "import nonsense_that_is_not_there\n",
        "def build(cell):\n    raise RuntimeError('no weights')\n",
        "x = 1\n",
        "raise SystemExit(0)\n",
    ],
)
def test_a_plugin_that_fails_is_quarantined_with_its_first_reason(
    tmp_path: Path, cell: CellDescription, code: str
) -> None:
    write(tmp_path, code=code)
    registry = discover(tmp_path)
    with pytest.raises(PolicyUnavailable, match="failed to load"):
        registry.load_policy("toy", cell)
    with pytest.raises(PolicyUnavailable, match="quarantined"):
        registry.load_policy("toy", cell)
    assert registry.obstacle("toy") != ""
    registry.release("toy")
    assert registry.obstacle("toy") == ""


def test_an_unknown_policy_is_named_with_those_that_exist(tmp_path: Path, cell: CellDescription) -> None:
    write(tmp_path)
    with pytest.raises(PolicyUnavailable, match="there are toy"):
        discover(tmp_path).load_policy("teleport", cell)
