"""The live cell that a benchmark runs beside itself: a name and a data folder of its own, gone afterwards."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory

from runtime.link.subscriber import Received
from runtime.messages import topics
from runtime.messages.topics import Topic
from twin_app.assembly.live import LiveCell
from twin_app.assembly.setup import CellSetup, SessionSetup, absolute_scene

HEARD = (topics.SYSTEM, topics.TASKS, topics.CONTROL, topics.RECEIPTS, topics.EVENTS)


@dataclass(slots=True)
class HeardCell(LiveCell):
    """A live cell whose every message also goes to `ear`."""

    ear: Callable[[Received], None] = field(default=lambda received: None)

    def poll(self, timeout_s: float = 0.05) -> list[Received]:
        """As `LiveCell.poll`."""
        arrived = LiveCell.poll(self, timeout_s)
        for received in arrived:
            self.ear(received)
        return arrived


def cell_setup(scene: str, seed: int) -> CellSetup:
    """A cell that no other run of this machine knows."""
    return CellSetup(cell=f"bench-{os.getpid()}", scene=absolute_scene(scene), seed=seed)


@contextmanager
def running_cell(setup: CellSetup, *, autostart: bool, also: tuple[Topic, ...] = ()) -> Iterator[HeardCell]:
    """A cell that is ready; ended in order, the arm first. Raises `UserMistake` when it does not come up."""
    with TemporaryDirectory(prefix="celltwin-bench-") as folder:
        session = SessionSetup(cell=setup, data_folder=folder, autostart=autostart, ends_with_parent=True)
        live = HeardCell(session, listen=(*HEARD, *also))
        live.start()
        try:
            live.await_ready()
            yield live
        finally:
            live.close()
