"""The one way the console's state changes: (state, arrivals) -> state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from runtime.messages.system import Event
from twin_app.model import commands, connection
from twin_app.model.arrival import Arrival
from twin_app.model.commands import CommandRow
from twin_app.model.state import CameraPicture, ConsoleState, Playhead, SourceKind

EVENTS_KEPT = 400
VERDICTS_KEPT = 200
PATIENCE_NS = 2_000_000_000
"""A request without any answer for this long is shown as failed."""

_NEWEST = {
    "cell": "cell",
    "system": "system",
    "control": "control",
    "robot": "robot",
    "policy": "policy",
    "belief": "belief",
    "plans": "plan",
    "tasks": "tasks",
    "alarms": "alarms",
    "faults": "faults",
}
"""Topic -> field that simply holds its newest message."""


def update(state: ConsoleState, arrivals: Sequence[Arrival], *, now_ns: int, gaps: int = 0) -> ConsoleState:
    """The state after what has arrived, in order, and after time has passed until `now_ns`."""
    changes: dict[str, Any] = {"now_ns": now_ns}
    news: dict[str, int] = {}
    for arrival in arrivals:
        if arrival.historic:
            continue
        news[connection.writer_of(arrival.topic)] = arrival.received_ns
        name = _NEWEST.get(arrival.topic)
        if name is not None:
            changes[name] = arrival.message
        else:
            _fold(state, changes, arrival)
    _note_inference(state, changes)
    rows = changes.get("commands", state.commands)
    changes["commands"] = commands.unanswered(rows, now_ns=now_ns, patience_ns=PATIENCE_NS)
    if state.kind is SourceKind.LIVE:
        control = changes.get("control", state.control)
        ticks = control.ticks if control is not None else -1
        changes["connection"] = connection.heard(state.connection, news, now_ns=now_ns, gaps=gaps, ticks=ticks)
    return replace(state, **changes)


def with_command(state: ConsoleState, row: CommandRow) -> ConsoleState:
    """The state after a request has left."""
    return replace(state, commands=commands.with_row(state.commands, row))


def with_playhead(state: ConsoleState, playhead: Playhead) -> ConsoleState:
    """The state of a replay at its playhead."""
    return replace(state, playhead=playhead, now_ns=playhead.now_ns)


def rewound(state: ConsoleState) -> ConsoleState:
    """The state before a jump in a replay: what follows is delivered anew; drawing and file stay."""
    return ConsoleState(
        kind=state.kind,
        now_ns=state.now_ns,
        wall_offset_ns=state.wall_offset_ns,
        cell=state.cell,
        cards=state.cards,
        playhead=state.playhead,
    )


def _note_inference(state: ConsoleState, changes: dict[str, Any]) -> None:
    policy, before = changes.get("policy"), state.policy
    if policy is not None and (before is None or policy.inferences != before.inferences):
        changes["inferred_ns"] = policy.stamp_ns


def _fold(state: ConsoleState, changes: dict[str, Any], arrival: Arrival) -> None:
    fold = _FOLDS.get(arrival.topic.partition("/")[0])
    if fold is not None:
        fold(state, changes, arrival)


def _fold_picture(state: ConsoleState, changes: dict[str, Any], arrival: Arrival) -> None:
    if arrival.pixels is None:
        return
    pictures = dict(changes.get("pictures", state.pictures))
    pictures[arrival.message.camera] = CameraPicture(arrival.message, arrival.pixels, arrival.received_ns)
    changes["pictures"] = pictures


def _fold_event(state: ConsoleState, changes: dict[str, Any], arrival: Arrival) -> None:
    event: Event = arrival.message
    shown: tuple[Event, ...] = changes.get("events", state.events)
    if event not in shown:  # the history may have told it already
        changes["events"] = (event, *shown[: EVENTS_KEPT - 1])


def _fold_history(state: ConsoleState, changes: dict[str, Any], arrival: Arrival) -> None:
    """What the cell told before this console listened; lines that are known already stay as they are."""
    shown: tuple[Event, ...] = changes.get("events", state.events)
    known = set(shown)
    missed = [event for event in arrival.message.events if event not in known]
    if missed:
        newest_first = sorted((*shown, *reversed(missed)), key=lambda event: -event.stamp_ns)
        changes["events"] = tuple(newest_first[:EVENTS_KEPT])


def _fold_verdict(state: ConsoleState, changes: dict[str, Any], arrival: Arrival) -> None:
    changes["verdicts"] = (arrival.message, *changes.get("verdicts", state.verdicts)[: VERDICTS_KEPT - 1])


def _fold_receipt(state: ConsoleState, changes: dict[str, Any], arrival: Arrival) -> None:
    changes["commands"] = commands.with_receipt(changes.get("commands", state.commands), arrival.message)


def _fold_cards(state: ConsoleState, changes: dict[str, Any], arrival: Arrival) -> None:
    cards = {card.policy: card for card in arrival.message.cards}
    if cards != state.cards:
        changes["cards"] = cards


def _fold_health(state: ConsoleState, changes: dict[str, Any], arrival: Arrival) -> None:
    beat = arrival.message
    warnings = changes.get("warnings", state.warnings)
    if warnings.get(beat.process, "") != beat.warning:
        changes["warnings"] = {**warnings, beat.process: beat.warning}


_FOLDS: dict[str, Callable[[ConsoleState, dict[str, Any], Arrival], None]] = {
    "camera": _fold_picture,
    "events": _fold_event,
    "history": _fold_history,
    "verdicts": _fold_verdict,
    "receipts": _fold_receipt,
    "health": _fold_health,
    "cards": _fold_cards,
}
