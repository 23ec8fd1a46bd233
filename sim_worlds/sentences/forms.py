"""Three sets of forms that share no form: to train with, to check the reader with, and to test it with in the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

from sim_worlds.sentences import frames, relations, undoable, words
from sim_worlds.sentences.apart import Taught
from sim_worlds.sentences.collection import RELATION_KINDS, Collection, collected, joined


@dataclass(frozen=True, slots=True)
class Forms:
    """Ways to say the same; words for colours, shapes and totes are the same in all sets."""

    frames: tuple[str, ...]
    to_tote: tuple[str, ...]
    places: Mapping[str, tuple[str, ...]]
    nonsense: tuple[str, ...]
    relations: tuple[tuple[str, ...], ...]
    """In kinds, which are used alike."""

    undoable: Mapping[str, tuple[str, ...]]
    """By what is wrong with them."""

    @classmethod
    def of(cls, *writers: Collection) -> Forms:
        """What these wrote, alone."""

        def together(lists: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
            return tuple(dict.fromkeys(chain(*lists)))

        return cls(
            frames=together(one.frames for one in writers),
            to_tote=together(one.to_tote for one in writers),
            places={side: together(one.places[side] for one in writers) for side in writers[0].places},
            nonsense=together(one.nonsense for one in writers),
            relations=tuple(together(one.relations[kind] for one in writers) for kind in RELATION_KINDS),
            undoable={kind: together(one.undoable[kind] for one in writers) for kind in writers[0].undoable},
        )

    def with_collected(self, *others: Collection) -> Forms:
        """These and what others wrote; of each list about half and half is drawn."""
        return Forms(
            frames=joined(self.frames, *(one.frames for one in others)),
            to_tote=joined(self.to_tote, *(one.to_tote for one in others)),
            places={side: joined(ways, *(one.places[side] for one in others)) for side, ways in self.places.items()},
            nonsense=joined(self.nonsense, *(one.nonsense for one in others)),
            relations=(
                *self.relations,
                *(joined((), *(one.relations[kind] for one in others)) for kind in RELATION_KINDS),
            ),
            undoable={
                kind: joined(ways, *(one.undoable[kind] for one in others)) for kind, ways in self.undoable.items()
            },
        )

    def apart_from(self, *others: Forms) -> Forms:
        """What of these a reader that was taught the others does not know, nor ends of what it knows, put together."""
        orders = Taught(chain(*((*one.frames, *chain(*one.undoable.values())) for one in others)), crossed=True)
        totes = Taught(chain(*(one.to_tote for one in others)))
        parts = Taught(chain(*(chain(*one.places.values(), *one.relations) for one in others)))
        talk = Taught(chain(*(one.nonsense for one in others)))
        return Forms(
            frames=orders.without(self.frames),
            to_tote=totes.without(self.to_tote),
            places={side: parts.without(ways) for side, ways in self.places.items()},
            nonsense=talk.without(self.nonsense),
            relations=tuple(parts.without(ways) for ways in self.relations),
            undoable={kind: orders.without(ways) for kind, ways in self.undoable.items()},
        )


PLAIN = Forms(
    frames.FRAMES,
    frames.TO_TOTE,
    words.PLACES,
    frames.NONSENSE,
    relations.RELATIONS,
    undoable.TRAINING,
)
"""The everyday part of `TRAINING`: what is asked where the wording is not what is examined."""

_WRITERS = (
    *("floor", "office", "twelve", "builds", "stories", "short", "pairs", "forty"),
    *("abroad", "family", "indirect", "manuals", "mood", "radio", "trades", "typed"),
    *("adjuncts", "customers", "dialects", "questions", "talkers", "turnings"),
)
TRAINING = PLAIN.with_collected(*(collected(f"training-{writer}") for writer in _WRITERS))
CHECKING = Forms.of(collected("checking"), collected("checking-people")).apart_from(TRAINING)
TESTING = Forms(
    frames.TESTING_FRAMES,
    frames.TESTING_TO_TOTE,
    words.TESTING_PLACES,
    frames.TESTING_NONSENSE,
    relations.TESTING_RELATIONS,
    undoable.TESTING,
)
TESTING = TESTING.with_collected(collected("testing"), collected("testing-second")).apart_from(TRAINING, CHECKING)
