"""A live cell: one thread owns the sockets, the window takes what has come and leaves its wishes."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict, deque

from msgspec.structs import replace

from runtime.link.requests import RequestClient
from runtime.link.session import SessionFolder
from runtime.link.shared import BlockTrouble
from runtime.link.stop_flag import StopCause, StopFlag
from runtime.link.subscriber import Subscriber
from runtime.messages.requests import Body, Receipt
from runtime.messages.topics import ORDERS, RECEIPTS, TICKS, TOPICS
from twin_app.bridge.inbox import Inbox
from twin_app.bridge.source import Delivery, Transport
from twin_app.model.arrival import Arrival
from twin_app.model.state import SourceKind

log = logging.getLogger(__name__)

BEAT_S = 0.008
"""The thread looks at its sockets this often, and at once when there is something to send."""

FLAG_CHECK_S = 0.5
FLUSH_S = 0.3
"""At the end: how long a last request may wait for its receipt."""

REMEMBERED = 500
"""Requests whose receipts are still recognised."""

SHOWN = tuple(topic for topic in TOPICS if topic not in (ORDERS, TICKS))


class LiveSource:
    """The `Source` of a running cell. It may end, hang and start anew under the console."""

    kind = SourceKind.LIVE

    def __init__(self, session: SessionFolder, *, asker: str = "console") -> None:
        self._session = session
        self._asker = asker
        self._inbox = Inbox()
        self._wishes: deque[tuple[str, Body]] = deque()
        self._own_ids: OrderedDict[str, str] = OrderedDict()
        self._asked = 0
        self._gaps = 0
        self._wake = threading.Event()
        self._ending = threading.Event()
        self._flag_lock = threading.Lock()
        self._flag = self._attach_flag()
        self._thread = threading.Thread(target=self._run, name="console-link", daemon=True)
        self.wall_offset_ns = time.time_ns() - time.monotonic_ns()

    @property
    def transport(self) -> Transport | None:
        """A live cell cannot be moved about in."""
        return None

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def collect(self) -> Delivery:
        """Everything since the last call."""
        return Delivery(self._inbox.take(), time.monotonic_ns(), self._gaps)

    def ask(self, body: Body) -> str:
        """Leave a request for the thread; its receipts carry the id that is returned."""
        self._asked += 1
        own_id = f"{self._asker}-{self._asked}"
        self._wishes.append((own_id, body))
        self._wake.set()
        return own_id

    def stop_now(self, *, ending: bool = False) -> None:
        """Press the stop flag: a store to shared memory."""
        cause = StopCause.CELL_ENDS if ending else StopCause.PERSON
        with self._flag_lock:
            if self._flag is not None:
                self._flag.set(time.monotonic_ns(), cause)

    def close(self) -> None:
        """End the thread; requests that are still here are sent first."""
        self._ending.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2.0)
        with self._flag_lock:
            if self._flag is not None:
                self._flag.close()
                self._flag = None

    def _run(self) -> None:
        checked_s = time.monotonic()
        with Subscriber(self._session, SHOWN) as subscriber, RequestClient(self._session, self._asker) as client:
            while not self._ending.is_set():
                self._wake.wait(BEAT_S)
                self._wake.clear()
                self._turn(subscriber, client)
                if time.monotonic() - checked_s > FLAG_CHECK_S:
                    checked_s = time.monotonic()
                    self._renew_flag()
            self._flush(subscriber, client)

    def _turn(self, subscriber: Subscriber, client: RequestClient) -> None:
        while self._wishes:
            own_id, body = self._wishes.popleft()
            self._own_ids[client.send(body)] = own_id
            while len(self._own_ids) > REMEMBERED:
                self._own_ids.popitem(last=False)
        for receipt in client.poll():
            self._put_receipt(receipt, time.monotonic_ns())
        for received in subscriber.poll():
            if received.topic is RECEIPTS:
                self._put_receipt(received.message, received.received_ns)
            else:
                arrival = Arrival(received.topic.name, received.message, received.received_ns, received.pixels)
                self._inbox.put(arrival)
        self._gaps = sum(subscriber.gaps.values()) + self._inbox.dropped

    def _put_receipt(self, receipt: Receipt, received_ns: int) -> None:
        own_id = self._own_ids.get(receipt.request_id)
        if own_id is not None:
            self._inbox.put(Arrival(RECEIPTS.name, replace(receipt, request_id=own_id), received_ns))

    def _flush(self, subscriber: Subscriber, client: RequestClient) -> None:
        if not self._wishes:
            return
        self._turn(subscriber, client)
        client.poll(FLUSH_S)

    def _renew_flag(self) -> None:
        with self._flag_lock:
            if self._flag is None:
                self._flag = self._attach_flag()
            else:
                self._flag.renew()

    def _attach_flag(self) -> StopFlag | None:
        try:
            return StopFlag.attach(self._session)
        except BlockTrouble as trouble:
            log.info("the stop flag is not there yet: %s", trouble)
            return None
