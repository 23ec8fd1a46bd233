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
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    c_library.fflush(None)
    kept = os.dup(1), os.dup(2)
    silence = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        return importlib.import_module("pybullet")
    finally:
        c_library.fflush(None)
        for number, descriptor in enumerate(kept, start=1):
            os.dup2(descriptor, number)
            os.close(descriptor)
        os.close(silence)


engine: Any = _load_quietly()
