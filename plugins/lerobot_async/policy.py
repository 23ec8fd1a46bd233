"""The policy behind a LeRobot policy server."""

from __future__ import annotations

import re
import threading

from plugins.lerobot_async.client import LeRobotTransport
from runtime.messages.cell import CellDescription
from runtime.mistakes import UserMistake, quoted
from runtime.plugin_host import ServerSettings
from runtime.policy_servers.keys import read_key
from runtime.policy_servers.mapping import read_mapping_for
from runtime.policy_servers.remote_policy import RemotePolicy

_ADDRESS = re.compile(r"(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})")


def lerobot(cell: CellDescription, server: ServerSettings) -> RemotePolicy:
    """Begins to connect; a server that is not there yet is waited for."""
    mapping = read_mapping_for(server.protocol, server.mapping)
    found = _ADDRESS.fullmatch(server.address)
    if found is None or not 0 < int(found[2]) < 65536:
        raise UserMistake(
            f"{quoted(server.address)} is no address of a LeRobot server", remedy="as in gpu-machine:8080"
        )

    key = read_key(server.key_file)

    def connection(closing: threading.Event) -> LeRobotTransport:
        return LeRobotTransport(server.address, mapping, cell, closing, key=key)

    return RemotePolicy(cell, mapping, connection, address=server.address)
