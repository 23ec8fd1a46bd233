"""What the policy sees, with what it believes its target to be."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout

from twin_app.model.freshness import targets_now
from twin_app.model.state import ConsoleState
from twin_app.model.wording import duration
from twin_app.theme.tokens import Theme
from twin_app.widgets.panel import Panel
from twin_app.widgets.picture import Mark, PictureView

OLD_S = 0.5
"""A picture older than this is veiled: it is not the present."""


class CamerasPanel(Panel):
    """One picture a camera, side by side, in the order of the cell's drawing."""

    def __init__(self) -> None:
        super().__init__(title="Cameras")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(6, 2, 6, 2)
        self._row.setSpacing(8)
        self.views: dict[str, PictureView] = {}
        for name in ("overhead", "wrist"):
            self._add(name)

    def show_state(self, state: ConsoleState) -> None:
        """Pictures with their age and the policy's marks."""
        for name, picture in state.pictures.items():
            view = self.views.get(name) or self._add(name)
            frame = picture.frame
            view.show_picture(picture.pixels, width_px=frame.width_px, height_px=frame.height_px)
            age_s = state.age_s(frame.stamp_ns)
            old = age_s > OLD_S and (state.playhead is None or state.playhead.playing)
            view.say(_note(state, age_s, renderer=frame.renderer, old=old), _marks(state, name), veiled=old)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of the pictures' frames."""
        super().apply_theme(theme)
        for view in self.views.values():
            view.theme = theme
            view.update()

    def _add(self, name: str) -> PictureView:
        view = self.views[name] = PictureView(name)
        view.theme = self.theme
        self._row.addWidget(view, 1)
        return view


def _note(state: ConsoleState, age_s: float, *, renderer: str, old: bool) -> str:
    if old:
        return f"old picture: {duration(age_s)}"
    slow = "slow renderer · " if renderer == "tiny" else ""
    return f"{slow}{_target_words(state)}"


def _target_words(state: ConsoleState) -> str:
    if state.policy is None:
        return "no policy heard"
    targets = targets_now(state)
    return f"target: {targets[0].label}" if targets else "no target"


def _marks(state: ConsoleState, camera: str) -> tuple[Mark, ...]:
    return tuple(
        Mark(target.pixel[0], target.pixel[1], target.radius_px, target.label)
        for target in targets_now(state)
        if target.camera == camera
    )
