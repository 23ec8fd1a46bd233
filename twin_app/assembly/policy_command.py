"""`celltwin policy`: the policies of a running cell from the command line, as the console's policy panel has them."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import msgspec

from runtime.link.requests import RequestClient
from runtime.link.session import SessionFolder
from runtime.link.subscriber import Subscriber
from runtime.messages import topics
from runtime.messages.policy import PolicyEntry, PolicyState
from runtime.messages.requests import (
    Body,
    PromoteShadow,
    Receipt,
    ReceiptPhase,
    ReturnFromFallback,
    SetFallback,
    SetShadow,
    SwapBack,
    SwapPolicy,
    TryPolicy,
)
from runtime.mistakes import UserMistake
from runtime.plugin_host import read_card
from twin_app.assembly.arguments import NO_POLICY
from twin_app.assembly.figures import show, show_rows
from twin_app.assembly.setup import CellSetup, read_plugins
from twin_app.model.card import lines

PATIENCE_S = 70.0
"""With the time that the slowest policy may take to load, longer than the supervisor waits for one."""

HEARD_WITHIN_S = 5.0
_OVER = (ReceiptPhase.CONFIRMED, ReceiptPhase.FAILED, ReceiptPhase.REFUSED)
_ABOUT_ONE: dict[str, Callable[[str], Body]] = {
    "swap": SwapPolicy,
    "shadow": lambda name: SetShadow("" if name == NO_POLICY else name),
    "fallback": lambda name: SetFallback("" if name == NO_POLICY else name),
    "try": TryPolicy,
}
_ABOUT_NONE: dict[str, Callable[[], Body]] = {
    "back": SwapBack,
    "promote": PromoteShadow,
    "return": ReturnFromFallback,
}


def run(arguments: argparse.Namespace) -> int:
    """Ask and wait until it is confirmed by what the cell measures; exit status 1 when it is not."""
    if arguments.what == "card":
        return _show_card(arguments)
    session = SessionFolder.find(arguments.cell)
    if arguments.what == "list":
        show_rows(
            [_row(entry, state) for state in [_newest(session)] for entry in state.entries], as_json=arguments.json
        )
        return 0
    receipt = _asked(session, _body(arguments.what, arguments.name or ""))
    words = receipt.detail if receipt.phase is ReceiptPhase.CONFIRMED else receipt.reason or receipt.detail
    figures = {"command": receipt.command, "phase": receipt.phase.value, "detail": words}
    show(figures, as_json=arguments.json)
    return int(receipt.phase is not ReceiptPhase.CONFIRMED)


def _show_card(arguments: argparse.Namespace) -> int:
    """Of a policy that is installed here; no cell needs to run."""
    if not arguments.name:
        raise UserMistake("`celltwin policy card` needs the name of a policy", remedy="celltwin policy card flow_vla")
    card = read_card(read_plugins(CellSetup(policy=arguments.name)).manifest(arguments.name))
    print(msgspec.json.encode(card).decode() if arguments.json else "\n".join(lines(card)))
    return 0


def _body(what: str, name: str) -> Body:
    if what in _ABOUT_NONE:
        if name:
            raise UserMistake(f"`celltwin policy {what}` takes no name", remedy=f"celltwin policy {what}")
        return _ABOUT_NONE[what]()
    if not name:
        raise UserMistake(f"`celltwin policy {what}` needs the name of a policy", remedy="celltwin policy list")
    return _ABOUT_ONE[what](name)


def _asked(session: SessionFolder, body: Body) -> Receipt:
    client = RequestClient(session, "command line")
    try:
        with Subscriber(session, (topics.RECEIPTS,)) as subscriber:
            receipt = client.ask(body, timeout_s=3.0)
            entries = () if receipt.phase in _OVER else _newest(session).entries
            slowest_s = max((entry.load_s for entry in entries), default=0.0)
            end_s = time.monotonic() + slowest_s + PATIENCE_S
            while receipt.phase not in _OVER and time.monotonic() < end_s:
                if not session.is_current():
                    raise UserMistake(f"the cell {session.info.cell} has ended meanwhile")
                for received in subscriber.poll(0.1):
                    if received.message.request_id == receipt.request_id:
                        receipt = received.message
            return receipt
    finally:
        client.close()


def _newest(session: SessionFolder) -> PolicyState:
    with Subscriber(session, (topics.POLICY,)) as subscriber:
        end_s = time.monotonic() + HEARD_WITHIN_S
        while time.monotonic() < end_s:
            for received in subscriber.poll(0.1):
                return received.message
    raise UserMistake(f"the planner says nothing within {HEARD_WITHIN_S:g} s", remedy="look at the cell in the console")


def _row(entry: PolicyEntry, state: PolicyState) -> dict[str, Any]:
    shadow = "" if state.shadow is None else state.shadow.name
    roles = {
        "drives": state.active,
        "stood in for": state.stands_in_for,
        "shadow": shadow,
        "fallback": state.fallback,
        "candidate": state.candidate,
        "before": state.previous,
    }
    return {
        "policy": entry.name,
        "version": entry.version,
        "state": entry.readiness.value,
        "role": ", ".join(role for role, name in roles.items() if name == entry.name),
        "pid": entry.pid or "",
        "memory_mib": entry.memory_mib or "",
        "obstacle": entry.obstacle,
    }
