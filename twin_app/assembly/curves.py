"""Loss curves of a training as a picture."""

from __future__ import annotations

from pathlib import Path

from runtime.keeping import kept_whole
from twin_app.model.loss_curves import LossCurves

COLUMNS = 4
_SIDE_INCHES = 5.0, 4.0


def draw_curves(file: Path, picture: Path) -> None:
    """One field a stage, logarithmic, written as PNG. Raises `UserMistake` where it cannot be."""
    from matplotlib import colormaps
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    if not file.exists():
        return
    curves = LossCurves()
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        curves.take(line)
    columns = max(1, min(COLUMNS, len(curves.stages)))
    rows = max(1, -(-len(curves.stages) // columns))
    figure = Figure(figsize=(_SIDE_INCHES[0] * columns, _SIDE_INCHES[1] * rows), layout="constrained")
    FigureCanvasAgg(figure)
    colours = colormaps["tab20"].colors  # type: ignore[attr-defined]  # of a listed map, which this one is
    for index, (stage, figures) in enumerate(curves.stages.items(), start=1):
        axes = figure.add_subplot(rows, columns, index)
        axes.set_prop_cycle(color=colours if len(figures) > len(colours) // 2 else colours[::2])
        for name, points in figures.items():
            axes.plot([step for step, _ in points], [value for _, value in points], label=name, linewidth=1.0)
        axes.set_title(stage)
        axes.set_xlabel("step")
        axes.set_ylabel("loss")
        axes.set_yscale("log")
        axes.grid(visible=True, alpha=0.3)
        axes.legend(fontsize=7, ncols=1 + len(figures) // 8)
    with kept_whole(picture) as partial:
        figure.savefig(partial, dpi=100)
