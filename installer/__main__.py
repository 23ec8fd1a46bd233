"""`make setup`: everything that a clone needs, once; the second call finds nothing to do."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from installer.debian import PackagesMissing, install, missing_packages, wanted_packages
from installer.environment import SetupFailed, compile_ahead, install_locked, make_environment
from installer.relocation import relocate
from installer.stamp import read_stamp, remove_stamp, wanted_stamp, write_stamp

OLDEST = (3, 11)
"""pyproject.toml's requires-python."""


def set_up(root: Path) -> str:
    """Bring the clone's environment up to date; returns what was done, in words."""
    venv = root / ".venv"
    wanted = wanted_stamp(root)
    found = read_stamp(venv)
    if found is not None and found.content == wanted.content:
        if found.root == wanted.root:
            return "up to date"
        relocate(venv, old_root=found.root, new_root=wanted.root)
        write_stamp(venv, wanted)
        return "followed the clone to its new place"
    remove_stamp(venv)
    make_environment(venv)
    install_locked(root, venv)
    compile_ahead(root, venv)
    write_stamp(venv, wanted)
    return "installed"


def supply_packages(root: Path) -> None:
    """Install missing Debian packages as root; otherwise say the one line, and go on when that is possible."""
    missing = missing_packages(wanted_packages(root))
    if not missing:
        return
    try:
        install(missing)
    except PackagesMissing as trouble:
        if "python3-venv" in missing and not (root / ".venv" / "bin" / "python").exists():
            raise
        print(f"setup: {trouble}", file=sys.stderr)


def main() -> int:
    """Entry; exit status 0 when the clone can run."""
    if sys.version_info < OLDEST:
        print(f"setup: Python {'.'.join(map(str, OLDEST))} or newer is needed, this is {sys.version.split()[0]}")
        return 1
    root = Path(__file__).resolve().parent.parent
    begun = time.monotonic()
    try:
        supply_packages(root)
        done = set_up(root)
    except (PackagesMissing, SetupFailed) as trouble:
        print(f"setup: {trouble}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("setup: interrupted; call it again to go on", file=sys.stderr)
        return 130
    print(f"setup: {done} ({time.monotonic() - begun:.1f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
