"""The policy behind an openpi server."""

from __future__ import annotations

import threading

from plugins.openpi.client import OpenpiTransport, checked_address
from runtime.messages.cell import CellDescription
from runtime.plugin_host import ServerSettings
from runtime.policy_servers.keys import read_key
from runtime.policy_servers.mapping import read_mapping_for
from runtime.policy_servers.remote_policy import RemotePolicy


def openpi(cell: CellDescription, server: ServerSettings) -> RemotePolicy:
    """Begins to connect; a server that is not there yet is waited for."""
    mapping = read_mapping_for(server.protocol, server.mapping)
    checked_address(server.address)
    key = read_key(server.key_file)

    def connection(closing: threading.Event) -> OpenpiTransport:
        return OpenpiTransport(server.address, mapping, closing, key=key)

    return RemotePolicy(cell, mapping, connection, address=server.address)
