"""The papers name files that exist, and their links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.project import PACKAGES, ROOT, project_files

PAPERS = [file for file in project_files(suffix=".md") if "results" not in file.parts]
FOLDERS = (*PACKAGES, "tests", "installer", "docs")
MADE_UP = ("my_", "<")
NAMED = re.compile(rf"`((?:{'|'.join(FOLDERS)})/[^`\s]*)`")
BARE = ("celltwin ", "pytest ", "ruff ", "python ")
"""On the path only after `source .venv/bin/activate`."""

LINK = re.compile(r"\]\(([^)#:]+)\)")


@pytest.mark.parametrize("paper", PAPERS, ids=str)
def test_every_file_that_a_paper_names_exists(paper: Path) -> None:
    text = (ROOT / paper).read_text(encoding="utf-8")
    named = [name for name in NAMED.findall(text) if not any(word in name for word in MADE_UP)]
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("paper", PAPERS, ids=str)
def test_every_link_of_a_paper_leads_somewhere(paper: Path) -> None:
    links = LINK.findall((ROOT / paper).read_text(encoding="utf-8"))
    assert [link for link in links if not (ROOT / paper.parent / link).exists()] == []


@pytest.mark.parametrize("paper", PAPERS, ids=str)
def test_commands_work_as_they_stand_after_set_up(paper: Path) -> None:
    parts = re.split(r"^ *```.*$", (ROOT / paper).read_text(encoding="utf-8"), flags=re.MULTILINE)
    inside_fences = [line.strip() for part in parts[1::2] for line in part.splitlines()]
    assert [line for line in inside_fences if line.startswith(BARE)] == []


def test_every_decision_is_in_the_list() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = LINK.findall((folder / "README.md").read_text(encoding="utf-8"))
    assert sorted(listed) == sorted(path.name for path in folder.glob("0*.md"))
