"""The top level, and that no file knows one machine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.project import PACKAGES, ROOT, project_files

TOP_LEVEL = {
    "twin_app", "sim_worlds", "runtime", "plugins", "tests", "installer", "docs",
    "pyproject.toml", "constraints.txt", "Makefile", "README.md", "CHANGELOG.md", "LICENSE",
}  # fmt: skip
TEXT = {".py", ".toml", ".txt", ".md", ".yaml", ".sh", ".glsl", ""}
ONE_MACHINE = re.compile(r"""(?<![\w.])/(?:home|root|work|opt|Users)/\w|\.\./shared|/tmp/(?:w|spec)\b""")


def test_the_top_level_is_exactly_as_agreed() -> None:
    found = {file.parts[0] for file in project_files()}
    assert {name for name in found if not name.startswith(".")} == TOP_LEVEL
    assert (ROOT / ".ci" / "run").exists()


@pytest.mark.parametrize("package", PACKAGES)
def test_a_folder_name_is_its_import_name(package: str) -> None:
    assert (ROOT / package / "__init__.py").is_file()


def test_every_folder_with_python_files_is_a_package_that_the_import_contracts_see() -> None:
    folders = {file.parent for file in project_files(suffix=".py") if file.parts[0] in PACKAGES}
    assert [str(folder) for folder in sorted(folders) if not (ROOT / folder / "__init__.py").is_file()] == []


def test_no_file_names_a_path_of_one_machine() -> None:
    offenders: list[str] = []
    for file in project_files():
        if file.suffix in TEXT and file.name != Path(__file__).name:  # this one holds the pattern itself
            text = (ROOT / file).read_text(encoding="utf-8")
            offenders += [f"{file}: {line.strip()}" for line in text.splitlines() if ONE_MACHINE.search(line)]
    assert offenders == []
