"""The made-up cell behind the console's source interface: on the wall clock for looking, stepped for tests."""

from __future__ import annotations

from collections.abc import Callable

from runtime.messages.requests import Body, Stop
from tests.support.fake_cell import SECOND_NS, FakeCell
from twin_app.bridge.source import Delivery
from twin_app.model.arrival import Arrival
from twin_app.model.state import SourceKind

TICK_NS = 10_000_000


class FakeSource:
    """Publishes at 100 Hz of `clock_ns`; `silent` cuts the line without stopping the cell."""

    kind = SourceKind.LIVE
    transport = None

    def __init__(self, cell: FakeCell, *, clock_ns: Callable[[], int], wall_offset_ns: int = 0) -> None:
        self.cell = cell
        self.wall_offset_ns = wall_offset_ns
        self.silent = False
        self.stops_ns: list[int] = []
        self.closed = False
        self._clock_ns = clock_ns
        self._published_ns = clock_ns()
        self._receipts: list[Arrival] = []
        self._asked = 0

    def start(self) -> None:
        """Nothing to open."""

    def collect(self) -> Delivery:
        """Everything that the cell said since the last call."""
        now_ns = self._clock_ns()
        arrivals, self._receipts = self._receipts, []
        self._published_ns = max(self._published_ns, now_ns - SECOND_NS)
        while self._published_ns + TICK_NS <= now_ns:
            self._published_ns += TICK_NS
            stamp_ns = self._published_ns
            said = self.cell.messages(stamp_ns)
            arrivals += [Arrival(topic, message, stamp_ns, pixels) for topic, message, pixels in said]
        return Delivery(() if self.silent else tuple(arrivals), now_ns)

    def ask(self, body: Body) -> str:
        """Hand the request to the cell; its receipts come with the next collection."""
        self._asked += 1
        request_id = f"r{self._asked}"
        if not self.silent:
            now_ns = self._clock_ns()
            receipts = self.cell.take(body, request_id, now_ns)
            self._receipts += [Arrival("receipts", receipt, now_ns) for receipt in receipts]
        return request_id

    def stop_now(self, *, ending: bool = False) -> None:
        """The flag: it reaches the cell also when the line is cut."""
        self.stops_ns.append(self._clock_ns())
        self.cell.take(Stop(), "flag", self._clock_ns())

    def close(self) -> None:
        """Remember it."""
        self.closed = True
