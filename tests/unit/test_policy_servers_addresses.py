"""Addresses and first bytes of servers: refused by name, and nothing is left open."""

from __future__ import annotations

import socket
import struct
import threading

import pytest

from plugins.openpi import health
from plugins.openpi.client import checked_address
from runtime.mistakes import UserMistake
from runtime.policy_servers.addresses import checked_url
from runtime.policy_servers.arrays import NoArray, npy_array
from runtime.policy_servers.exchange import Deadline


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "ws://", "ws://host", "ws://host:0", "ws://host:port", "ws://[::1", "http://host:1", "//h:1"],
)
def test_what_is_no_address_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UserMistake, match="is no address of a server\n  → as in ws://there:1"):
        checked_url(text, schemes=("ws",), of="a server", example="ws://there:1")


def test_an_address_comes_in_its_pieces() -> None:
    pieces = checked_url("wss://[::1]:8000", schemes=("ws", "wss"), of="a server", example="")
    assert (pieces.scheme, pieces.hostname, pieces.port) == ("wss", "::1", 8000)


def test_a_secured_question_for_health_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    secured: list[socket.socket] = []

    def taken_over(plain: socket.socket, host: str) -> socket.socket:
        """As `ssl` does: the plain socket holds nothing afterwards."""
        del host
        secured.append(socket.socket(fileno=plain.detach()))
        return secured[0]

    monkeypatch.setattr(health, "_secured", taken_over)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        answering = threading.Thread(target=_say_ok, args=(listening,))
        answering.start()
        address = checked_address(f"wss://127.0.0.1:{listening.getsockname()[1]}")
        health.check_health(address, Deadline(10.0, threading.Event()))
        answering.join()
    assert secured[0].fileno() == -1


def _say_ok(listening: socket.socket) -> None:
    client, _ = listening.accept()
    with client:
        client.recv(4096)
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")


def test_an_array_file_whose_header_breaks_off_is_refused() -> None:
    header = b"{'descr': (".ljust(117) + b"\n"
    with pytest.raises(NoArray, match=r"no \.npy file"):
        npy_array(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header)
