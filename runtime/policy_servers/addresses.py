"""Where a server is, as a person writes it: checked before anything is connected."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from runtime.mistakes import UserMistake, quoted


def checked_url(text: str, *, schemes: tuple[str, ...], of: str, example: str) -> SplitResult:
    """Scheme, host and port, all of them there; raises `UserMistake`. `of`: what is at the address, in words."""
    try:
        address = urlsplit(text)
        whole = address.scheme in schemes and bool(address.hostname) and bool(address.port)
    except ValueError:  # a port that is no number, half a pair of brackets
        address, whole = SplitResult("", "", "", "", ""), False
    if not whole:
        raise UserMistake(f"{quoted(text)} is no address of {of}", remedy=f"as in {example}")
    return address
