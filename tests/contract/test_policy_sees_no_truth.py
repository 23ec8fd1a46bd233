"""A policy gets pictures, joint state and the instruction: its code cannot reach the simulated world."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOR_TRAINING = (
    "sim_worlds.stills",
    "sim_worlds.variation",
    "sim_worlds.scenes",
    "sim_worlds.sentences",
    "sim_worlds.seeds",
)
"""Labelled pictures, sentences with meaning, the test's seeds: for code in a plugin's folders that make its weights."""

MAKING = ("training", "edge")
"""These folders; no policy imports them."""

SEEING_CODE = [*sorted((ROOT / "plugins").rglob("*.py")), *sorted((ROOT / "runtime").rglob("*.py"))]


def imported(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{file}: a relative import, which hides where it leads"
            names.add(node.module or "")
    return names


def trains(file: Path) -> bool:
    """Whether the file lies in a folder of a plugin that makes weights."""
    parts = file.relative_to(ROOT).parts
    return parts[0] == "plugins" and len(parts) > 3 and parts[2] in MAKING


@pytest.mark.parametrize("file", SEEING_CODE, ids=lambda file: str(file.relative_to(ROOT)))
def test_nothing_that_sees_imports_the_simulated_world(file: Path) -> None:
    allowed = FOR_TRAINING if trains(file) else ()
    names = [name for name in imported(file) if not name.startswith(allowed)] if allowed else imported(file)
    assert {name.split(".")[0] for name in names}.isdisjoint({"sim_worlds", "pybullet"})


@pytest.mark.parametrize("file", sorted((ROOT / "plugins").rglob("*.py")), ids=lambda file: str(file.relative_to(ROOT)))
def test_no_policy_reaches_it_through_the_program(file: Path) -> None:
    if file.name != "panel.py":
        assert "twin_app" not in {name.split(".")[0] for name in imported(file)}


@pytest.mark.parametrize("file", SEEING_CODE, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_policy_imports_training_code(file: Path) -> None:
    if not trains(file):
        assert [name for name in imported(file) if any(f".{folder}" in name for folder in MAKING)] == []
