"""Machine code that is kept on disk must not depend on anything that can change without its own file."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = ("runtime", "sim_worlds", "twin_app", "plugins")


def files() -> list[Path]:
    """Every file that has something compiled."""
    found = (path for folder in OURS for path in (ROOT / folder).rglob("*.py"))
    return sorted(path for path in found if "@compiled(" in path.read_text(encoding="utf-8"))


def foreign_names(source: str) -> set[str]:
    """Names that compiled functions use and that are imported from this project, or computed from such names."""
    tree = ast.parse(source)
    foreign = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in OURS
        for alias in node.names
    }
    for node in tree.body:
        if isinstance(node, ast.Assign) and foreign & names_in(node.value):
            foreign |= {name for target in node.targets for name in names_in(target)}
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and is_compiled(node)]
    return {name for function in functions for line in function.body for name in names_in(line)} & foreign


def names_in(node: ast.AST) -> set[str]:
    """All names below."""
    return {child.id for child in ast.walk(node) if isinstance(child, ast.Name)}


def is_compiled(function: ast.FunctionDef) -> bool:
    """Whether it bears the decorator."""
    return any("compiled" in names_in(decorator) for decorator in function.decorator_list)


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_compiled_function_uses_nothing_of_other_files(path: Path) -> None:
    assert foreign_names(path.read_text(encoding="utf-8")) == set()


def test_a_planted_use_is_found() -> None:
    source = """
from runtime.compiled import compiled
from runtime.guardrail.limiter_bits import LimiterBit
_TORQUE = int(LimiterBit.TORQUE)

@compiled("int64()")
def bits():
    return _TORQUE
"""
    assert foreign_names(source) == {"_TORQUE"}
