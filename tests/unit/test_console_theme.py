"""Two dresses with the same meanings: readable (WCAG 2 AA), and alarm colours for alarms alone."""

from __future__ import annotations

import colorsys

import pytest

from runtime.messages.state import Mode
from twin_app.model.wording import MODES, PRIORITIES, Tone
from twin_app.theme.tokens import THEMES, Theme

BOTH = pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def saturation(colour: str) -> float:
    """How much colour there is in it: chroma, 0…1."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return colorsys.rgb_to_hsv(red, green, blue)[1] * max(red, green, blue)


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@BOTH
def test_text_is_readable_on_every_ground(theme: Theme) -> None:
    for ground in (theme.ground, theme.panel, theme.field, theme.button, theme.button_hover, theme.selection):
        assert contrast(theme.text, ground) >= 4.5, ground
    for ground in (theme.ground, theme.panel, theme.field):
        assert contrast(theme.muted, ground) >= 4.5, ground
    assert contrast(theme.stop_text, theme.stop) >= 4.5
    assert contrast(theme.reset_text, theme.reset) >= 4.5


@BOTH
@pytest.mark.parametrize("tone", Tone)
def test_words_on_a_sign_are_readable(theme: Theme, tone: Tone) -> None:
    assert contrast(theme.inks[tone].name(), theme.grounds[tone].name()) >= 4.5


@BOTH
def test_a_fallback_that_drives_is_told_from_the_policy_and_is_no_alarm(theme: Theme) -> None:
    assert MODES[Mode.FALLBACK].tone is not MODES[Mode.AUTO].tone
    grounds = [theme.grounds[tone] for tone in (Tone.FALLBACK, Tone.ACTIVE)]
    assert contrast(*(ground.name() for ground in grounds)) >= 1.3
    assert grounds[0].saturationF() - grounds[1].saturationF() >= 0.3
    for alarm in (theme.critical, theme.high, theme.medium, theme.low):
        assert saturation(theme.fallback) < 0.75 * saturation(alarm), alarm
    assert contrast(theme.fallback, theme.panel) >= 3.0  # a ground that carries meaning: WCAG 2 AA, 1.4.11


@BOTH
def test_plot_lines_are_visible_and_their_labels_readable(theme: Theme) -> None:
    assert len(set(theme.series)) >= 7
    for colour in theme.series:
        assert contrast(colour, theme.field) >= 4.5, colour


@BOTH
def test_no_plot_line_is_as_saturated_as_an_alarm(theme: Theme) -> None:
    alarms = (theme.critical, theme.high, theme.medium)
    assert max(map(saturation, theme.series)) < min(map(saturation, alarms)) * 0.75


def test_modes_and_priorities_differ_in_shape_and_text_and_not_in_colour_alone() -> None:
    for signs in (MODES, PRIORITIES):
        assert len({sign.text for sign in signs.values()}) == len(signs)
        assert len({sign.shape for sign in signs.values()}) == len(signs)
