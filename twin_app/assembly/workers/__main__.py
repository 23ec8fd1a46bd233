"""`python -m twin_app.assembly.workers NAME …`: how a session starts its supervisor, and that its workers.

A worker gets the session's folder and the cell's setup, the supervisor the session's setup; setups are JSON. A
policy's own process gets its name and what it inherits besides.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path

# One thread a library: a pool of its own would take the other core from the 1 kHz loops. Read at import of numpy.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("LP_NUM_THREADS", "0")  # Mesa draws in the calling thread: docs/decisions/0015
os.environ.setdefault("MESA_SHADER_CACHE_DISABLE", "true")  # and dies of a full disk with it


def main(argv: list[str]) -> int:
    """Run one worker until it is told to end."""
    from runtime.link.life_line import hold
    from runtime.mistakes import UserMistake

    hold()
    name, *rest = argv
    try:
        module = import_module(f"twin_app.assembly.workers.{name}")
        if name == "supervisor":
            return int(module.main(rest[0]))
        from twin_app.assembly.setup import decode_setup

        return int(module.run(Path(rest[0]), decode_setup(rest[1]), *rest[2:]))
    except UserMistake as mistake:
        sys.stderr.write(f"celltwin {name}: {mistake}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
