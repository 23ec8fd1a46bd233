"""The language encoder: a small bidirectional network over words, and one answer for each slot of meaning."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from plugins.flow_vla.slots import LONG, SENSES, SLOTS, Reading
from plugins.flow_vla.words import BUCKETS, EMPTY, encode, tokens, too_long

WIDTH = 64
HIDDEN = 96


class Reader(nn.Module):
    """Sentences to slots. Every slot looks at the words it needs by an attention of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces = nn.EmbeddingBag(BUCKETS, WIDTH, mode="mean", padding_idx=EMPTY)
        self.dropped = nn.Dropout(0.0)
        self.context = nn.GRU(WIDTH, HIDDEN, batch_first=True, bidirectional=True)
        self.attention = nn.Linear(2 * HIDDEN, len(SLOTS))
        self.answers = nn.ModuleList(nn.Linear(2 * HIDDEN, len(slot)) for slot in SLOTS)

    def forward(self, codes: Tensor) -> list[Tensor]:
        """i64[n, words, pieces] → logits of every slot."""
        count, words, pieces = codes.shape
        there = (codes != EMPTY).any(dim=2)
        embedded = self.pieces(codes.reshape(-1, pieces)).reshape(count, words, WIDTH)
        context, _ = self.context(self.dropped(embedded))
        context = self.dropped(context)
        scores = self.attention(context).masked_fill(~there[:, :, None], -1e4)
        gathered = torch.einsum("nws,nwh->nsh", scores.softmax(dim=1), context)
        return [answer(gathered[:, index]) for index, answer in enumerate(self.answers)]

    def read(self, text: str) -> Reading:
        """One sentence. Texts that are none, and those too long to be read whole, are refused without being read."""
        if too_long(text):
            return Reading("", "", "", "", LONG, 1.0, np.zeros(0, dtype=np.float32))
        if not tokens(text):
            return Reading("", "", "", "", SENSES[-1], 1.0, np.zeros(0, dtype=np.float32))
        with torch.inference_mode():
            logits = self(torch.from_numpy(encode([text])))
            shares: list[NDArray[np.float32]] = [one.softmax(dim=1)[0].numpy() for one in logits]
        colour, shape, place, tote, sense = (
            slot[int(share.argmax())] for slot, share in zip(SLOTS, shares, strict=True)
        )
        counts = shares if sense == SENSES[0] else shares[-1:]  # what is not to be done has nothing else to say
        certainty = min(float(share.max()) for share in counts)
        asked = np.concatenate(shares[:2])
        return Reading(colour, shape, place, tote, sense, certainty, asked)
