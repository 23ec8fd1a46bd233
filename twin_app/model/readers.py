"""Which messages fill which blocks of the trends."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from twin_app.model.lanes import ControlRow, PolicyRow, robot_row
from twin_app.model.signal_lanes import SignalsRow

Reader = Callable[..., list[float]]
Readers = Mapping[str, Mapping[str, Reader]]
"""By topic, then by block: what makes a row of a message."""


def readers() -> Readers:
    """Fresh ones for every topic that fills trends."""
    return {
        "robot": {"robot": robot_row},
        "control": {"control": ControlRow()},
        "policy": {"policy": PolicyRow(), "signals": SignalsRow()},
    }


def names_of(reader: Reader) -> tuple[str, ...]:
    """Of its columns, where these are found out from the messages."""
    return reader.names if isinstance(reader, SignalsRow) else ()
