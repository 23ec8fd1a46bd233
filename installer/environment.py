"""The virtual environment in `.venv`, with exactly the versions of `constraints.txt`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


class SetupFailed(RuntimeError):
    """A step failed; the text says which and what to do."""


def make_environment(venv: Path) -> None:
    """Create it, or repair one whose interpreter is gone or of another version."""
    fresh = not _runs(venv / "bin" / "python")
    _run(
        [sys.executable, "-m", "venv", *(["--clear"] if fresh else []), str(venv)],
        trouble="the virtual environment could not be made; is the Debian package python3-venv installed?",
    )


def install_locked(root: Path, venv: Path) -> None:
    """Install the program (editable), what it needs and the developer's tools."""
    pip = [str(venv / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "-qq"]
    locked = ["--constraint", str(root / "constraints.txt")]
    trouble = "pip could not install the packages; its last lines above say why (network, disk?)"
    _run([*pip, *locked, "setuptools"], trouble=trouble)
    _run([*pip, *locked, "--no-build-isolation", "--editable", f"{root}[dev]"], trouble=trouble)


def compile_ahead(root: Path, venv: Path) -> None:
    """Let the fast loops' arithmetic be compiled now, not at the first start. What fails here says why when it runs."""
    workers = "from twin_app.assembly.workers import control, planner, plant"
    subprocess.run([str(venv / "bin" / "python"), "-c", workers], cwd=root, capture_output=True, check=False)


def _runs(python: Path) -> bool:
    question = f"import sys, pip; sys.exit(sys.version_info[:2] != {sys.version_info[:2]!r})"
    try:
        return subprocess.run([str(python), "-c", question], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _run(command: list[str], *, trouble: str) -> None:
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "PYTHONPATH")}
    if subprocess.run(command, env=clean, check=False).returncode:
        raise SetupFailed(trouble)
