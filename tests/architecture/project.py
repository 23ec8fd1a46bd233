"""The tree as git knows it, for the tests of its form."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("runtime", "sim_worlds", "twin_app", "plugins")


def project_files(*, suffix: str = "") -> list[Path]:
    """Files under version control or about to be, relative to the top."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = (Path(line) for line in listing.stdout.splitlines())
    return sorted(name for name in names if name.name.endswith(suffix) and (ROOT / name).is_file())
