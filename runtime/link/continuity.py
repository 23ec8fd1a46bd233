"""Which messages of a numbered stream are news, and how many were lost. Pure; used for every topic read."""

from __future__ import annotations

from collections.abc import Iterable


class Continuity:
    """Follows the sequence numbers of several topics, through restarts of their writers."""

    def __init__(self, topics: Iterable[str]) -> None:
        self.lost: dict[str, int] = dict.fromkeys(topics, 0)
        """Messages missed on each topic since it was first heard, also across a writer's restart."""

        self.repeated = 0
        """Messages refused because they, or newer ones, had been taken already."""

        self._last: dict[str, tuple[int, int]] = {}

    def takes(self, topic: str, *, incarnation: int, sequence: int) -> bool:
        """Whether this message is newer than the last of its topic; counts what was skipped between them.

        A late reader starts wherever it comes in. A restarted writer begins at 1, so what is missed there counts.
        """
        known = self._last.get(topic)
        if known is not None:
            if (incarnation, sequence) <= known:
                self.repeated += 1
                return False
            expected = known[1] + 1 if incarnation == known[0] else 1
            self.lost[topic] = self.lost.get(topic, 0) + max(0, sequence - expected)
        self._last[topic] = (incarnation, sequence)
        return True
