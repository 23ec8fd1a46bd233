"""The Prometheus page: the customer's names and ours, on the loopback unless asked otherwise."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from runtime.mistakes import UserMistake
from runtime.supervision.durations import Durations


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything on the page at one moment."""

    tasks_succeeded: int = 0
    tasks_failed: int = 0
    durations: list[tuple[str, float]] = field(default_factory=list[tuple[str, float]])
    durations_sum_s: float = 0.0
    uptime_s: float = 0.0
    inference_ms: float = 0.0
    confidence: float = 0.0
    lateness_s: dict[str, float] = field(default_factory=dict[str, float])
    missed_ticks: int = 0
    verdicts: dict[str, int] = field(default_factory=dict[str, int])
    motor_celsius: tuple[float, ...] = ()
    queued: int = 0


class CellCollector(Collector):
    """Hands the newest figures to a scrape. `figures` is replaced whole, so that no scrape sees half of it."""

    def __init__(self) -> None:
        self.figures = Figures()

    def collect(self) -> Iterator[Metric]:
        """All metric families."""
        now = self.figures
        yield CounterMetricFamily("robot_task_success", "Tasks verified as done", value=now.tasks_succeeded)
        yield CounterMetricFamily("robot_task_failure", "Tasks that failed for good", value=now.tasks_failed)
        yield HistogramMetricFamily(
            "robot_task_duration_seconds",
            "From a task's first start to its end",
            buckets=now.durations or Durations().cumulative(),
            sum_value=now.durations_sum_s,
        )
        yield GaugeMetricFamily("robot_uptime_seconds", "Since the supervisor started", value=now.uptime_s)
        yield GaugeMetricFamily("policy_inference_latency_ms", "Newest inference", value=now.inference_ms)
        yield GaugeMetricFamily("policy_confidence", "Of the newest action chunk, 0 to 1", value=now.confidence)
        yield _labelled("control_loop_lateness_seconds", "Over the last second", "quantile", now.lateness_s)
        yield CounterMetricFamily("missed_ticks", "Ticks of the control loop that were missed", value=now.missed_ticks)
        verdicts = CounterMetricFamily("guard_verdicts", "Judgements of the guard", labels=["reason"])
        for reason, count in sorted(now.verdicts.items()):
            verdicts.add_metric([reason], count)
        yield verdicts
        motors = {str(index + 1): value for index, value in enumerate(now.motor_celsius)}
        yield _labelled("motor_temperature_celsius", "Winding temperature", "joint", motors)
        yield GaugeMetricFamily("task_queue_length", "Open tasks", value=now.queued)


class MetricsPage:
    """Serves the page from a thread of its own until closed."""

    def __init__(self, collector: CellCollector, *, port: int, host: str = "127.0.0.1") -> None:
        """Port 0 takes a free one; raises `UserMistake` when the port is in use."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(collector)
        try:
            self._server = make_server(host, port, _page(registry), handler_class=_Silent)
        except OSError as trouble:
            remedy = "choose another with --metrics-port, or 0 for any free one"
            raise UserMistake(
                f"the metrics port {host}:{port} cannot be used: {trouble.strerror}", remedy=remedy
            ) from trouble
        self.address = f"http://{host}:{self._server.server_port}/metrics"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.2}, name="metrics", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """End the thread and free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Silent(WSGIRequestHandler):
    """Scrapes are not worth a line on the terminal."""

    timeout = 2.0

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


def _page(registry: CollectorRegistry) -> Callable[..., list[bytes]]:
    """The WSGI application: one page, whatever the path."""

    def answer(environ: object, start_response: Callable[[str, list[tuple[str, str]]], object]) -> list[bytes]:
        start_response("200 OK", [("Content-Type", CONTENT_TYPE_LATEST)])
        return [generate_latest(registry)]

    return answer


def _labelled(name: str, text: str, label: str, values: dict[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
