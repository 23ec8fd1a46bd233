"""One server on the line: connects, checks before motion, asks, and connects anew, in a thread of its own.

Whoever asks waits for a bounded time and goes on. An answer that comes later is never read: its connection is
closed, and the next look goes out on a new one that has passed the whole preflight again.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace

from runtime.messages.plan import Signal
from runtime.mistakes import printable
from runtime.policy_servers.bookkeeping import Bookkeeping
from runtime.policy_servers.exchange import (
    Answer,
    Look,
    LookRefused,
    Mismatch,
    Offer,
    OpenTransport,
    ServerTrouble,
    TooLate,
    Transport,
)
from runtime.policy_servers.standing import Checks, Patience, Phase, Standing

FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 2.0
"""Between two attempts to connect: doubled from the first to the longest."""

RECHECK_S = 3.0
"""How often a server that does not fit is looked at again: somebody may have started another one."""

REST_S = 1.0
TIMED_TRIES = 2
"""Inferences that are timed after the first one, which may compile; the faster one counts."""


@dataclass(slots=True)
class _Request:
    look: Look
    posted_s: float
    deadline_s: float
    answer: Answer | None = None
    taken: bool = False
    """The line's thread has sent it."""

    over: bool = False
    """Answered, failed, or given up by whoever asked."""


_HOPELESS = (Phase.REFUSED, Phase.CLOSED)
"""In these nobody waits for an answer."""

AWAY_WAIT_S = 0.08
"""How long a connection that is not ready is waited for with each look; a lost one may be back in that time."""


class _Closing(Exception):
    """The line is being closed."""


@dataclass(slots=True)
class _Shared:
    """What both threads touch, under the lock."""

    standing: Standing = field(default_factory=lambda: Standing(Phase.CONNECTING))
    request: _Request | None = None
    """Posted, and not taken up yet."""

    taken: _Request | None = None
    """Being asked right now."""

    newest: Look | None = None
    doubt: str = ""
    """Why an answer could not be used; the connection is given up because of it."""

    closing: bool = False


class Line:
    """The connection to one server. `ask` and `show` belong to one thread, everything else to the line's own."""

    def __init__(self, open_transport: OpenTransport, checks: Checks, patience: Patience, *, name: str) -> None:
        """Begins to connect at once; `name` is the thread's."""
        self._open_transport = open_transport
        self._checks = checks
        self._patience = patience
        self._books = Bookkeeping()
        self._shared = _Shared()
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def standing(self) -> Standing:
        """How it stands now."""
        with self._changed:
            return self._shared.standing

    def signals(self) -> tuple[Signal, ...]:
        """Latency and errors so far."""
        with self._changed:
            return self._books.signals(connected=self._shared.standing.phase is Phase.READY)

    def show(self, look: Look) -> None:
        """The newest look, to check the server with; nothing is asked with it once the server is known to fit."""
        with self._changed:
            self._shared.newest = look
            self._changed.notify_all()

    def ask(self, look: Look) -> Answer | None:
        """The answer to this look, or None when none came in time; waits at most as long as a reply may take."""
        now_s = time.monotonic()
        request = _Request(look, now_s, now_s + self._patience.reply_s)
        with self._changed:
            self._shared.newest = look
            self._shared.request = request
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._is_settled(request), timeout=min(AWAY_WAIT_S, self._patience.reply_s))
            if self._shared.standing.phase is Phase.READY or request.taken:
                left_s = max(0.0, request.deadline_s - time.monotonic())
                self._changed.wait_for(lambda: self._is_settled(request), timeout=left_s)
            if request.answer is None and request.taken and time.monotonic() >= request.deadline_s:
                self._books.late += 1
            self._shared.request = None
            request.over = True
            return request.answer

    def _is_settled(self, request: _Request) -> bool:
        return request.over or self._shared.standing.phase in _HOPELESS

    def doubt(self, why: str) -> None:
        """An answer could not be used: give this connection up, and let the server pass the whole preflight again."""
        with self._changed:
            self._shared.doubt = why
            self._changed.notify_all()

    def close(self, *, timeout_s: float = 5.0) -> None:
        """End the thread; an exchange under way is waited for at most so long."""
        with self._changed:
            self._shared.closing = True
            self._changed.notify_all()
        self._closing.set()
        self._thread.join(timeout_s)

    # ── the line's own thread ────────────────────────────────────────────────────────────────────

    def _run(self) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                phase = self._one_connection()
                if phase is Phase.REFUSED:
                    pause_s = RECHECK_S
                else:
                    pause_s = FIRST_PAUSE_S if phase is Phase.READY else min(2.0 * pause_s, LONGEST_PAUSE_S)
                self._pause(pause_s)
            except _Closing:
                self._stand(Standing(Phase.CLOSED))
                return

    def _one_connection(self) -> Phase:
        """Connect, check, serve until it ends. Returns how far it had come."""
        reached = Phase.CONNECTING
        transport: Transport | None = None
        try:
            transport = self._open_transport(self._closing)
            offer = transport.open(timeout_s=self._patience.connect_s)
            self._note(connections=1)
            if mismatches := self._preflight(transport, offer):
                self._stand(Standing(Phase.REFUSED, mismatches=mismatches, server=printable(offer.words)))
                return Phase.REFUSED
            self._stand(Standing(Phase.READY, trouble=self.standing().trouble, server=printable(offer.words)))
            reached = Phase.READY
            self._serve(transport)
        except ServerTrouble as trouble:
            self._fail(str(trouble))
        except _Closing:
            raise
        except Exception as trouble:  # noqa: BLE001 - the thread's edge: a protocol's code may fail in any way, and it is told
            self._fail(": ".join(filter(None, (type(trouble).__name__, str(trouble)))))
        finally:
            if transport is not None:
                transport.close()
        return reached

    def _preflight(self, transport: Transport, offer: Offer) -> tuple[Mismatch, ...]:
        """What does not fit, from the server's own words to a timed inference. Nothing of it moves anything."""
        if mismatches := self._checks.offer(offer):
            return mismatches
        before = self.standing()
        if before.phase is not Phase.REFUSED:
            self._stand(Standing(Phase.CHECKING, trouble=before.trouble, server=printable(offer.words)))
        slow: tuple[Mismatch, ...] = ()
        for number in range(1 + TIMED_TRIES):
            mismatches, took_s = self._try(transport)
            if mismatches:
                return mismatches
            slow = self._checks.latency(took_s)
            if number > 0 and not slow:
                return ()
        return slow

    def _try(self, transport: Transport) -> tuple[tuple[Mismatch, ...], float]:
        """One inference that nobody obeys: what does not fit, and how long it took."""
        look = self._await_look().dried()
        began_s = time.monotonic()
        try:
            answer = transport.ask(look, timeout_s=self._patience.first_reply_s)
        except LookRefused as refusal:
            return (Mismatch("dry inference", "an answer", str(refusal)),), 0.0
        took_s = time.monotonic() - began_s
        self._raise_if_closing()
        return self._checks.answer(answer, look), took_s

    def _serve(self, transport: Transport) -> None:
        """Answer requests until something raises."""
        while True:
            request = self._await_request()
            if request is None:
                transport.rest()
                continue
            left_s = max(0.001, request.deadline_s - time.monotonic())
            try:
                answer = transport.ask(request.look, timeout_s=left_s)
            except TooLate:
                raise self._too_late() from None
            self._hand_over(request, answer)

    def _hand_over(self, request: _Request, answer: Answer) -> None:
        with self._changed:
            self._shared.taken = None
            if request.over:
                raise self._too_late()
            request.answer = answer
            request.over = True
            self._books.answered_in(time.monotonic() - request.posted_s, server_s=answer.server_s)
            if self._shared.standing.trouble:
                self._shared.standing = replace(self._shared.standing, trouble="")
            self._changed.notify_all()

    def _too_late(self) -> TooLate:
        return TooLate(f"no answer within {self._patience.reply_s * 1e3:.0f} ms")

    def _await_request(self) -> _Request | None:
        """The next request, or None after a second without one."""
        shared = self._shared
        with self._changed:
            self._changed.wait_for(lambda: shared.request or shared.closing or shared.doubt, timeout=REST_S)
            self._raise_if_closing()
            doubt, shared.doubt = shared.doubt, ""
            if doubt:
                raise ServerTrouble(doubt)
            self._shared.taken, self._shared.request = self._shared.request, None
            if self._shared.taken is not None:
                self._shared.taken.taken = True
            return self._shared.taken

    def _await_look(self) -> Look:
        with self._changed:
            self._changed.wait_for(lambda: self._shared.newest is not None or self._shared.closing)
            self._raise_if_closing()
            assert self._shared.newest is not None
            return self._shared.newest

    def _pause(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._shared.closing, timeout=seconds)
            self._raise_if_closing()

    def _raise_if_closing(self) -> None:
        if self._shared.closing:
            raise _Closing

    def _stand(self, standing: Standing) -> None:
        with self._changed:
            self._shared.standing = standing
            self._changed.notify_all()

    def _fail(self, trouble: str) -> None:
        with self._changed:
            if self._shared.taken is not None:
                self._shared.taken.over = True
            self._shared.taken = None
            self._books.troubles += 1
            self._shared.standing = Standing(Phase.AWAY, trouble=trouble)
            self._changed.notify_all()

    def _note(self, *, connections: int) -> None:
        with self._changed:
            self._books.connections += connections
