"""Work for a crew that takes longer than any test waits."""

from __future__ import annotations

import os
import time
from pathlib import Path


def work(file: str) -> None:
    """Tell who works, then go on and on."""
    Path(file).write_text(str(os.getpid()))
    time.sleep(60.0)
