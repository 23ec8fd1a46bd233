"""Calls that are opened and never go on: each is given up by name, and none keeps the server from its client."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import grpc
import pytest

from plugins.lerobot_async import asked
from plugins.lerobot_async.messages import SERVICE, Piece, TransferState, piece_message
from plugins.lerobot_async.server import WORKERS
from runtime.policy_servers.standing import Phase
from tests.support.policy_servers import KEEPS_GRPC, Echo, client_of, server_of, until_phase

pytestmark = KEEPS_GRPC
METHODS = ("SendObservations", "Ready", "GetActions", "SendPolicyInstructions")
BEGINNING = piece_message(Piece(TransferState.BEGIN, b"half of"))


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits in a tenth of the time."""
    monkeypatch.setattr(asked, "PAUSE_S", 0.2)
    monkeypatch.setattr(asked, "WHOLE_S", 1.0)


def hang(channel: grpc.Channel, method: str, over: threading.Event, *, first: bytes, pause_s: float = 60.0) -> object:
    """Open the call, send this, and then the same again after every pause, without an end."""

    def messages() -> Iterator[bytes]:
        yield first
        while not over.wait(pause_s):
            yield first

    return channel.stream_unary(f"/{SERVICE}/{method}").future(messages(), timeout=30.0)


def refusal(call: object) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.RpcError) as refused:
        call.result(timeout=20.0)  # type: ignore[attr-defined]
    return refused.value.code(), refused.value.details()  # type: ignore[attr-defined]


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("pause_s", [60.0, 0.05], ids=["stops", "drips"])
def test_observations_that_never_end_are_given_up_by_name_and_the_next_client_is_served(pause_s: float) -> None:
    over = threading.Event()
    with server_of("lerobot", Echo()) as server:
        with grpc.insecure_channel(server.address) as channel:
            calls = [
                hang(channel, "SendObservations", over, first=BEGINNING, pause_s=pause_s) for _ in range(2 * WORKERS)
            ]
            refusals = [refusal(call) for call in calls]
            over.set()
        assert {code for code, _ in refusals} == {grpc.StatusCode.INVALID_ARGUMENT}
        assert all("its next message has to come within" in words for _, words in refusals)
        with client_of("lerobot", server.address) as policy:
            assert until_phase(policy, Phase.READY).gripper_in_base


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("method", METHODS)
def test_a_call_without_its_message_is_given_up_too(method: str) -> None:
    over = threading.Event()

    def nothing() -> Iterator[bytes]:
        over.wait(60.0)
        yield from ()

    with server_of("lerobot", Echo()) as server, grpc.insecure_channel(server.address) as channel:
        call = channel.stream_unary(f"/{SERVICE}/{method}").future(nothing(), timeout=30.0)
        assert refusal(call)[0] is grpc.StatusCode.INVALID_ARGUMENT
        over.set()


def test_a_client_that_hangs_does_not_let_a_second_one_in_and_costs_it_no_wait() -> None:
    over = threading.Event()
    with server_of("lerobot", Echo()) as server, grpc.insecure_channel(server.address) as hanging:
        call = hang(hanging, "SendObservations", over, first=BEGINNING)
        with client_of("lerobot", server.address) as policy:
            assert "already serving 127.0.0.1:" in until_phase(policy, Phase.AWAY).obstacle
            assert refusal(call)[0] is grpc.StatusCode.INVALID_ARGUMENT
            over.set()
            hanging.close()
            assert until_phase(policy, Phase.READY).gripper_in_base
