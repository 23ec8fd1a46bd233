"""Clients that misbehave: our servers refuse them by name, go on serving others, and nothing of theirs is run."""

from __future__ import annotations

import os
import socket
import threading
import time
from typing import Any

import grpc
import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.sync.server import ServerConnection

from plugins.groot.dialects import Dialect, pack, unpack
from plugins.lerobot_async.messages import SERVICE, payload_message, piece_message, pieces
from plugins.lerobot_async.pickle_writer import Record, dump
from plugins.openpi.client import OpenpiTransport
from plugins.openpi.wire import pack as pack_openpi
from runtime.link.questions import Asker
from runtime.policy_servers.exchange import Look, ServerTrouble
from runtime.policy_servers.standing import Phase
from tests.support.hostile_servers import after_metadata, openpi_that
from tests.support.policy_servers import KEEPS_GRPC, Echo, client_of, own_mapping, server_of, until_phase

GOOD: dict[str, Any] = {
    "observation/overhead": np.zeros((128, 128, 3), np.uint8),
    "observation/wrist": np.zeros((128, 128, 3), np.uint8),
    "observation/joint_position": np.zeros(7),
    "observation/joint_velocity": np.zeros(7),
    "observation/gripper_width": np.array([0.04]),
    "prompt": "put the red cube in the left tote",
}


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in GOOD.items() if name != key}


OPENPI = [
    (b"\xc1", "no msgpack"),
    ("hello", "text came"),
    (pack_openpi({}), "expected float[7], came nothing"),
    (pack_openpi({**GOOD, "prompt": 7}), "prompt: expected text, came a int"),
    (pack_openpi(without("observation/wrist")), "observation/wrist: expected uint8[128, 128, 3], came nothing"),
    (pack_openpi({**GOOD, "observation/wrist": np.zeros((64, 64, 3), np.uint8)}), "came uint8[64, 64, 3]"),
    (pack_openpi({**GOOD, "observation/wrist": np.zeros((0, 128, 128, 3), np.uint8)}), "came uint8[0, 128, 128, 3]"),
    (pack_openpi({**GOOD, "observation/joint_position": np.zeros(6)}), "came float64[6]"),
    (pack_openpi({**GOOD, "observation/joint_position": np.full(7, np.nan)}), "expected finite float[7]"),
    (pack_openpi({**GOOD, "observation/joint_position": np.zeros(7, np.int64)}), "came int64[7]"),
    (pack_openpi({**GOOD, "celltwin": {"number": "x"}}), "celltwin: "),
]


def test_a_connection_that_is_closed_under_openpis_client_broke_off() -> None:
    with server_of("openpi", Echo()) as server:
        transport = OpenpiTransport(server.address, own_mapping("openpi"), threading.Event())
        transport.open(timeout_s=5.0)
        try:
            vars(transport)["_socket"].socket.close()
            with pytest.raises(ServerTrouble, match="broke off"):
                transport.ask(Look(1, {}, {}, "put it there"), timeout_s=5.0)
        finally:
            transport.close()


def test_a_reply_that_openpi_gave_twice_does_not_answer_the_next_look() -> None:
    again = threading.Event()

    def twice(client: ServerConnection) -> None:
        for number in (1, 2):
            client.send(pack_openpi({"actions": np.full((8, 8), number)}))
        again.set()

    with openpi_that(after_metadata(twice)) as address:
        transport = OpenpiTransport(address, own_mapping("openpi"), threading.Event())
        transport.open(timeout_s=5.0)
        try:
            assert transport.ask(Look(1, {}, {}, "put it there"), timeout_s=5.0).arrays["actions"][0, 0] == 1
            assert again.wait(5.0)
            time.sleep(0.1)  # the second one is here by now
            with pytest.raises(ServerTrouble, match="without being asked"):
                transport.ask(Look(2, {}, {}, "put it there"), timeout_s=5.0)
        finally:
            transport.close()


def test_openpis_server_tells_a_bad_look_as_text_and_serves_the_next_client(caplog: pytest.LogCaptureFixture) -> None:
    echo = Echo()
    with server_of("openpi", echo) as server:
        for frame, said in OPENPI:
            with connect(server.address, compression=None, proxy=None) as client:
                client.recv()
                client.send(frame)
                refusal = client.recv()
                assert isinstance(refusal, str)
                assert said in refusal
                with pytest.raises(ConnectionClosed):
                    client.recv()
        with connect(server.address, compression=None, proxy=None, max_size=None) as client:
            client.recv()
            client.send(bytes(17 << 20))
            with pytest.raises(ConnectionClosed, match="1009"):
                client.recv()
        with socket.create_connection(("127.0.0.1", int(server.address.rpartition(":")[2]))) as stranger:
            stranger.sendall(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
            stranger.recv(1000)
        with client_of("openpi", server.address) as policy:
            until_phase(policy, Phase.READY)
    assert not caplog.records
    assert all(np.isfinite(seen.q_rad).all() for seen in echo.seen)


EMPTY: dict[str, Any] = {"video": {}, "state": {}}
GROOT = [
    (b"\xc1", "no msgpack"),
    (pack([1], Dialect.D3), "requests are maps"),
    (pack({"endpoint": "kill"}, Dialect.D3), "Unknown endpoint: 'kill'"),
    (pack({"endpoint": "get_action"}, Dialect.D3), "data: expected a map"),
    (pack({"endpoint": "get_action", "data": {"observation": 1}}, Dialect.D3), "observation: expected a map"),
    (pack({"endpoint": "get_action", "data": {"observation": EMPTY}}, Dialect.D3), "expected one text"),
]


def test_groots_server_answers_every_bad_question_with_an_error_and_cannot_be_killed_from_afar() -> None:
    with server_of("groot", Echo()) as server:
        for question, said in GROOT:
            asker = Asker(server.address)
            asker.send(question)
            answer = asker.receive(10.0)
            asker.close()
            assert answer is not None
            assert said in unpack(answer)["error"]
        with client_of("groot", server.address) as policy:
            until_phase(policy, Phase.READY)


@KEEPS_GRPC
def test_lerobots_server_runs_no_pickle_and_says_what_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    monkeypatch.setattr(os, "system", ran.append)
    observation = Record("TimedObservation", {"timestamp": 0.0, "timestep": 1, "observation": {}, "must_go": True})
    with server_of("lerobot", Echo()) as server:
        channel = grpc.insecure_channel(server.address)
        instructions = channel.unary_unary(f"/{SERVICE}/SendPolicyInstructions")
        observations = channel.stream_unary(f"/{SERVICE}/SendObservations")
        actions = channel.unary_unary(f"/{SERVICE}/GetActions")
        for call, message, said in [
            (instructions, payload_message(b"cposix\nsystem\n(S'true'\ntR."), "it names posix.system"),
            (instructions, payload_message(dump({"a": 1})), "expected a RemotePolicyConfig"),
            (observations, [piece_message(piece) for piece in pieces(b"cposix\nsystem\n.")], "it names posix.system"),
            (observations, [b"\xff"], "cut off"),
            (observations, [], "without an end"),
        ]:
            with pytest.raises(grpc.RpcError) as refusal:
                call(iter(message) if isinstance(message, list) else message)
            assert said in str(refusal.value)
        observations(iter([piece_message(piece) for piece in pieces(dump(observation))]))
        with pytest.raises(grpc.RpcError, match="joint.0: expected a number"):
            actions(b"")
        channel.close()
        with client_of("lerobot", server.address) as policy:
            until_phase(policy, Phase.READY)
    assert ran == []
