"""Loads PyBullet without its greeting: printed through C's buffer, that would come out after our last line.

Standard output may be one JSON object that a program reads, and standard error is for people.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import sys
from typing import Any


def _load_quietly() -> Any:
    """Any: the engine is a compiled module without types."""
    if "pybullet" in sys.modules:
        return sys.modules["pybullet"]
    c_library = ctypes.CDLL(None)
    sys.stdout.flush()
    c_library.fflush(None)
    kept = os.dup(1)
    try:
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.close(silence)
        return importlib.import_module("pybullet")
    finally:
        c_library.fflush(None)
        os.dup2(kept, 1)
        os.close(kept)


engine: Any = _load_quietly()
