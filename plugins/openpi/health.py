"""GET /healthz on a server's own port, bounded in time and bytes, as a browser would ask."""

from __future__ import annotations

import socket
import ssl
from urllib.parse import SplitResult

from runtime.policy_servers.exchange import Deadline, ServerTrouble

PATH = "/healthz"
MOST_BYTES = 4096


def check_health(address: SplitResult, deadline: Deadline) -> None:
    """Raises `ServerTrouble` unless the server says 200."""
    host, port = address.hostname or "", address.port or (443 if address.scheme == "wss" else 80)
    request = f"GET {PATH} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode()
    try:
        with (
            socket.create_connection((host, port), timeout=deadline.left_s()) as plain,
            _secured(plain, host) if address.scheme == "wss" else plain as connection,
        ):
            connection.settimeout(deadline.slice_s())
            connection.sendall(request)
            line = _first_line(connection, deadline)
    except TimeoutError as trouble:
        raise ServerTrouble("no answer to the question for its health") from trouble
    except OSError as trouble:
        raise ServerTrouble(trouble.strerror or str(trouble)) from trouble
    words = line.split(" ", 2)
    if len(words) < 2 or not words[0].startswith("HTTP/"):
        raise ServerTrouble(f"another dialect: {line[:60]!r} instead of HTTP")
    if words[1] != "200":
        raise ServerTrouble(f"{PATH} says {' '.join(words[1:])[:60]}, must be 200")


def _secured(plain: socket.socket, host: str) -> socket.socket:
    return ssl.create_default_context().wrap_socket(plain, server_hostname=host)


def _first_line(connection: socket.socket, deadline: Deadline) -> str:
    came = b""
    while b"\r\n" not in came:
        try:
            connection.settimeout(deadline.slice_s())
            piece = connection.recv(512)
        except TimeoutError:
            continue
        if not piece or len(came) > MOST_BYTES:
            raise ServerTrouble("another dialect: no HTTP answer to the question for its health")
        came += piece
    return came.split(b"\r\n", 1)[0].decode("latin-1")
