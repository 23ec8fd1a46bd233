"""One line of `celltwin doctor`."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct


class Health(Enum):
    """How a thing stands."""

    OK = "ok"
    LIMITED = "limited"
    """It works, but worse than it could."""

    MISSING = "missing"
    """Something does not work without it."""


class Finding(Struct, frozen=True):
    """What was looked at, what was found, and what to do about it."""

    subject: str
    health: Health
    found: str
    remedy: str = ""
    """One line for a person; empty when all is well."""


def good(subject: str, found: str) -> Finding:
    """All is well."""
    return Finding(subject, Health.OK, found)


def limited(subject: str, found: str, *, remedy: str) -> Finding:
    """It works, but worse than it could."""
    return Finding(subject, Health.LIMITED, found, remedy)


def missing(subject: str, found: str, *, remedy: str) -> Finding:
    """Something does not work."""
    return Finding(subject, Health.MISSING, found, remedy)
