"""Whether an instruction is English: no reader here knows another language, and a guess would be worse than no."""

from __future__ import annotations

import re
import unicodedata

ONLY_ENGLISH = "only English is read"

_WORDS = {
    "German": "der das den dem ein eine einen und bitte nicht auf lege leg nimm stell rote roten roter blaue blauen "
    "grüne grünen grün gelbe gelben lila würfel zylinder kiste behälter linke linken links rechte rechten rechts",
    "French": "le la les un une du et dans mets mettez prends prenez rouge vert verte bleu bleue jaune gauche droite "
    "boîte boite cylindre",
    "Spanish": "el los las una por favor pon poner toma rojo roja verde azul amarillo izquierda derecha caja cubo "
    "cilindro",
    "Italian": "il gli nel nella metti prendi rosso rossa giallo gialla sinistra destra scatola cubetto",
    "Dutch": "het zet pak rode rechter linker bak blokje",
    "Portuguese": "uma põe coloca vermelho vermelha amarelo esquerda direita caixa",
    "Polish": "umieść czerwony czerwoną lewej prawej pudełko",
}
"""Of an instruction; none that is English too, as `die` and `in` are."""

_ELSEWHERE = frozenset(word for words in _WORDS.values() for word in words.split())
_ENOUGH = 2
"""So many of them make another language; one alone may be a slip of the pen."""


def not_english(text: str) -> bool:
    """Whether any letter is not a Latin one, or several words are of another language."""
    if any(letter.isalpha() and "LATIN" not in unicodedata.name(letter, "LATIN") for letter in text):
        return True
    return sum(word in _ELSEWHERE for word in re.findall(r"[^\W\d_]+", text.lower())) >= _ENOUGH
