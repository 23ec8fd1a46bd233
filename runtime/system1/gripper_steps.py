"""The gripper's width over time: steps of a chunk take effect when they are due."""

from __future__ import annotations

from runtime.messages.plan import Plan

SAME_WIDTH_M = 0.001
"""Two chunks that ask for widths this close ask for the same: a policy's own figures waver from one to the next."""


class GripperSteps:
    """Width and force to command; unchanged by stops, so that a grasped part stays grasped."""

    def __init__(self, *, force_n: float, width_max_m: float) -> None:
        self.width_m: float | None = None
        """None until the first measurement or chunk."""

        self.force_n = force_n
        self._width_max_m = width_max_m
        self._steps: list[tuple[int, float]] = []

    def hold(self, width_m: float) -> None:
        """Command what is measured, as long as nothing else was commanded; sensor noise may leave the range."""
        if self.width_m is None:
            self.width_m = min(max(width_m, 0.0), self._width_max_m)

    def follow(self, plan: Plan, due_ns: tuple[int, ...]) -> None:
        """Take a chunk's widths; `due_ns` has one entry a step of the whole chunk, passed ones included.

        A change that the chunk before asked for too keeps its earlier moment. Where the arm goes more slowly than
        planned, a chunk's first step is due after the next chunk has come: put off each time, no grip would close.
        """
        self.force_n = plan.gripper_force_n
        put_off = self._next_change()
        self._steps = list(zip(due_ns, plan.gripper_width_m, strict=True))
        self._steps.reverse()
        change = self._next_change()
        if put_off is not None and change is not None and abs(put_off[1] - change[1]) <= SAME_WIDTH_M:
            while self._steps[-1] is not change:
                self._steps.pop()
            self._steps[-1] = (min(put_off[0], change[0]), change[1])

    def forget(self) -> None:
        """Nothing more of the chunk is executed."""
        self._steps = []

    def _next_change(self) -> tuple[int, float] | None:
        """The first step ahead that asks for another width than the one commanded now."""
        if self.width_m is None:
            return None
        return next((step for step in reversed(self._steps) if abs(step[1] - self.width_m) > SAME_WIDTH_M), None)

    def sample(self, time_ns: int) -> float:
        """The width to command; `time_ns` is the reference's own time, so that fingers do not run ahead of the arm."""
        while self._steps and time_ns >= self._steps[-1][0]:
            self.width_m = self._steps.pop()[1]
        assert self.width_m is not None
        return self.width_m
