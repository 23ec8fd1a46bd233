"""What long work depends on besides its configuration: a result of another program or scene is never taken up."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_WORKING = (
    *("runtime", "sim_worlds", "plugins"),
    *(f"twin_app/assembly/{name}" for name in ("examination", "practice", "compression", "lockstep.py", "setup.py")),
)
"""What has a part in a lesson or an examination; the console and the command line have none."""

_LIBRARIES = ("numpy", "onnxruntime", "pybullet", "torch")
"""Of another version of these the numbers may be others."""

_KINDS = {".py", ".toml"}


@cache
def program() -> str:
    """Hash of the source of everything that a lesson or an examination runs, with or without a version control."""
    digest = hashlib.sha256(" ".join(f"{name} {version(name)}" for name in _LIBRARIES).encode())
    for name in _WORKING:
        place = ROOT / name
        for file in [place] if place.is_file() else sorted(place.rglob("*")):
            if file.suffix in _KINDS and file.is_file():
                content = file.read_bytes()
                digest.update(f"{file.relative_to(ROOT).as_posix()} {len(content)}\n".encode())
                digest.update(content)
    return digest.hexdigest()[:16]


def content_of(name: str | Path) -> str:
    """Hash of a file's content; empty for what is no file, as the name of a scene that comes with the program."""
    file = Path(name)
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""


def origin_of(scene: str) -> dict[str, str]:
    """For work on a scene: what has to be the same for it to go on, by its name for a person."""
    own = {"content of the scene": content} if (content := content_of(scene)) else {}
    return {"scene": scene, **own, "version of the program": program()}
