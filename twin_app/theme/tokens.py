"""The two dresses of the console. Saturated colour is for alarms and STOP only; ground and normal values are grey."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from PySide6.QtGui import QColor

from twin_app.model.wording import Tone


@dataclass(frozen=True)
class Theme:
    """Colours of one dress as #rrggbb. Contrasts of text on its ground are at least 4.5 : 1 (WCAG 2 AA; tested)."""

    name: str
    ground: str
    """Behind everything."""

    panel: str
    """Of a dock's content."""

    field: str
    """Of tables, lines to type in and plots."""

    border: str
    text: str
    muted: str
    """Text of captions and of what is out of date."""

    button: str
    button_hover: str
    focus: str
    """Ring around what the keyboard acts on."""

    selection: str
    stop: str
    stop_text: str
    reset: str
    reset_text: str
    active: str
    """Ground of a mode in which the arm is driven."""

    active_text: str
    fallback: str
    """Ground of the mode in which another policy drives than the wanted one."""

    fallback_text: str
    replay: str
    replay_text: str
    critical: str
    high: str
    medium: str
    low: str
    suppressed: str
    alarm_text_dark: str
    """On orange, yellow and cyan."""

    alarm_text_light: str
    """On red and purple."""

    grid: str
    series: tuple[str, ...]
    """Plot lines: muted, none of them near an alarm colour."""

    @cached_property
    def grounds(self) -> dict[Tone, QColor]:
        """What a tone paints as a ground."""
        names = {
            Tone.NORMAL: self.button,
            Tone.ACTIVE: self.active,
            Tone.FALLBACK: self.fallback,
            Tone.MUTED: self.panel,
            Tone.CRITICAL: self.critical,
            Tone.HIGH: self.high,
            Tone.MEDIUM: self.medium,
            Tone.LOW: self.low,
            Tone.SUPPRESSED: self.suppressed,
            Tone.RESET: self.reset,
            Tone.REPLAY: self.replay,
        }
        return {tone: QColor(name) for tone, name in names.items()}

    @cached_property
    def inks(self) -> dict[Tone, QColor]:
        """Text on the ground of the same tone."""
        names = {
            Tone.NORMAL: self.text,
            Tone.ACTIVE: self.active_text,
            Tone.FALLBACK: self.fallback_text,
            Tone.MUTED: self.muted,
            Tone.CRITICAL: self.alarm_text_light,
            Tone.HIGH: self.alarm_text_dark,
            Tone.MEDIUM: self.alarm_text_dark,
            Tone.LOW: self.alarm_text_dark,
            Tone.SUPPRESSED: self.alarm_text_light,
            Tone.RESET: self.reset_text,
            Tone.REPLAY: self.replay_text,
        }
        return {tone: QColor(name) for tone, name in names.items()}

    @cached_property
    def signs(self) -> dict[Tone, QColor]:
        """What a small sign of a tone is drawn with on a field."""
        quiet = {
            Tone.NORMAL: self.text,
            Tone.ACTIVE: self.text,
            Tone.FALLBACK: self.text,
            Tone.MUTED: self.muted,
        }
        return {tone: QColor(quiet[tone]) if tone in quiet else ground for tone, ground in self.grounds.items()}


LIGHT = Theme(
    name="light",
    ground="#c9cdd0",
    panel="#dcdfe1",
    field="#eceeef",
    border="#9aa1a6",
    text="#1b1f22",
    muted="#484f55",
    button="#cfd3d6",
    button_hover="#bfc5c9",
    focus="#1f4e86",
    selection="#b4c2cf",
    stop="#c4001a",
    stop_text="#ffffff",
    reset="#1f5fa8",
    reset_text="#ffffff",
    active="#3d4a44",
    active_text="#f4f7f5",
    fallback="#7a5c3a",
    fallback_text="#ffffff",
    replay="#4b5789",
    replay_text="#ffffff",
    critical="#c4001a",
    high="#f08000",
    medium="#f0cc00",
    low="#35b4d0",
    suppressed="#7a3f9a",
    alarm_text_dark="#14171a",
    alarm_text_light="#ffffff",
    grid="#c6cbce",
    series=("#2b5c8f", "#3f7352", "#7c5c3e", "#55606b", "#5f6a22", "#87546c", "#1f6b71"),
)

DARK = Theme(
    name="dark",
    ground="#171a1d",
    panel="#22272b",
    field="#1b2023",
    border="#4a5258",
    text="#e4e7e9",
    muted="#a3abb1",
    button="#343b41",
    button_hover="#424b52",
    focus="#8ab8ea",
    selection="#3a4b5c",
    stop="#d01224",
    stop_text="#ffffff",
    reset="#2a68b0",
    reset_text="#ffffff",
    active="#c3cfc8",
    active_text="#141a17",
    fallback="#c8a06e",
    fallback_text="#14171a",
    replay="#6470ad",
    replay_text="#ffffff",
    critical="#d01224",
    high="#f28a14",
    medium="#efd02a",
    low="#4cc3dd",
    suppressed="#8a52ab",
    alarm_text_dark="#14171a",
    alarm_text_light="#ffffff",
    grid="#30373c",
    series=("#7fb0e0", "#86bd98", "#c9a783", "#a9b4be", "#b3bd72", "#c99bb2", "#7fbcc0"),
)

THEMES: dict[str, Theme] = {theme.name: theme for theme in (LIGHT, DARK)}
