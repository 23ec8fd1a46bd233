"""The table of variants, and latency against success as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from runtime.plugin_host.variants import hashes_of
from twin_app.assembly.compression.pace import Pace
from twin_app.assembly.examination.examination import Result
from twin_app.assembly.examination.figures import wilson


class Row(Struct, frozen=True):
    """Of one variant."""

    variant: str
    size_mb: float
    """All its files, 10⁶ bytes."""

    p50_ms: float
    p99_ms: float
    succeeded: int
    n: int
    interval95: tuple[float, float]
    agreement: float


def row_of(name: str, model: Path, pace: Pace, results: Sequence[Result]) -> Row:
    """What was measured of one."""
    succeeded = sum(result.verdict == "succeeded" for result in results)
    low, high = wilson(succeeded, len(results))
    size = sum((model / file).stat().st_size for file in hashes_of(model))
    return Row(
        variant=name,
        size_mb=round(size * 1e-6, 2),
        p50_ms=pace.p50_ms,
        p99_ms=pace.p99_ms,
        succeeded=succeeded,
        n=len(results),
        interval95=(round(low, 4), round(high, 4)),
        agreement=pace.agreement,
    )


def draw_table(rows: Sequence[Row], picture: Path) -> None:
    """Median latency with a whisker to the 99th percentile, success with its interval, written as PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.0, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for row in rows:
        success = 100.0 * row.succeeded / row.n
        low, high = (100.0 * side for side in row.interval95)
        axes.errorbar(
            row.p50_ms,
            success,
            xerr=[[0.0], [max(0.0, row.p99_ms - row.p50_ms)]],
            yerr=[[max(0.0, success - low)], [max(0.0, high - success)]],
            fmt="o",
            capsize=3.0,
            linewidth=1.0,
            label=f"{row.variant}, {row.size_mb:g} MB",
        )
    axes.set_xlim(left=0.0)
    axes.set_xlabel("latency on one core, ms: median, whisker to the 99th percentile")
    axes.set_ylabel("success, %, with 95 % interval")
    axes.grid(visible=True, alpha=0.3)
    axes.legend(fontsize=8)
    figure.savefig(picture, dpi=120)
