"""`celltwin serve`: one of this program's policies behind a protocol that robots already speak."""

from __future__ import annotations

import argparse
import ipaddress
import sys
import time
from typing import cast

import cv2

from runtime.mistakes import UserMistake
from runtime.policy_servers.keys import read_key
from runtime.policy_servers.mapping import read_mapping_for
from runtime.policy_servers.serving import PolicyServer, ServedPolicy, ServerFactory
from runtime.ports import Heavy, Policy
from twin_app.assembly.patience import told_when_slow
from twin_app.assembly.setup import CellSetup, absolute_scene, read_plugins, read_scene

REPORT_S = 2.0
LISTENING = "serving"
"""How the line begins that says where the server listens."""


def run(arguments: argparse.Namespace) -> int:
    """Serve until Ctrl-C or TERM."""
    cv2.setNumThreads(1)
    key = _key(arguments)
    server, served = start(
        arguments.policy, protocol=arguments.protocol, scene=arguments.scene, host=arguments.host,
        port=arguments.port, key=key,
    )  # fmt: skip
    try:
        print(f"{LISTENING} {served.title} over {arguments.protocol} at {server.address}", flush=True)
        print("Ctrl-C ends it.", flush=True)
        _report(served)
    except KeyboardInterrupt:
        print(f"ended after {served.answered} answers", flush=True)
    finally:
        server.close()
    return 0


def start(
    policy: str, *, protocol: str, scene: str, host: str, port: int | None, key: str = ""
) -> tuple[PolicyServer, ServedPolicy]:
    """Build the policy for the scene's cell and listen; raises `UserMistake`."""
    registry = read_plugins(CellSetup(policy=policy))
    manifest = registry.manifest(policy)
    if manifest.server is not None:
        raise UserMistake(f"policy {policy} runs on a server itself", remedy="serve one that runs here")
    server = next(one for one in registry.servers() if one.protocol == protocol)
    factory = cast("ServerFactory", registry.load_server(protocol))
    cell = read_scene(CellSetup(scene=absolute_scene(scene))).cell
    with told_when_slow(f"policy {policy!r} to be built"):
        built = registry.load_policy(policy, cell)
    mapping = read_mapping_for(protocol, server.mapping)

    def another() -> Policy:
        return built.renewed() if isinstance(built, Heavy) else registry.load_policy(policy, cell)

    served = ServedPolicy(built, cell, mapping, name=policy, version=manifest.version, another=another)
    return factory(served, host=host, port=server.port if port is None else port, key=key), served


def _key(arguments: argparse.Namespace) -> str:
    """The key that clients have to show; beyond this machine there has to be one, or a clear word."""
    key = read_key(arguments.key_file or "")
    if not key and not arguments.without_key and not _is_local(arguments.host):
        raise UserMistake(
            f"{arguments.host} can be reached from other machines, and there is no key",
            remedy="put a secret into a file and give it with --key-file, here and at the client; "
            "or accept the risk with --without-key",
        )
    return key


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _report(served: ServedPolicy) -> None:
    """How many looks were answered, on a terminal again and again."""
    shown = -1
    while True:
        time.sleep(REPORT_S)
        if served.answered != shown and sys.stderr.isatty():
            shown = served.answered
            words = f"answered {shown} looks, the last in {served.inference_s * 1e3:.0f} ms"
            print(f"\r{words:<60}", end="", file=sys.stderr, flush=True)
