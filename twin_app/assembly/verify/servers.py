"""`celltwin verify servers`: the whole way through each protocol, with our own server at the other end.

Picks and mismatches in lock-step, where the cell's time stands still while a server thinks; the killed and the
hanging server in a live cell, by the stamps of its own plant.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import cv2
from msgspec.structs import replace

from runtime.plugin_host.servers import ServerChoice
from twin_app.assembly.argument_words import PROTOCOLS
from twin_app.assembly.figures import show_rows
from twin_app.assembly.lockstep import run_picks
from twin_app.assembly.pick_result import PickResult, pick_line
from twin_app.assembly.setup import CellSetup, read_plugins
from twin_app.assembly.verify.served import Served
from twin_app.assembly.verify.server_loss import lose_server
from twin_app.assembly.verify.server_mismatches import SPOILINGS, try_mismatch

HOLD_WITHIN_MS = 200.0
REPLY_WITHIN_S = 0.3
PREFERRED, ELSE = "flow_vla", "programmed"
FALLBACK = "programmed"
"""Stands in for a served policy that is unsure, as in a cell: nobody is there to be asked, and it is counted."""

FALLBACK_SHARE = 0.2
"""Of the picks; with more of them it would not be the served policy that was tried."""


def run(arguments: argparse.Namespace) -> int:
    """One row a protocol; exit status 1 when a promise was not kept."""
    cv2.setNumThreads(1)
    policy = arguments.policy or _default_policy()
    read_plugins(CellSetup(policy=policy))
    protocols = [arguments.only] if arguments.only else list(PROTOCOLS)
    rows = [_row(protocol, policy, picks=arguments.picks, seed=arguments.seed) for protocol in protocols]
    show_rows(rows, as_json=arguments.json)
    return int(not all(kept(row) for row in rows))


def kept(row: dict[str, Any]) -> bool:
    """Whether one protocol's row is as promised; how many picks succeed is the policy's matter, not the server's."""
    held = max(row["hold_ms"], row["hung_hold_ms"]) <= HOLD_WITHIN_MS
    refused = row["mismatches_refused"] == len(SPOILINGS)
    itself = row["succeeded"] and row["fallback_used"] <= FALLBACK_SHARE * row["picks"]
    return bool(held and refused and row["alarm"] and row["recovered"] and itself and not row["trouble"])


def _row(protocol: str, policy: str, *, picks: int, seed: int) -> dict[str, Any]:
    _say(f"{protocol}: starting the server of {policy}")
    with Served(policy, protocol=protocol) as served, tempfile.TemporaryDirectory(prefix="celltwin-servers-") as folder:
        mapping = patient_mapping(protocol, Path(folder))
        setup = CellSetup(
            cell=f"servers-{os.getpid()}",
            policy=protocol,
            seed=seed,
            servers={protocol: ServerChoice(address=served.address, mapping=str(mapping))},
        )
        helped = replace(setup, fallback=FALLBACK)
        picked = run_picks(helped, picks=picks, progress=lambda result, count: _show(result, count, picks))
        refused = _refusals(protocol, setup, mapping=mapping)
        _say(f"{protocol}: killing the server of a live cell, then letting it hang")
        lost = lose_server(served, setup, folder=Path(folder))
    return {
        "protocol": protocol,
        "policy": policy,
        "picks": picked["picks"],
        "succeeded": picked["succeeded"],
        "fallback_used": picked["fallback_used"],
        "mismatches_refused": refused,
        **lost,
        "trouble": picked["trouble"],
    }


def patient_mapping(protocol: str, folder: Path) -> Path:
    """The mapping of our own server, with time for a machine without a GPU that carries server and cell."""
    settings = read_plugins(CellSetup(policy=protocol)).server_settings(protocol)
    assert settings is not None
    text = settings.mapping.read_text(encoding="utf-8")
    patient = folder / "patient.toml"
    patient.write_text(
        re.sub(r"reply_within_s = [0-9.]+", f"reply_within_s = {REPLY_WITHIN_S}", text), encoding="utf-8"
    )
    return patient


def _refusals(protocol: str, setup: CellSetup, *, mapping: Path) -> int:
    """How many of the deliberate mismatches were refused by name, without motion."""
    count = 0
    for spoiling in SPOILINGS:
        refusal = try_mismatch(spoiling, setup, mapping=mapping, folder=mapping.parent)
        count += refusal.refused
        verdict = (
            "refused" if refusal.refused else f"NOT refused ({refusal.chunks} chunks, {refusal.moved_rad:.3f} rad)"
        )
        _say(f"{protocol}: {spoiling.name}: {verdict}: {refusal.obstacle}")
    return count


def _default_policy() -> str:
    names = {manifest.name for manifest in read_plugins(CellSetup(policy=ELSE)).policies()}
    return PREFERRED if PREFERRED in names else ELSE


def _show(result: PickResult, count: int, picks: int) -> None:
    _say(pick_line(result, count, picks))


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
