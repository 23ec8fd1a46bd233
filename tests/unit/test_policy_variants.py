"""Variants of policies: found as data beside their policy, named with the reason when something is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runtime.messages.cell import CellDescription
from runtime.plugin_host import PolicyUnavailable, discover
from runtime.plugin_host.variants import VARIANT, VariantTrouble, read_variant, register_variant
from sim_worlds.robots import load_robot
from tests.support.pick_cell import pick_cell
from twin_app.assembly.doctor_finding import Health
from twin_app.assembly.doctor_software import check_variants

MANIFEST = (
    '[plugin]\nname = "toy"\nversion = "1.0"\napi = 1\n[[policy]]\nname = "toy"\nlabel = "Toy"\nfactory = "build"\n'
    'model = "model"\n[[policy]]\nname = "rules"\nlabel = "Rules"\nfactory = "build"\n'
)
CODE = "def build(cell, *, model=None):\n    return 'rules' if model is None else (model / 'weights').read_text()\n"


@pytest.fixture(scope="module")
def cell() -> CellDescription:
    return pick_cell(load_robot("panda"))


@pytest.fixture
def plugins(tmp_path: Path) -> Path:
    folder = tmp_path / "plugins" / "toy"
    folder.mkdir(parents=True)
    (folder / "plugin.toml").write_text(MANIFEST)
    (folder / "policy.py").write_text(CODE)
    (folder / "model").mkdir()
    (folder / "model" / "card.json").write_text("{}")
    (folder / "model" / "weights").write_text("own")
    return folder.parent


def register(folder: Path, *, name: str = "toy_small", policy: str = "toy", weights: str = "small") -> Path:
    model = folder.parent / "made"
    model.mkdir(exist_ok=True)
    (model / "weights").write_text(weights)
    return register_variant(folder, model, name=name, policy=policy, label="Small toy", summary="Quick.")


def test_a_variant_is_a_policy_with_weights_of_its_own(plugins: Path, tmp_path: Path, cell: CellDescription) -> None:
    register(tmp_path / "variants")
    registry = discover(plugins, variants=tmp_path / "variants")
    assert [manifest.name for manifest in registry.policies()] == ["rules", "toy", "toy_small"]
    assert registry.manifest("toy_small").label == "Small toy"
    assert registry.load_policy("toy_small", cell) == "small"
    assert registry.load_policy("toy", cell) == "own"


def test_a_variant_that_is_made_again_replaces_the_old_one(
    plugins: Path, tmp_path: Path, cell: CellDescription
) -> None:
    register(tmp_path / "variants")
    register(tmp_path / "variants", weights="smaller")
    assert [path.name for path in (tmp_path / "variants").iterdir()] == ["toy_small"]
    assert discover(plugins, variants=tmp_path / "variants").load_policy("toy_small", cell) == "smaller"


def test_a_variant_that_was_just_being_replaced_is_not_lost(tmp_path: Path) -> None:
    folder = tmp_path / "variants"
    place = register(folder)
    place.rename(folder / ".toy_small.old")  # killed between two renamings
    (tmp_path / "made" / "weights").unlink()
    (tmp_path / "made").rmdir()
    with pytest.raises(OSError, match="made"):
        register_variant(folder, tmp_path / "made", name="toy_small", policy="toy", label="S", summary="Q.")
    assert (place / "weights").read_text() == "small"


def test_without_variants_nothing_changes(plugins: Path, tmp_path: Path) -> None:
    registry = discover(plugins, variants=tmp_path / "variants")
    assert [manifest.name for manifest in registry.policies()] == ["rules", "toy"]
    assert registry.troubles() == ()


def test_a_variant_whose_files_are_gone_is_listed_and_locked_away(
    plugins: Path, tmp_path: Path, cell: CellDescription
) -> None:
    (register(tmp_path / "variants") / "weights").unlink()
    registry = discover(plugins, variants=tmp_path / "variants")
    assert "toy_small" in [manifest.name for manifest in registry.policies()]
    with pytest.raises(PolicyUnavailable, match=r"toy_small is quarantined: .*weights missing; .celltwin compress"):
        registry.load_policy("toy_small", cell)
    assert registry.load_policy("toy", cell) == "own"


@pytest.mark.parametrize(
    ("name", "policy", "said"),
    [
        ("toy", "toy", "called 'toy' already"),
        ("a", "b", "which there is not"),
        ("a", "rules", "'rules', which has no weights"),
    ],
)
def test_a_variant_of_nothing_or_with_a_name_that_is_taken_is_told(
    plugins: Path, tmp_path: Path, cell: CellDescription, name: str, policy: str, said: str
) -> None:
    (register(tmp_path / "variants", name=name, policy=policy) / "weights").unlink()
    registry = discover(plugins, variants=tmp_path / "variants")
    assert [manifest.name for manifest in registry.policies()] == ["rules", "toy"]
    assert said in " ".join(trouble.reason for trouble in registry.troubles())
    assert registry.load_policy("toy", cell) == "own"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "other"}, "name is 'other'"),
        ({"files": {"../../secret": "0"}}, "must be a plain name"),
        ({"files": {"..": "0"}}, "must be a plain name"),
        ({"colour": 1}, "colour"),
        ({"label": 3}, "label"),
        ({"label": ""}, "label is '', must be 1 to 80"),
        ({"label": "\x1b[31mred"}, "label is .*can be printed"),
        ({"summary": "x" * 401}, "summary is .*at most|summary is .*1 to 400"),
        ({"name": "none"}, "name is 'none'"),
    ],
)
def test_a_broken_manifest_is_refused_with_the_reason(
    plugins: Path, tmp_path: Path, change: dict[str, object], said: str
) -> None:
    file = register(tmp_path / "variants") / VARIANT
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(VariantTrouble, match=said):
        read_variant(file)
    registry = discover(plugins, variants=tmp_path / "variants")
    assert [manifest.name for manifest in registry.policies()] == ["rules", "toy"]
    assert [trouble.plugin for trouble in registry.troubles()] == ["variants/toy_small"]


@pytest.mark.parametrize("content", [b'{"name": "Gr\xf6\xdfe"}', b"[" * 5000])
def test_a_manifest_of_any_bytes_costs_nobody_the_others(plugins: Path, tmp_path: Path, content: bytes) -> None:
    file = register(tmp_path / "variants") / VARIANT
    file.write_bytes(content)
    (trouble,) = discover(plugins, variants=tmp_path / "variants").troubles()
    assert str(file) in trouble.reason


def test_a_variant_that_fails_to_load_leaves_the_policy_it_is_made_from(
    plugins: Path, tmp_path: Path, cell: CellDescription
) -> None:
    folder = register(tmp_path / "variants")
    (folder / "weights").write_bytes(b"\xff")
    registry = discover(plugins, variants=tmp_path / "variants")
    with pytest.raises(PolicyUnavailable, match="policy toy_small failed to load: UnicodeDecodeError"):
        registry.load_policy("toy_small", cell)
    assert "UnicodeDecodeError" in registry.obstacle("toy_small")
    assert registry.load_policy("toy", cell) == "own"
    assert registry.load_policy("rules", cell) == "rules"


def test_the_doctor_reads_every_file(tmp_path: Path) -> None:
    assert check_variants(tmp_path / "variants").found == "none"
    folder = register(tmp_path / "variants")
    assert check_variants(tmp_path / "variants").health is Health.OK
    (folder / "weights").write_text("changed")
    finding = check_variants(tmp_path / "variants")
    assert finding.health is Health.LIMITED
    assert "weights: sha256 is" in finding.found
    assert "celltwin compress" in finding.remedy
