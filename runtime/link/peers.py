"""Who is at the other end of a TCP connection of this process, and whether that connection still stands."""

from __future__ import annotations

import os
import socket
from ipaddress import IPv6Address, ip_address

DESCRIPTORS = "/dev/fd"
"""The open descriptors of this process, one name each."""


def spelt(host: str, port: int) -> str:
    """`127.0.0.1:4711` or `[::1]:4711`; an IPv4 address on an IPv6 socket is spelt as what it is."""
    try:
        address = ip_address(host)
    except ValueError:
        return f"{host}:{port}"
    if isinstance(address, IPv6Address):
        return f"[{address}]:{port}" if address.ipv4_mapped is None else f"{address.ipv4_mapped}:{port}"
    return f"{address}:{port}"


def peer_of(descriptor: int) -> str:
    """The other end of this socket; empty for what is no connected TCP socket, or is closed."""
    try:
        lent = socket.socket(fileno=descriptor)
    except OSError:
        return ""
    try:
        name = lent.getpeername() if lent.family in (socket.AF_INET, socket.AF_INET6) else ()
    except OSError:
        name = ()
    finally:
        lent.detach()
    return spelt(str(name[0]), int(name[1])) if name else ""


def is_connected(peer: str) -> bool:
    """Whether a socket of this process is connected to `peer`. Libraries close theirs when the other end has gone."""
    return any(peer_of(int(name)) == peer for name in os.listdir(DESCRIPTORS) if name.isdecimal())
