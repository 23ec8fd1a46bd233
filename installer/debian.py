"""The operating system's part: which Debian packages are missing, and getting them."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

PACKAGE_LIST = Path("twin_app/assembly/debian-packages.txt")


class PackagesMissing(RuntimeError):
    """Packages are missing and could not be installed; the text says what a person can do."""


def wanted_packages(root: Path) -> tuple[str, ...]:
    """Names in the package list, in its order."""
    lines = (root / PACKAGE_LIST).read_text(encoding="utf-8").splitlines()
    return tuple(line.split()[0] for line in lines if line.strip() and not line.startswith("#"))


def missing_packages(wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Those not installed; none where there is no dpkg to ask."""
    if shutil.which("dpkg-query") is None:
        return ()
    answer = subprocess.run(
        ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\\n", *wanted],
        capture_output=True,
        text=True,
        check=False,  # it fails when one is unknown, and still names the others
    )
    installed = {line.split()[0] for line in answer.stdout.splitlines() if line.endswith(" installed")}
    return tuple(name for name in wanted if name not in installed)


def install_line(names: tuple[str, ...]) -> str:
    """The one line that a person without root rights here passes on."""
    return f"sudo apt-get update && sudo apt-get install -y --no-install-recommends {' '.join(names)}"


def install(names: tuple[str, ...]) -> None:
    """Install as root; raises `PackagesMissing` without the right or when apt-get fails."""
    if os.geteuid() != 0:
        raise PackagesMissing(f"Debian packages are missing. Run this once:\n\n  {install_line(names)}\n")
    if shutil.which("apt-get") is None:
        raise PackagesMissing(f"apt-get is missing; install by other means: {' '.join(names)}")
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-q"],
        ["apt-get", "install", "-q", "-y", "--no-install-recommends", *names],
    ):
        if subprocess.run(command, env=quiet, check=False).returncode:
            raise PackagesMissing(f"`{' '.join(command)}` failed; its last lines above say why")
