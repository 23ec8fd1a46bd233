"""Arithmetic of the fast loop as machine code, compiled by numba and kept beside the source for the next start."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

_numba: Any = numba
"""Any: numba's decorators are untyped."""

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
        except (RuntimeError, OSError):  # nowhere to keep it, or a full disk
            return _numba.njit(signature)(function)

    return decorate
