"""Loss curves of a training as a picture."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

from runtime.keeping import kept_whole


def read_curves(file: Path) -> dict[str, dict[str, list[tuple[int, float]]]]:
    """By stage and figure: steps and values. A line that was cut off is passed over."""
    curves: dict[str, dict[str, list[tuple[int, float]]]] = defaultdict(lambda: defaultdict(list))
    for text in file.read_text(encoding="utf-8").splitlines():
        try:
            line = json.loads(text)
        except json.JSONDecodeError:
            continue
        stage, step = line.pop("stage"), line.pop("step")
        line.pop("time", None)
        for name, value in line.items():
            curves[stage][name].append((step, value))
    return curves


def draw_curves(file: Path, picture: Path) -> None:
    """One field a stage, logarithmic, written as PNG. Raises `UserMistake` where it cannot be."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    if not file.exists():
        return
    curves = read_curves(file)
    figure = Figure(figsize=(5.0 * max(1, len(curves)), 4.0), layout="constrained")
    FigureCanvasAgg(figure)
    for index, (stage, figures) in enumerate(curves.items(), start=1):
        axes = figure.add_subplot(1, len(curves), index)
        for name, points in figures.items():
            axes.plot([step for step, _ in points], [value for _, value in points], label=name, linewidth=1.0)
        axes.set_title(stage)
        axes.set_xlabel("step")
        axes.set_ylabel("loss")
        axes.set_yscale("log")
        axes.grid(visible=True, alpha=0.3)
        axes.legend(fontsize=7)
    with kept_whole(picture) as partial:
        figure.savefig(partial, dpi=100)
