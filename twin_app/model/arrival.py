"""One message as it reached the console."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Samples:
    """Many samples of one block for the trends, read from their messages already: cheap to take."""

    stamps_ns: NDArray[np.int64]
    rows: NDArray[np.float64]
    """One row a sample, columns as in the block."""

    names: tuple[str, ...] = ()
    """Of the columns, where these are found out from the messages."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message with its origin and the moment it came; pixels only for pictures."""

    topic: str
    """Of the message; of samples their block."""

    message: Any
    """The record that the topic table names for this topic; `Samples` when it is the past of a recording."""

    received_ns: int
    """Monotonic clock of this console; in a replay the moment on the recording's clock."""

    pixels: bytes | memoryview | None = None
    historic: bool = False
    """True for the past of a recording: it fills the trends and leaves the present alone."""
