"""Which instructions are not English."""

from __future__ import annotations

import pytest

from runtime.picking.languages import not_english


@pytest.mark.parametrize(
    "text",
    [
        "Lege den roten Würfel in die linke Kiste",
        "mets le cube rouge dans la boîte de gauche",
        "pon el cubo rojo en la caja izquierda",
        "metti il cubo rosso nella scatola sinistra",
        "zet het rode blokje in de linker bak",
        "положи красный куб налево",
        "把红色的方块放到左边",
    ],
)
def test_another_language_is_told(text: str) -> None:
    assert not_english(text)


@pytest.mark.parametrize(
    "text",
    ["put the red cube in the left tote", "the die in the rot tote", "à la carte", "PUT DAS CUBE LEFT", "", "1 2 3 !?"],
)
def test_english_with_a_slip_is_english(text: str) -> None:
    assert not not_english(text)
