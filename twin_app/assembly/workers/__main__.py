"""`python -m twin_app.assembly.workers NAME SESSION SETUP`: how the supervisor starts its children."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path

# One thread a library: a pool of its own would take the other core from the 1 kHz loops. Read at import of numpy.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")


def main(argv: list[str]) -> int:
    """Run one worker until it is told to end."""
    from runtime.mistakes import UserMistake
    from twin_app.assembly.setup import decode_setup

    name, folder, setup = argv
    try:
        module = import_module(f"twin_app.assembly.workers.{name}")
        return int(module.run(Path(folder), decode_setup(setup)))
    except UserMistake as mistake:
        sys.stderr.write(f"celltwin {name}: {mistake}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
