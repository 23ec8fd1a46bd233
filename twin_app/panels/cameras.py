"""What the policy sees, where in it it sees what was asked for, and what it believes its target to be."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from twin_app.model.freshness import heat_now, targets_now
from twin_app.model.state import ConsoleState
from twin_app.model.wording import duration
from twin_app.theme.tokens import Theme
from twin_app.widgets.heat import HeatScale
from twin_app.widgets.panel import Panel
from twin_app.widgets.picture import Mark, PictureView

OLD_S = 0.5
"""A picture older than this is veiled: it is not the present."""


class CamerasPanel(Panel):
    """One picture a camera, side by side, in the order of the cell's drawing; the heat map's switch below them."""

    def __init__(self) -> None:
        super().__init__(title="Cameras")
        self.heat_switch = QCheckBox("Heat map")
        self.heat_switch.setChecked(True)
        self.heat_switch.setToolTip("Outline in the pictures where the policy sees what the instruction means (Ctrl+H)")
        self.heat_switch.toggled.connect(lambda _: self._show_heat())
        self.scale = HeatScale()
        self.foot = QWidget()
        below = QHBoxLayout(self.foot)
        below.setContentsMargins(0, 0, 0, 0)
        below.addWidget(self.heat_switch)
        below.addWidget(self.scale, 1)
        self.foot.hide()
        self._row = QHBoxLayout()
        self._row.setSpacing(8)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 2, 6, 2)
        column.setSpacing(0)
        column.addLayout(self._row, 1)
        column.addWidget(self.foot)
        self.views: dict[str, PictureView] = {}
        self._state: ConsoleState | None = None
        self._shows_heat = ""
        """The policy that is known to give heat maps: the switch stays while that one drives."""

        for name in ("overhead", "wrist"):
            self._add(name)

    def show_state(self, state: ConsoleState) -> None:
        """Pictures with their age, the policy's heat map and its marks."""
        self._state = state
        for name in self.views.keys() - state.pictures.keys():
            self.views[name].clear()
        for name, picture in state.pictures.items():
            view = self.views.get(name) or self._add(name)
            frame = picture.frame
            view.show_picture(picture.pixels, width_px=frame.width_px, height_px=frame.height_px)
            age_s = state.age_s(frame.stamp_ns)
            old = age_s > OLD_S
            view.say(_note(state, age_s, renderer=frame.renderer, old=old), _marks(state, name), veiled=old)
        self._show_heat()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of the pictures' frames."""
        super().apply_theme(theme)
        self.scale.theme = theme
        self.scale.update()
        for view in self.views.values():
            view.theme = theme
            view.update()

    def _add(self, name: str) -> PictureView:
        view = self.views[name] = PictureView(name)
        view.theme = self.theme
        self._row.addWidget(view, 1)
        return view

    def _show_heat(self) -> None:
        state = self._state
        if state is None:
            return
        wanted = self.heat_switch.isChecked()
        maps = {heat.camera: heat for heat in heat_now(state)}
        for name, view in self.views.items():
            view.show_heat(maps.get(name) if wanted else None)
        self.scale.setVisible(wanted)
        policy = state.policy
        if maps and policy is not None:
            self._shows_heat = policy.active
        self.foot.setVisible(policy is not None and policy.active == self._shows_heat)


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
