"""Python, its libraries and the Debian packages: are they there, and in the versions that were tried together."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from runtime.messages.cell import CellDescription
from runtime.mistakes import UserMistake
from runtime.plugin_host import Registry
from runtime.plugin_host.variants import find_variants
from twin_app.assembly.doctor_finding import Finding, good, limited, missing

PACKAGE_LIST = Path(__file__).with_name("debian-packages.txt")
LOCK = Path(__file__).resolve().parents[2] / "constraints.txt"
OLDEST_PYTHON = (3, 11)
_NAME = re.compile(r"[A-Za-z0-9._-]+")


def check_python() -> Finding:
    """The interpreter's version."""
    found = sys.version.split()[0]
    if sys.version_info < OLDEST_PYTHON:
        return missing("python", found, remedy="install Python 3.11 or newer, then `make setup`")
    return good("python", found)


def check_libraries(lock: Path = LOCK) -> Finding:
    """Installed versions against the lock, for what the program itself needs."""
    wanted = locked_versions(lock)
    differing: list[str] = []
    lacking: list[str] = []
    needed = [
        match[0] for line in requires("celltwin") or [] if "extra ==" not in line and (match := _NAME.match(line))
    ]
    for name in needed:
        try:
            installed = version(name).partition("+")[
                0
            ]  # a local tag, as of torch's builds without a GPU, is not locked
        except PackageNotFoundError:
            lacking.append(name)
            continue
        if wanted.get(canonical(name), installed) != installed:
            differing.append(f"{name} {installed} (locked: {wanted[canonical(name)]})")
    if lacking:
        return missing("libraries", f"not installed: {', '.join(lacking)}", remedy="make setup")
    if differing:
        return limited("libraries", f"other than tried: {', '.join(differing)}", remedy="make clean setup")
    return good("libraries", f"{len(needed)} of {len(needed)} as locked")


def check_variants(folder: Path) -> Finding:
    """Variants of policies, as `celltwin compress` registers them, every file read."""
    found, troubles = find_variants(folder)
    changed = [trouble for one in found if (trouble := one.changed())]
    if wrong := [*troubles.values(), *changed]:
        remedy = f"`celltwin compress` makes them anew; or take them out of {folder}"
        return limited("policy variants", "; ".join(wrong), remedy=remedy)
    return good("policy variants", ", ".join(one.manifest.name for one in found) or "none")


def check_policies(registry: Registry, cell: CellDescription) -> Finding:
    """Every policy that runs here, its weights read as a cell would."""
    here = [one.name for one in registry.policies() if registry.server_settings(one.name) is None]
    wrong = [f"{trouble.plugin}: {trouble.reason}" for trouble in registry.troubles()]
    remedy = "mend or remove the plugin"
    for name in here:
        try:
            registry.load_policy(name, cell)
        except UserMistake as mistake:
            wrong.append(mistake.what)
            remedy = mistake.remedy or remedy
    if wrong:
        return missing("policies", "; ".join(wrong), remedy=remedy)
    return good("policies", f"{len(here)} of {len(here)} can be loaded")


def locked_versions(lock: Path) -> dict[str, str]:
    """Canonical name → version; empty where the lock file is not at hand (installed from a wheel)."""
    if not lock.is_file():
        return {}
    lines = (line.strip() for line in lock.read_text(encoding="utf-8").splitlines())
    pairs = (line.split("==") for line in lines if "==" in line and not line.startswith("#"))
    return {canonical(name): pinned for name, pinned in pairs}


def canonical(name: str) -> str:
    """A distribution's name as the package index compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def check_debian_packages(package_list: Path = PACKAGE_LIST) -> Finding:
    """Packages of the operating system."""
    if shutil.which("dpkg-query") is None:
        return limited("debian packages", "no dpkg here", remedy=f"see {package_list.name} for what is needed")
    lines = package_list.read_text(encoding="utf-8").splitlines()
    purposes = dict(line.split(maxsplit=1) for line in lines if line.strip() and not line.startswith("#"))
    command = ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\\n", *purposes]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    installed = {line.split()[0] for line in answer.stdout.splitlines() if line.endswith(" installed")}
    lacking = [name for name in purposes if name not in installed]
    if not lacking:
        return good("debian packages", f"{len(purposes)} of {len(purposes)}")
    found = ", ".join(f"{name} ({purposes[name].strip()})" for name in lacking)
    return missing(
        "debian packages", found, remedy=f"sudo apt-get install -y --no-install-recommends {' '.join(lacking)}"
    )
