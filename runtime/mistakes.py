"""A person's mistake, told so that it can be mended: no traceback, a non-zero exit."""

from __future__ import annotations

from collections.abc import Callable

LONGEST_WORD = 60
MOST_LETTERS = 1000
"""Of what somebody else says, for a person."""


def quoted(word: str) -> str:
    """What a person has typed as a message repeats it: in quotes, and cut where it would drown the message."""
    return repr(word if len(word) <= LONGEST_WORD else f"{word[:LONGEST_WORD]}…")


def printable(words: str) -> str:
    """Somebody else's words as a terminal may show them: what would move its cursor or change its colours is spelt out.

    Line breaks stay.
    """
    return "".join(
        letter if letter.isprintable() or letter == "\n" else letter.encode("unicode_escape").decode("ascii")
        for letter in words
    )


def presentable(words: str, *, most: int = MOST_LETTERS) -> str:
    """Somebody else's words, cleaned and cut so that they can be sent and shown: on one line, `most` letters."""
    sendable = words[: most + 1].encode("utf-8", "backslashreplace").decode()
    clean = printable(sendable).replace("\n", " ")
    return clean if len(clean) <= most else f"{clean[: most - 1]}…"


class UserMistake(Exception):
    """Wrong input or a missing permission. `remedy` says what to do about it."""

    def __init__(self, what: str, *, remedy: str = "") -> None:
        what, remedy = printable(what), printable(remedy)
        super().__init__(what if not remedy else f"{what}\n  → {remedy}")
        self.what = what
        self.remedy = remedy

    def __reduce__(self) -> tuple[Callable[..., UserMistake], tuple[object, ...]]:
        """As it is, whatever its own kind wants to be made of: it is told in another process than it is made in."""
        return _same, (type(self), self.args, self.__dict__)


def _same(kind: type[UserMistake], arguments: tuple[object, ...], state: dict[str, object]) -> UserMistake:
    mistake = kind.__new__(kind, *arguments)
    mistake.__dict__.update(state)
    return mistake
