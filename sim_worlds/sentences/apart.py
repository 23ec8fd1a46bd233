"""Whether a form is new to whom others were taught: told by its words, whatever its marks and capitals."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORD = re.compile(r"{\w+}|[a-z0-9]+")
_CORE = "{part} {to}"


def bare(form: str) -> str:
    """Its words and gaps alone."""
    return " ".join(_WORD.findall(form.lower().replace("'", "")))


class Taught:
    """Forms that somebody knows."""

    def __init__(self, forms: Iterable[str], *, crossed: bool = False) -> None:
        """`crossed`: a beginning of one and an end of another are known together, too."""
        self._forms = {bare(form) for form in forms}
        parted = [form.split(_CORE) for form in self._forms if crossed and form.count(_CORE) == 1]
        self._heads = {head for head, _ in parted}
        self._tails = {tail for _, tail in parted}

    def knows(self, form: str) -> bool:
        """Whether nothing is new about it."""
        words = bare(form)
        if words in self._forms:
            return True
        head, _, tail = words.partition(_CORE)
        return words.count(_CORE) == 1 and head in self._heads and tail in self._tails

    def without(self, forms: tuple[str, ...]) -> tuple[str, ...]:
        """Those that are new, in their order."""
        return tuple(form for form in forms if not self.knows(form))
