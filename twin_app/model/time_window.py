"""Which stretch of time the plots show: following the newest, or held where the person put it."""

from __future__ import annotations

from dataclasses import dataclass, replace

SECOND_NS = 1_000_000_000
SHORTEST_NS = SECOND_NS // 5
LONGEST_NS = 24 * 3600 * SECOND_NS


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """A stretch of `span_ns`; `end_ns` is None while it follows the newest sample."""

    span_ns: int = 60 * SECOND_NS
    end_ns: int | None = None

    @property
    def following(self) -> bool:
        """Whether it moves on with the newest sample."""
        return self.end_ns is None

    def bounds_ns(self, edge_ns: int) -> tuple[int, int]:
        """Begin and end, given the newest moment."""
        end_ns = edge_ns if self.end_ns is None else self.end_ns
        return end_ns - self.span_ns, end_ns

    def behind_s(self, edge_ns: int) -> float:
        """How far its end lies behind the newest moment; negative never."""
        return 0.0 if self.end_ns is None else max(0.0, (edge_ns - self.end_ns) * 1e-9)

    def zoomed(self, factor: float, *, at: float, edge_ns: int) -> TimeWindow:
        """Longer (factor > 1) or shorter about the place `at` (0 begin … 1 end).

        While following the end stays at the newest sample: zooming while live does not leave live.
        """
        span_ns = int(min(max(self.span_ns * factor, SHORTEST_NS), LONGEST_NS))
        if self.end_ns is None:
            return replace(self, span_ns=span_ns)
        begin_ns, _ = self.bounds_ns(edge_ns)
        fixed_ns = begin_ns + int(self.span_ns * at)
        return TimeWindow(span_ns, fixed_ns + int(span_ns * (1.0 - at)))

    def panned(self, delta_ns: int, *, edge_ns: int) -> TimeWindow:
        """Moved into the past (negative) or towards the newest; reaching the newest follows it again."""
        end_ns = (edge_ns if self.end_ns is None else self.end_ns) + delta_ns
        if end_ns >= edge_ns:
            return replace(self, end_ns=None)
        return replace(self, end_ns=end_ns)

    def held(self, edge_ns: int) -> TimeWindow:
        """Standing still where it is."""
        return self if self.end_ns is not None else replace(self, end_ns=edge_ns)

    def live(self) -> TimeWindow:
        """Following again."""
        return replace(self, end_ns=None)
