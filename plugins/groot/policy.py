"""The policy behind a GR00T server."""

from __future__ import annotations

import threading
from urllib.parse import urlsplit

from plugins.groot.client import GrootTransport
from runtime.messages.cell import CellDescription
from runtime.mistakes import UserMistake, quoted
from runtime.plugin_host import ServerSettings
from runtime.policy_servers.keys import read_key
from runtime.policy_servers.mapping import read_mapping_for
from runtime.policy_servers.remote_policy import RemotePolicy


def groot(cell: CellDescription, server: ServerSettings) -> RemotePolicy:
    """Begins to connect; a server that is not there yet is waited for."""
    mapping = read_mapping_for(server.protocol, server.mapping)
    _check_address(server.address)
    token = read_key(server.key_file)

    def connection(closing: threading.Event) -> GrootTransport:
        return GrootTransport(server.address, mapping, closing, token=token)

    return RemotePolicy(cell, mapping, connection, address=server.address)


def _check_address(text: str) -> None:
    address = urlsplit(text)
    try:
        port = address.port
    except ValueError:
        port = None
    if address.scheme != "tcp" or not address.hostname or port is None:
        raise UserMistake(f"{quoted(text)} is no address of a GR00T server", remedy="as in tcp://gpu-machine:5555")
