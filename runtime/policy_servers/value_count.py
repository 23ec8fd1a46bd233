"""How much a stranger's frame may describe: an empty list takes one byte in it and sixty here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runtime.policy_servers.exchange import ServerTrouble

MOST_VALUES = 50_000
"""In all lists and maps of one frame together; an observation or an action takes a few hundred, arrays being bytes."""

MOST_IN_ONE = 4096
"""Of one list or map; room for so many is taken before the first one is read."""


class ValueCount:
    """Counts while one frame is read: each list and each map is handed in when it is complete."""

    def __init__(self, read_map: Callable[[dict[Any, Any]], object]) -> None:
        """`read_map` makes of a map what it stands for."""
        self._read_map = read_map
        self._left = MOST_VALUES

    def take_list(self, values: list[Any]) -> list[Any]:
        """The list as it is; raises `ServerTrouble` when it is too much by now."""
        self._take(len(values))
        return values

    def take_map(self, values: dict[Any, Any]) -> object:
        """What the map stands for; raises `ServerTrouble` when it is too much by now."""
        self._take(len(values))
        return self._read_map(values)

    def _take(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise ServerTrouble(f"a frame that describes more than {MOST_VALUES} values is refused")
