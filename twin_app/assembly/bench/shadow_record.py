"""What a cell's own telemetry says of loop and inference, without and with a policy in shadow, stretch by stretch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.messages.policy import PolicyState
from runtime.messages.state import TickTrace

ALONE, BESIDE = "alone", "beside"


@dataclass(slots=True)
class _Heard:
    """Of all stretches of one kind."""

    late_s: list[NDArray[np.float32]] = field(default_factory=list[NDArray[np.float32]])
    missed_ticks: int = 0
    latencies_s: list[float] = field(default_factory=list[float])
    shadow_inferences: int = 0
    shadow_skipped: int = 0


class ShadowRecord:
    """Collects tick traces and inference times of stretches that are `alone` or `beside` a shadow."""

    def __init__(self) -> None:
        self._heard = {ALONE: _Heard(), BESIDE: _Heard()}
        self._kind = ""
        self._begin_ns = 0
        self._inferences = -1
        self._shadow = (-1, 0)

    def open(self, kind: str, now_ns: int) -> None:
        """A stretch of this kind begins; `ALONE` or `BESIDE`."""
        self._kind, self._begin_ns = kind, now_ns
        self._inferences, self._shadow = -1, (-1, 0)

    def close(self) -> None:
        """The stretch is over; what comes now is left out."""
        self._kind = ""

    def take(self, message: object) -> None:
        """Keep a message that belongs to the open stretch."""
        if not self._kind:
            return
        heard = self._heard[self._kind]
        if isinstance(message, TickTrace) and message.stamp_ns >= self._begin_ns:
            rows = np.frombuffer(message.data, dtype=np.float32).reshape(message.ticks, len(message.columns))
            heard.late_s.append(rows[:, message.columns.index("lateness_s")])
            heard.missed_ticks += int(rows[:, message.columns.index("missed_ticks")].sum())
        elif isinstance(message, PolicyState) and message.stamp_ns >= self._begin_ns:
            self._take_policy(heard, message)

    def figures(self) -> dict[str, Any]:
        """99th percentiles of lateness and of the active policy's inference, and each one's ratio beside to alone.

        Raises `ValueError` when a kind was not heard.
        """
        found: dict[str, Any] = {}
        for kind, heard in self._heard.items():
            if not heard.late_s or not heard.latencies_s:
                raise ValueError(f"nothing was heard {kind} the shadow: control or planner kept silent")
            late_us = np.concatenate(heard.late_s) * 1e6
            found |= {
                f"late_p50_us_{kind}": round(float(np.quantile(late_us, 0.5)), 1),
                f"late_p99_us_{kind}": round(float(np.quantile(late_us, 0.99)), 1),
                f"missed_fraction_{kind}": round(heard.missed_ticks / (len(late_us) + heard.missed_ticks), 6),
                f"latency_p50_ms_{kind}": round(float(np.quantile(heard.latencies_s, 0.5)) * 1e3, 2),
                f"latency_p99_ms_{kind}": round(float(np.quantile(heard.latencies_s, 0.99)) * 1e3, 2),
                f"ticks_{kind}": len(late_us),
                f"inferences_{kind}": len(heard.latencies_s),
            }
        beside = self._heard[BESIDE]
        return {
            "late_p99_ratio": _ratio(found, "late_p99_us"),
            "latency_p99_ratio": _ratio(found, "latency_p99_ms"),
            **found,
            "shadow_inferences": beside.shadow_inferences,
            "shadow_skipped": beside.shadow_skipped,
        }

    def _take_policy(self, heard: _Heard, state: PolicyState) -> None:
        """An inference time counts once; the first state of a stretch tells of one that began before it."""
        if 0 <= self._inferences < state.inferences:
            heard.latencies_s.append(state.inference_s)
        self._inferences = state.inferences
        if state.shadow is None:
            return
        seen = state.shadow.inferences, state.shadow.skipped
        if 0 <= self._shadow[0] <= seen[0]:
            heard.shadow_inferences += seen[0] - self._shadow[0]
            heard.shadow_skipped += seen[1] - self._shadow[1]
        self._shadow = seen


def _ratio(found: dict[str, Any], name: str) -> float:
    return round(found[f"{name}_{BESIDE}"] / max(1e-9, found[f"{name}_{ALONE}"]), 3)
