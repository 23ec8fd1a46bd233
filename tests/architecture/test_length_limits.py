"""STYLE's limits: a file ends at 400 lines, a function at 40."""

from __future__ import annotations

import ast

from tests.architecture.project import ROOT, project_files

FILE_LINES = 400
FUNCTION_LINES = 40
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "tools"}


def too_long_functions(source: str) -> list[str]:
    """Name and length of every function over the limit."""
    functions = (
        node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    lengths = ((node.name, (node.end_lineno or node.lineno) - node.lineno + 1) for node in functions)
    return [f"{name}: {length} lines" for name, length in lengths if length > FUNCTION_LINES]


def test_every_file_and_function_stays_short() -> None:
    offenders: list[str] = []
    for file in project_files(suffix=".py"):
        source = (ROOT / file).read_text(encoding="utf-8")
        lines = source.count("\n")
        offenders += [f"{file}: {lines} lines"] if lines > FILE_LINES else []
        offenders += [f"{file}: {function}" for function in too_long_functions(source)]
    assert offenders == []


def test_a_function_of_41_lines_is_too_long() -> None:
    body = "\n".join(["    pass"] * FUNCTION_LINES)
    assert too_long_functions(f"def long():\n{body}\n") == ["long: 41 lines"]
    assert too_long_functions("def short():\n    pass\n") == []


def test_no_file_or_folder_is_named_after_nothing() -> None:
    parts = {part.removesuffix(".py") for file in project_files(suffix=".py") for part in file.parts}
    assert parts & FORBIDDEN_NAMES == set()
