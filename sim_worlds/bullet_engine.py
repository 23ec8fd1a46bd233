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
        if stream is not None:  # closed by the caller, as in `… >&-`
            stream.flush()
    c_library.fflush(None)
    kept = {number: os.dup(number) for number in (1, 2) if _is_open(number)}
    silence = os.open(os.devnull, os.O_WRONLY)
    try:
        for number in kept:
            os.dup2(silence, number)
        return importlib.import_module("pybullet")
    finally:
        c_library.fflush(None)
        for number, descriptor in kept.items():
            os.dup2(descriptor, number)
            os.close(descriptor)
        os.close(silence)


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


engine: Any = _load_quietly()
