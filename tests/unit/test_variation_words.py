"""Ranges in words, and the page that lists them."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from sim_worlds.variation import CATALOGUE, Variation
from sim_worlds.variation.parameters import Parameter, Span
from sim_worlds.variation.words import rows_of, shown
from twin_app.assembly.verify.variations import chosen, interval

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "variations.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "span", "words"),
    [
        ("angle_rad", Span(math.radians(-30), math.radians(30)), "-30…30°"),
        ("offset_m", Span(0.002, 0.002), "2 mm"),
        ("lamp_factor", Span(0.85, 1.15), "× 0.85…1.15"),
        ("hidden_share", Span(0.1, 0.1), "10 %"),
        ("blur_px", Span(0.0, 0.4), "0…0.4 px"),
        ("loose_count", Span(1, 2), "1…2"),
    ],
)
def test_a_range_is_shown_with_its_unit(name: str, span: Span, words: str) -> None:
    assert shown(Parameter(name, "", span, span, span), span) == words


@pytest.mark.parametrize("kind", CATALOGUE, ids=lambda kind: kind.name)
def test_the_page_has_every_range_as_it_is(kind) -> None:
    for name, *cells in rows_of(kind):
        assert f"| {kind.name} | `{name}` | {' | '.join(cells)} |" in PAGE


def test_the_table_counts_each_variation_at_each_strength_or_only_what_is_named() -> None:
    assert len(chosen([])) == 1 + 3 * len(CATALOGUE)
    assert chosen(["camera:strong", "light"]) == [
        (),
        (Variation("camera", 1.0),),
        *((Variation("light", strength),) for strength in (1 / 3, 2 / 3, 1.0)),
    ]


def test_the_interval_of_a_share_holds_it_and_stays_within_bounds() -> None:
    for hits in range(21):
        low, high = interval(hits, of=20)
        assert 0.0 <= low <= hits / 20 <= high + 1e-9 <= 1.0 + 1e-9
    assert interval(20, of=20)[0] == pytest.approx(0.839, abs=0.001)
    assert interval(50, of=100) == pytest.approx((0.404, 0.596), abs=0.001)
