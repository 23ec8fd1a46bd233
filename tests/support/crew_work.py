"""Work for a crew: that takes longer than any test waits, that errs, that ends as by the kernel's hand."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from sim_worlds.tables import SceneError


def work(file: str) -> None:
    """Tell who works, then go on and on."""
    Path(file).write_text(str(os.getpid()))
    time.sleep(60.0)


def err() -> None:
    """Find a mistake in a scene."""
    raise SceneError(file="tray.toml", key="height_m", value=3, limit="must be 2")


def work_and_be_killed() -> None:
    """As when memory runs out."""
    os.kill(os.getpid(), signal.SIGKILL)
