"""A recording behind the interface of a live cell: same messages, commands impossible."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from runtime.messages.requests import Body
from runtime.recording.playback import CATCH_UP_NS, Playback
from runtime.recording.reader import Recorded, UnreadableRecording, read, read_facts
from twin_app.bridge.past import PastEvents, PastReader
from twin_app.bridge.source import CommandsImpossible, Delivery, Transport
from twin_app.model.arrival import Arrival
from twin_app.model.readers import readers
from twin_app.model.state import Playhead, SourceKind

BEAT_S = 0.01
READ_S = 0.006
REST_S = 0.003
"""How long the thread reads ahead for the trends, and then leaves the interpreter to the window."""

COARSE_NS = 100_000_000
FINE_NS = 10_000_000


class ReplaySource:
    """The `Source` and `Transport` of a file. Raises `UnreadableRecording` for a file that is none."""

    kind = SourceKind.REPLAY

    def __init__(self, file: Path, *, playing: bool = True) -> None:
        facts = read_facts(file)
        self._file = file
        self.wall_offset_ns = facts.wall_minus_monotonic_ns
        self._lock = threading.Lock()
        self._arrivals: list[Arrival] = []
        self._past: list[Arrival] = []
        self._readers = readers()
        self._events = PastEvents()
        self._rewound = False
        self._begun: list[Arrival] | None = None
        """After a jump: what the next delivery begins with. It comes in one piece, so that nothing flickers."""

        self._owing = False
        """Whether the last jump went past what had been read, so that events before it are still missing."""

        self._playhead = Playhead(0, 0, 0, playing, 1.0, file.name, loaded=0.0)
        self._wishes: queue.SimpleQueue[Callable[[Playback], None]] = queue.SimpleQueue()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="console-replay", daemon=True)
        self._begin_playing = playing

    @property
    def transport(self) -> Transport:
        """Itself."""
        return self

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def collect(self) -> Delivery:
        """Everything since the last call, and where the playhead stands."""
        with self._lock:
            arrivals, self._past, self._arrivals = (*self._past, *self._arrivals), [], []
            rewound, self._rewound = self._rewound, False
            playhead = self._playhead
        return Delivery(arrivals, playhead.now_ns, playhead=playhead, rewound=rewound)

    def ask(self, body: Body) -> str:
        """There is nobody to ask."""
        raise CommandsImpossible(f"{type(body).__name__}: this is a replay of {self._file.name}")

    def stop_now(self, *, ending: bool = False) -> None:
        """There is nothing to stop."""

    def close(self) -> None:
        """End the thread."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2.0)

    def play(self, *, playing: bool) -> None:
        """Run or hold; from the end it starts over."""

        def wish(playback: Playback) -> None:
            if not playing:
                playback.pause()
                return
            if playback.ended:
                self._jump(playback, playback.extent.first_ns)
            playback.play()

        self._wishes.put(wish)

    def seek(self, moment_ns: int) -> None:
        """Jump."""
        self._wishes.put(lambda playback: self._jump(playback, moment_ns))

    def step(self, *, forward: bool, fine: bool) -> None:
        """A tenth of a second, or 10 ms; the replay pauses."""
        length_ns = (FINE_NS if fine else COARSE_NS) * (1 if forward else -1)

        def wish(playback: Playback) -> None:
            playback.pause()
            self._jump(playback, playback.head_ns + length_ns)

        self._wishes.put(wish)

    def set_speed(self, speed: float) -> None:
        """As a factor of the cell's time."""

        def wish(playback: Playback) -> None:
            playback.speed = min(max(speed, 0.1), 50.0)

        self._wishes.put(wish)

    def _jump(self, playback: Playback, moment_ns: int) -> None:
        """What leads up to a moment: the events from the recording's beginning, then what the playback delivers."""
        playback.seek(moment_ns)
        self._begun = self._events.before(playback.head_ns - CATCH_UP_NS)
        self._owing = playback.head_ns - CATCH_UP_NS > self._events.read_ns

    def _run(self) -> None:
        playback: Playback | None = None
        past: Iterator[Recorded] = iter(())
        try:
            playback = Playback(self._file)
            past = read(self._file, damage=playback.damage)
            if self._begin_playing:
                playback.play()
            self._play(playback, past)
        except UnreadableRecording as trouble:
            self._say_trouble(str(trouble))
        finally:
            getattr(past, "close", lambda: None)()
            if playback is not None:
                playback.close()

    def _play(self, playback: Playback, past: Iterator[Recorded]) -> None:
        loaded_ns: int | None = playback.extent.first_ns
        while not self._ending.is_set():
            while not self._wishes.empty():
                self._wishes.get()(playback)
            self._publish(playback, [_arrival(entry) for entry in playback.due(now_ns=time.monotonic_ns())], loaded_ns)
            if loaded_ns is None:
                self._ending.wait(BEAT_S)
            else:
                loaded_ns = self._read_past(past, loaded_ns)
                if self._owing and self._events.read_ns >= playback.head_ns - CATCH_UP_NS:
                    self._jump(playback, playback.head_ns)

    def _read_past(self, past: Iterator[Recorded], loaded_ns: int) -> int | None:
        """Read ahead for a moment; returns how far, None at the end."""
        read_up = PastReader(self._readers)
        until_s = time.monotonic() + READ_S
        ended = True
        for entry in past:
            loaded_ns = entry.log_ns
            read_up.take(entry)
            self._events.take(entry)
            if time.monotonic() > until_s:
                ended = False
                break
        with self._lock:
            self._past += read_up.arrivals()
        self._ending.wait(REST_S)
        return None if ended else loaded_ns

    def _publish(self, playback: Playback, arrivals: list[Arrival], loaded_ns: int | None) -> None:
        first_ns, last_ns = playback.extent.first_ns, playback.extent.last_ns
        length_ns = max(1, last_ns - first_ns)
        loaded = 1.0 if loaded_ns is None else (loaded_ns - first_ns) / length_ns
        trouble = "" if playback.extent.complete else "cut off: what was written last is missing"
        if playback.damage:
            where = "one place" if len(playback.damage) == 1 else f"{len(playback.damage)} places"
            trouble = f"damaged in {where}: what was written there is missing"
        if last_ns == 0:
            trouble = "there is no message in it"
        head = Playhead(
            first_ns, last_ns, playback.head_ns, playback.playing, playback.speed, self._file.name, loaded, trouble
        )
        with self._lock:
            if self._begun is not None:
                self._arrivals, self._rewound, self._begun = self._begun, True, None
            self._arrivals += arrivals
            self._playhead = head

    def _say_trouble(self, words: str) -> None:
        head = self._playhead
        with self._lock:
            self._playhead = Playhead(head.start_ns, head.end_ns, head.now_ns, False, head.speed, head.file, 1.0, words)


def _arrival(entry: Recorded) -> Arrival:
    return Arrival(entry.topic.name, entry.message, entry.log_ns, entry.pixels)
