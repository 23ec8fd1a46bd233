"""When which topic is due: steady grids that neither drift nor catch up."""

from __future__ import annotations

from collections.abc import Iterable

from runtime.messages.topics import Topic


class Timetable:
    """Due times of topics with a steady rate."""

    def __init__(self, topics: Iterable[Topic]) -> None:
        self._periods_ns = {topic.name: int(1e9 / topic.rate_hz) for topic in topics}
        self._due_ns = dict.fromkeys(self._periods_ns, 0)

    def due(self, topic: Topic, now_ns: int) -> bool:
        """Whether it is time; moves the topic on to its next time if so."""
        if now_ns < self._due_ns[topic.name]:
            return False
        period_ns = self._periods_ns[topic.name]
        following = self._due_ns[topic.name] + period_ns
        self._due_ns[topic.name] = following if following > now_ns else now_ns + period_ns
        return True

    def sent_early(self, topic: Topic, now_ns: int) -> None:
        """The topic went out before its time because it changed: count the period from here."""
        self._due_ns[topic.name] = now_ns + self._periods_ns[topic.name]
