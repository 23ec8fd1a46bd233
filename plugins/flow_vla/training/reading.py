"""Teaches the reader: sentences with their meaning, made up as they are needed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from plugins.flow_vla.reader import Reader
from plugins.flow_vla.slots import COLOURS, PLACES, SHAPES, SLOTS, TOTES
from plugins.flow_vla.training.crossing import Crossing
from plugins.flow_vla.training.filler import exchange, surround
from plugins.flow_vla.words import encode
from sim_worlds.sentences import CHECKING, PLAIN, TRAINING, Meaning, Sense, Sentence, Speaker

_BATCH = 256
_PLAIN = 0.25
"""Share of sentences in everyday forms beyond those that the training forms have: they are what is mostly asked."""

_SLIPS = 0.15
"""Share of sentences with a slip of the pen; more than people make."""

_HARD, _EASY = 0.4, 0.6
"""Parts of the training: words are dropped and exchanged as told below until the first, and less until the second."""

_DROPPED = (0.3, 0.1)
"""Share of what a word is like that is left out, while it is hard and in the end. Hard first, so that no single word
decides; easy in the end, so that what was said in so many words is not doubted."""

_EXCHANGED = (0.6, 0.1)
"""Share of sentences whose form's own words are exchanged, while it is hard and in the end."""

_CROSSED = 0.4
"""Share of sentences that have the beginning or the end of another form."""

_CROSSING = Crossing(TRAINING.frames)
_UNDOABLE = 0.4
_OTHER_SENSES = tuple(sense for sense in Sense if sense is not Sense.DO)


def draw_meaning(random: np.random.Generator) -> Meaning:
    """What somebody may want: mostly one thing and one tote, sometimes something that cannot be done."""
    if random.uniform() < _UNDOABLE:
        sense = _OTHER_SENSES[int(random.integers(len(_OTHER_SENSES)))]
        if sense is Sense.NONSENSE:
            return Meaning(sense=sense)
    else:
        sense = Sense.DO
    colour, shape = _drawn(random, COLOURS, open_share=0.15), _drawn(random, SHAPES, open_share=0.25)
    place = _drawn(random, PLACES, open_share=0.75)
    tote = "" if sense is Sense.NO_TOTE else _drawn(random, TOTES, open_share=0.0)
    return Meaning(colour, shape, place, tote, sense)


def _drawn(random: np.random.Generator, slot: tuple[str, ...], *, open_share: float) -> str:
    return "" if random.uniform() < open_share else slot[int(random.integers(1, len(slot)))]


def targets(sentences: list[Sentence]) -> NDArray[np.int64]:
    """i64[n, slots]: the right word of every slot."""
    rows = [
        (s.meaning.colour, s.meaning.shape, s.meaning.place, s.meaning.tote, s.meaning.sense.value) for s in sentences
    ]
    return np.array([[slot.index(word) for slot, word in zip(SLOTS, row, strict=True)] for row in rows])


def loss_of(logits: list[Tensor], wanted: Tensor) -> Tensor:
    """Cross-entropy over all slots; of what is no plain instruction only its sense counts."""
    plain = (wanted[:, -1] == 0).float()
    losses = [functional.cross_entropy(one, wanted[:, index], reduction="none") for index, one in enumerate(logits)]
    return (losses[-1] + plain * torch.stack(losses[:-1]).sum(dim=0)).mean()


def teach_reader(
    reader: Reader,
    *,
    seed: int,
    steps: int,
    rate: float = 3e-3,
    progress: Callable[[int, int, dict[str, float]], None],
) -> None:
    """Train from made-up sentences of this seed."""
    random = np.random.default_rng((seed, 0x5EED))
    speakers = Speaker(random, typing_share=_SLIPS), Speaker(random, forms=PLAIN, typing_share=_SLIPS)
    optimiser = torch.optim.AdamW(reader.parameters(), lr=rate, weight_decay=1e-2)
    reader.train()
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=rate, total_steps=steps)
    for step in range(steps):
        reader.dropped.p = _eased(_DROPPED, step / steps)
        exchanged = _eased(_EXCHANGED, step / steps)
        sentences = [_said(speakers, random, exchanged=exchanged) for _ in range(_BATCH)]
        codes = torch.from_numpy(encode([sentence.text for sentence in sentences]))
        codes = torch.where(torch.rand(codes.shape[:2])[:, :, None] < 0.03, 0, codes)
        logits = reader(codes)
        loss = loss_of(logits, torch.from_numpy(targets(sentences)))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step % 50 == 0 or step == steps - 1:
            progress(step, steps, {"reading": float(loss.detach())})
    reader.eval()


def _eased(ends: tuple[float, float], done: float) -> float:
    """From the first to the second, in a straight line between the hard part of the training and the easy one."""
    return float(np.interp(done, (_HARD, _EASY), ends))


def _said(speakers: tuple[Speaker, Speaker], random: np.random.Generator, *, exchanged: float) -> Sentence:
    speaker, meaning = speakers[random.uniform() < _PLAIN], draw_meaning(random)
    order = meaning.sense is Sense.DO
    crossed = random.uniform() < _CROSSED
    among_others = random.uniform() < exchanged

    def reworded(form: str) -> str:
        if crossed:
            form = _CROSSING.of_order(form, random) if order else _CROSSING.of_undoable(form, random)
        if among_others:
            form = exchange(form, random) if order else surround(form, random)
        return form

    return speaker.say(meaning, reworded=reworded)


def reading_figures(reader: Reader, *, seed: int, count: int = 3000) -> dict[str, float]:
    """Shares of sentences that are read wholly right, in forms known from training and in new ones."""
    figures: dict[str, float] = {}
    for index, (name, forms) in enumerate((("known forms", TRAINING), ("new forms", CHECKING))):
        random = np.random.default_rng((seed, 0x0EAD, index))
        speaker = Speaker(random, forms=forms)
        sentences = [speaker.say(draw_meaning(random)) for _ in range(count)]
        with torch.inference_mode():
            logits = reader(torch.from_numpy(encode([sentence.text for sentence in sentences])))
        read = torch.stack([one.argmax(dim=1) for one in logits], dim=1).numpy()
        wanted = targets(sentences)
        plain = wanted[:, -1] == 0
        right = np.where(plain, (read == wanted).all(axis=1), read[:, -1] == wanted[:, -1])
        figures[name] = round(float(right.mean()), 4)
    return figures
