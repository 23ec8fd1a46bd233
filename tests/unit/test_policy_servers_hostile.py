"""Whatever a server does: no chunk comes of it, `infer` returns in time, and the reason is told by name."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from http import HTTPStatus
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from plugins.lerobot_async.pickle_writer import Record, Tensor
from runtime.messages.policy import PolicyStatus
from runtime.plugin_host import discover
from runtime.policy_servers.remote_policy import RemotePolicy
from runtime.policy_servers.serving import PolicyServer
from runtime.policy_servers.standing import Phase
from runtime.ports import Proposal
from runtime.system2.answers import checked
from tests.support import hostile_servers as hostile
from tests.support.hostile_servers import HUGE, SpoiltAnswers
from tests.support.policy_servers import (
    CASES,
    CELL,
    KEEPS_GRPC,
    PLUGINS,
    Echo,
    client_of,
    observation,
    own_mapping,
    server_of,
    until,
    until_phase,
)

HEAT = {"camera": "wrist", "width": 2, "height": 2}
LARGEST_HEAT = {"camera": "wrist", "width": 128, "height": 128, "cells": bytes(128 * 128)}
SLOWEST_S = 5.0
"""`infer` waits 0.09 s; the rest is a busy machine's. A server that hangs does so for far longer."""


def assert_nothing_moves(proposal: Proposal) -> None:
    assert (proposal.gripper_in_base, proposal.joints_rad) == ((), ())
    assert proposal.obstacle
    assert proposal.status is PolicyStatus.WORKING


def settle(policy: RemotePolicy) -> Proposal:
    """Show looks until the server was found unfit or away; every call returns in time."""
    number = 0
    proposal: Proposal | None = None

    def settled() -> bool:
        nonlocal number, proposal
        number += 1
        began_s = time.monotonic()
        proposal = policy.infer(observation(number))
        assert time.monotonic() - began_s < SLOWEST_S
        assert proposal.gripper_in_base == ()
        return policy.standing().phase in (Phase.REFUSED, Phase.AWAY)

    until(settled, patience_s=20.0)
    final = policy.infer(observation(number + 1))
    assert_nothing_moves(final)
    return final


# ── what a server may answer that makes no sense ─────────────────────────────────────────────────


@contextmanager
def spoilt_server(
    protocol: str,
    *,
    rows: Callable[[Any], Any] = lambda rows: rows,
    words: Callable[[Any], Any] = lambda words: words,
    from_start: bool = True,
) -> Iterator[tuple[PolicyServer, SpoiltAnswers]]:
    served = SpoiltAnswers(Echo(), CELL, own_mapping(protocol), name="echo", version="1.0")
    served.spoil_rows, served.spoil_words, served.spoils = rows, words, from_start
    server = discover(PLUGINS).load_server(protocol)(served, host="127.0.0.1", port=0)
    try:
        yield server, served
    finally:
        server.close()


def scaled(factors: Sequence[float]) -> Callable[[Any], Any]:
    """Each column times its factor."""
    return lambda rows: rows * np.array(factors, dtype=np.float32)


ROWS: list[tuple[str, Callable[[Any], Any], str]] = [
    ("not a number", hostile.nan_rows, "nan in step 2, column 1"),
    ("too few steps", lambda rows: rows[:3], "expected 4 steps or more, came 3 steps"),
    ("a column too many", lambda rows: np.hstack([rows, rows[:, :1]]), "float[4 or more, 8], came float32[8, 9]"),
    ("millimetres", scaled([1000] * 3 + [1] * 5), "within 2 m of the gripper"),
    ("no rotation", scaled([1] * 3 + [0] * 4 + [1]), "quaternion of length 0"),
    ("a gripper of 40 m", scaled([1] * 7 + [1000]), "gripper width: expected 0…0.08"),
]


@pytest.mark.parametrize("protocol", CASES)
@pytest.mark.parametrize(("name", "spoil", "said"), ROWS, ids=[row[0] for row in ROWS])
def test_actions_that_do_not_fit_are_refused_before_motion_by_name(
    protocol: str, name: str, spoil: Callable[[Any], Any], said: str
) -> None:
    with spoilt_server(protocol, rows=spoil) as (server, _), client_of(protocol, server.address) as policy:
        proposal = settle(policy)
    assert policy.standing().phase in (Phase.CLOSED, Phase.REFUSED)
    assert said in proposal.obstacle
    assert "does not fit this cell" in proposal.obstacle


@pytest.mark.parametrize("protocol", CASES)
def test_an_answer_that_turns_bad_while_driving_becomes_no_chunk_and_the_server_is_checked_again(protocol: str) -> None:
    with (
        spoilt_server(protocol, rows=hostile.nan_rows, from_start=False) as (server, served),
        client_of(protocol, server.address) as policy,
    ):
        assert until_phase(policy, Phase.READY).gripper_in_base
        served.spoils = True
        bad = policy.infer(observation(900))
        assert_nothing_moves(bad)
        assert "nan in step 2" in bad.obstacle
        assert "nan in step 2" in settle(policy).obstacle
        served.spoils = False
        assert until_phase(policy, Phase.READY, patience_s=20.0).gripper_in_base


@pytest.mark.parametrize("protocol", CASES)
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (lambda words: {**words, "number": -5}, "the answer is to look -5"),
        (lambda words: {**words, "confidence": float("nan")}, "confidence = nan"),
        (lambda words: {**words, "status": "dancing"}, "dancing"),
        (lambda words: {**words, "confidence": 1.5}, "confidence = 1.5, must be within 0…1"),
        (lambda words: {**words, "step_period_s": 1e300}, "step_period_s = 1e+300, must be within 0.005…1"),
        (lambda words: {**words, "phase": "x" * 5000}, "phase has 5000 letters"),
        (lambda words: {**words, "heat": [{**HEAT, "cells": b"12"}]}, "heat of wrist: 2 × 2 with 2 cells"),
        (lambda words: {**words, "heat": [LARGEST_HEAT] * 40}, "heat takes"),
        (lambda words: {**words, "signals": [{"name": "a\x1b[2J", "value": 1.0}]}, "can be printed"),
        (lambda words: {}, "make no sense"),
    ],
)
def test_words_of_our_own_server_that_make_no_sense_are_refused(
    protocol: str, words: Callable[[Any], Any], said: str
) -> None:
    with spoilt_server(protocol, words=words) as (server, _), client_of(protocol, server.address) as policy:
        assert said in settle(policy).obstacle


# ── servers that hang, drip, break off, or speak something else ──────────────────────────────────


@pytest.mark.parametrize("protocol", CASES)
def test_a_server_that_hangs_from_a_look_on_costs_one_bounded_wait_and_is_found_again(protocol: str) -> None:
    echo, free = Echo(), threading.Event()
    free.set()
    echo.before_answer = lambda: (free.wait(20.0), None)[1]
    with server_of(protocol, echo) as server, client_of(protocol, server.address, patient=False) as policy:
        until_phase(policy, Phase.READY, patience_s=40.0)
        free.clear()
        began_s = time.monotonic()
        hung = policy.infer(observation(500))
        assert time.monotonic() - began_s < SLOWEST_S
        assert hung.gripper_in_base == ()
        until(lambda: policy.standing().phase is not Phase.READY)
        assert_nothing_moves(policy.infer(observation(501)))
        free.set()
        found = until_phase(policy, Phase.READY, patience_s=20.0)
        signals = {signal.name: signal.value for signal in found.signals}
        assert signals["late"] >= 1
        assert signals["reconnects"] >= 1


def break_off(client: Any) -> None:
    client.socket.close()


def converses(answers: Callable[[Any], object]) -> Callable[[], AbstractContextManager[str]]:
    """An openpi server that begins well and misbehaves at every look."""
    return lambda: hostile.openpi_that(hostile.after_metadata(answers))


def greets(answers: Callable[[Any], object]) -> Callable[[], AbstractContextManager[str]]:
    """An openpi server that misbehaves from its first word."""
    return lambda: hostile.openpi_that(answers)


def replies(frame: bytes | None) -> Callable[[], AbstractContextManager[str]]:
    """A GR00T server that answers every observation with this frame."""
    return lambda: hostile.groot_that(lambda question: frame)


def gives(actions: bytes | object) -> Callable[[], AbstractContextManager[str]]:
    """A LeRobot server that gives these message bytes, or the pickle of this, as actions."""
    return lambda: hostile.lerobot_that(
        lambda: actions if isinstance(actions, bytes) else hostile.chunk_message(actions)
    )


def says_empty_metadata(client: Any) -> None:
    client.send(b"\x80")
    client.recv()


def timed(step: int) -> Record:
    return Record("TimedAction", {"timestamp": 0.0, "timestep": step, "action": Tensor(np.zeros(8, np.float32))})


TRACEBACK = "Traceback (most recent call last):\n  …\nValueError: no weights\n"
HOSTILE: list[tuple[str, str, Callable[[], AbstractContextManager[str]], str]] = [
    ("openpi", "drips", converses(hostile.drip), "no answer within"),
    ("openpi", "closes half-way", converses(break_off), "broke off"),
    ("openpi", "closes", converses(lambda client: client.close()), "closed the connection"),
    ("openpi", "huge frame", converses(lambda client: client.send(bytes(HUGE))), "16777216 bytes is refused"),
    ("openpi", "traceback", converses(lambda client: client.send(TRACEBACK)), "ValueError: no weights"),
    ("openpi", "json", greets(lambda client: client.send('{"hello": 1}')), 'the server says: {"hello": 1}'),
    ("openpi", "other msgpack", greets(lambda client: client.send(b"\x91\x01")), "a list instead of a map"),
    ("openpi", "no metadata", greets(lambda client: client.recv()), "no answer within 3000 ms"),
    ("openpi", "foreign", greets(says_empty_metadata), "somebody else's server"),
    ("openpi", "ill", lambda: hostile.openpi_that(print, health=HTTPStatus.SERVICE_UNAVAILABLE), "/healthz says 503"),
    ("groot", "never answers", replies(None), "no answer within"),
    ("groot", "huge frame", replies(bytes(HUGE)), "17825792 bytes is refused"),
    ("groot", "error", replies(b"\x81\xa5error\xa6no GPU"), "the server says: no GPU"),
    ("groot", "raw error", replies(b"ERROR"), "failed without a word"),
    ("groot", "garbage", replies(b"\xc1"), "no msgpack"),
    ("groot", "flat action", replies(b"\x80"), "no pair of action and info"),
    ("groot", "text action", replies(b"\x92\xa1x\x80"), "the action is a str"),
    ("lerobot", "nothing", gives(b""), "answers nothing"),
    ("lerobot", "huge message", gives(bytes(HUGE)), "16777216 bytes is refused"),
    ("lerobot", "garbage", gives(b"\x0a\x03abc"), "no pickle of this protocol"),
    ("lerobot", "cut off", gives(b"\x0a\xff\x01abc"), "cut off"),
    ("lerobot", "a map", gives({"actions": 1}), "must be a list"),
    ("lerobot", "numbers", gives([1, 2]), "no TimedAction"),
    ("lerobot", "another look's", gives([timed(99)]), "actions for step 99"),
]


HOSTILE_CASES = [
    pytest.param(*row, id=f"{row[0]} {row[1]}", marks=[KEEPS_GRPC] if row[0] == "lerobot" else []) for row in HOSTILE
]


@pytest.mark.parametrize(("protocol", "name", "server", "said"), HOSTILE_CASES)
def test_a_server_that_misbehaves_on_the_wire_is_named_and_moves_nothing(
    protocol: str, name: str, server: Callable[[], AbstractContextManager[str]], said: str
) -> None:
    with server() as address, client_of(protocol, address, changes="first_reply_within_s = 0.5\n") as policy:
        assert said in settle(policy).obstacle


@pytest.mark.parametrize("protocol", CASES)
@pytest.mark.parametrize("says", [b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"\x00" * 64, b"HTTP/1.1 404 Not Found\r\n\r\n"])
def test_a_stranger_at_the_address_is_no_server(protocol: str, says: bytes, caplog: pytest.LogCaptureFixture) -> None:
    with hostile.stranger(says) as port:
        front = {"openpi": "ws://", "groot": "tcp://", "lerobot": ""}[protocol]
        with client_of(protocol, f"{front}127.0.0.1:{port}") as policy:
            proposal = settle(policy)
    assert f"127.0.0.1:{port}: no connection" in proposal.obstacle
    assert not caplog.records


@pytest.mark.parametrize("protocol", CASES)
def test_nobody_at_the_address_is_told_with_the_address(protocol: str) -> None:
    front = {"openpi": "ws://", "groot": "tcp://", "lerobot": ""}[protocol]
    with hostile.stranger(b"") as port:
        pass
    with client_of(protocol, f"{front}127.0.0.1:{port}") as policy:
        assert f"127.0.0.1:{port}: no connection" in settle(policy).obstacle


def test_however_long_what_does_not_fit_is_called_the_cell_can_show_it() -> None:
    mapping = own_mapping("groot")
    strange = replace(mapping, camera=(replace(mapping.camera[0], camera="\x1b[2J" + "x" * 5000),))
    policy = RemotePolicy(CELL, strange, lambda closing: pytest.fail("it connects"), address="tcp://nowhere:1")
    proposal = checked(policy.infer(observation()))
    assert "\\x1b[2Jxxx" in proposal.obstacle
    assert proposal.obstacle.isprintable()
