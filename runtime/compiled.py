"""Arithmetic of the fast loop as machine code, compiled by numba and kept beside the source for the next start.

What is kept belongs to one file: numba does not notice when a function or number of another one changes. So a
compiled function uses nothing that its file imports from this project; a test of the architecture holds that.
"""

from __future__ import annotations

import contextlib
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba

_numba: Any = numba
"""Any: numba's decorators are untyped."""

_NOWHERE = (RuntimeError, OSError)
"""No place to keep it, or a full disk."""

_DAMAGED = (EOFError, pickle.UnpicklingError, ValueError, KeyError, IndexError, AttributeError, ImportError)
"""What reading a file raises that a power cut left half written."""

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(signature: str) -> Callable[[Function], Function]:
    """Decorate a function of numbers and arrays with its machine code, ready when the module is.

    `signature` names types as numba does; an argument of another type raises TypeError. The code keeps IEEE
    arithmetic in the order written. Where neither the source's folder nor the user's cache can be written, every
    process compiles for itself, which takes some seconds.
    """

    def decorate(function: Function) -> Function:
        try:
            return _numba.njit(signature, cache=True)(function)
        except _NOWHERE:
            pass
        except _DAMAGED:
            _forget(function)
        return _numba.njit(signature)(function)

    return decorate


def _forget(function: Callable[..., Any]) -> None:
    """Remove what was kept of it, for the next start."""
    kept = Path(function.__code__.co_filename).parent / "__pycache__"
    with contextlib.suppress(OSError):
        for file in kept.glob(f"*.{function.__qualname__}-*.nb[ic]"):
            file.unlink()
