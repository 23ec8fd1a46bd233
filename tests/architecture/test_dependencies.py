"""What is imported is declared, what is declared is imported, and everything declared is locked."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.architecture.project import PACKAGES, ROOT, project_files

DECLARED_ELSEWHERE = {"_typeshed"}
"""Inside the type checker."""

LOADS_BY_NAME = Path("sim_worlds/bullet_engine.py")
"""Imports PyBullet by `importlib`, to silence its greeting."""

PROVIDED_BY = {"pinocchio": ["pin"], "shiboken6": ["pyside6-essentials"], "PySide6": ["pyside6-essentials"]}
"""Distributions that the metadata of installed packages do not name."""


def project_table() -> dict[str, list[str]]:
    """Requirement lists of the project file, by extra; the empty name is what is always needed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {"": project["dependencies"], **project["optional-dependencies"]}


def distribution(requirement: str) -> str:
    """Canonical name of a requirement or a lock line."""
    name = re.split(r"[\s\[<>=!~;]", requirement, maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def imported(file: Path) -> set[str]:
    """Top-level names that a file imports, also by `import_module` with a plain name."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    if file == LOADS_BY_NAME:
        return {"pybullet"} | {"ctypes", "importlib", "os", "sys", "typing"}
    plain = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    from_ = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    return {name.split(".")[0] for name in plain | from_}


def imported_distributions() -> set[str]:
    """Distributions behind everything that the program imports."""
    files = [file for file in project_files(suffix=".py") if file.parts[0] in PACKAGES]
    names = set[str]().union(*(imported(file) for file in files)) - set(PACKAGES) - set(sys.stdlib_module_names)
    known = {**packages_distributions(), **PROVIDED_BY}
    return {distribution(candidate) for name in names - DECLARED_ELSEWHERE for candidate in known.get(name, [name])}


def test_everything_imported_is_declared() -> None:
    declared = {distribution(line) for line in project_table()[""]}
    assert imported_distributions() - declared == set()


def test_everything_declared_is_imported() -> None:
    assert {distribution(line) for line in project_table()[""]} - imported_distributions() == set()


@pytest.mark.parametrize("extra", ["", "dev"])
def test_everything_declared_is_locked(extra: str) -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    locked = {distribution(line) for line in lines if "==" in line and not line.startswith("#")}
    assert {distribution(line) for line in project_table()[extra]} - locked == set()


def test_torch_is_locked_without_a_local_version() -> None:
    assert "torch==2.13.0" in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
