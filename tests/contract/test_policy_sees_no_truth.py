"""A policy gets pictures, joint state and the instruction: its code cannot reach the simulated world."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SEEING_CODE = [*sorted((ROOT / "plugins").rglob("*.py")), *sorted((ROOT / "runtime").rglob("*.py"))]


def imported(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("file", SEEING_CODE, ids=lambda file: str(file.relative_to(ROOT)))
def test_nothing_that_sees_imports_the_simulated_world(file: Path) -> None:
    assert imported(file).isdisjoint({"sim_worlds", "pybullet"})
