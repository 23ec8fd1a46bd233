"""The policy behind a GR00T server."""

from __future__ import annotations

import threading

from plugins.groot.client import GrootTransport
from runtime.messages.cell import CellDescription
from runtime.plugin_host import ServerSettings
from runtime.policy_servers.addresses import checked_url
from runtime.policy_servers.keys import read_key
from runtime.policy_servers.mapping import read_mapping_for
from runtime.policy_servers.remote_policy import RemotePolicy


def groot(cell: CellDescription, server: ServerSettings) -> RemotePolicy:
    """Begins to connect; a server that is not there yet is waited for."""
    mapping = read_mapping_for(server.protocol, server.mapping)
    checked_url(server.address, schemes=("tcp",), of="a GR00T server", example="tcp://gpu-machine:5555")
    token = read_key(server.key_file)

    def connection(closing: threading.Event) -> GrootTransport:
        return GrootTransport(server.address, mapping, closing, token=token)

    return RemotePolicy(cell, mapping, connection, address=server.address)
