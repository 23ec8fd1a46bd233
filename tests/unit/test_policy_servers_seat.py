"""One client at a time: a second one is refused by name, and finds nothing of the first once it is let in."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from plugins.groot.dialects import Dialect, pack, unpack
from runtime.link.peers import is_connected, peer_of, spelt
from runtime.link.questions import Asker
from runtime.messages.tasks import Assignment
from runtime.plugin_host import discover
from runtime.policy_servers.remote_policy import RemotePolicy
from runtime.policy_servers.seat import IDLE_S, Occupied, Seat
from runtime.policy_servers.serving import PolicyServer, ServedPolicy
from runtime.policy_servers.standing import Phase
from tests.support.policy_servers import (
    CASES,
    CELL,
    PLUGINS,
    Echo,
    client_of,
    mapping_path,
    observation,
    own_mapping,
    until,
    until_phase,
)

each_protocol = pytest.mark.parametrize("protocol", CASES)
FIRST, SECOND = "127.0.0.1:1001", "127.0.0.1:1002"


@contextmanager
def server_of_many(protocol: str) -> Iterator[tuple[PolicyServer, list[Echo]]]:
    """The real server with a new echo for every client; yields it with the echoes so far."""
    echoes = [Echo()]

    def another() -> Echo:
        echoes.append(Echo())
        return echoes[-1]

    served = ServedPolicy(echoes[0], CELL, own_mapping(protocol), name="echo", version="1", another=another)
    server = discover(PLUGINS).load_server(protocol)(served, host="127.0.0.1", port=0)
    try:
        yield server, echoes
    finally:
        server.close()


def work(policy: RemotePolicy, *, begins: bool, number: int = 40) -> None:
    """One look of the same task, whoever asks."""
    assignment = Assignment(7, 1, "put the red cube in the left tote")
    policy.begin(assignment) if begins else policy.resume(assignment)
    assert policy.infer(observation(number)).gripper_in_base


@each_protocol
def test_a_second_client_is_refused_by_name_until_the_first_has_gone_and_then_finds_nothing_of_it(
    protocol: str,
) -> None:
    with server_of_many(protocol) as (server, echoes), client_of(protocol, server.address) as first:
        until_phase(first, Phase.READY)
        work(first, begins=True)
        with client_of(protocol, server.address) as second:
            refused = until_phase(second, Phase.AWAY)
            work(first, begins=False, number=41)
            assert refused.gripper_in_base == ()
            assert "already serving 127.0.0.1:" in refused.obstacle
            assert "one client at a time" in refused.obstacle
            assert len(echoes) == 1
            first.close()
            until_phase(second, Phase.READY)
            work(second, begins=False)
    assert [kind for kind, _ in echoes[0].begun] == ["resume", "begin"]
    assert [kind for kind, _ in echoes[1].begun] == ["resume"]
    assert len(echoes) == 2


@each_protocol
def test_a_cell_that_connects_anew_goes_on_with_its_task(protocol: str) -> None:
    with server_of_many(protocol) as (server, echoes), client_of(protocol, server.address) as policy:
        until_phase(policy, Phase.READY)
        work(policy, begins=True)
        assert policy._line is not None
        policy._line.doubt("for a try")
        until(lambda: policy.standing().phase is not Phase.READY)
        until_phase(policy, Phase.READY)
        work(policy, begins=False, number=900)
    assert [kind for kind, _ in echoes[0].begun] == ["resume", "begin"]
    assert len(echoes) == 1


@each_protocol
def test_of_other_peoples_clients_every_connection_begins_a_task_of_its_own(protocol: str, tmp_path: Path) -> None:
    plain = tmp_path / "plain.toml"
    lines = 'policy_type = "act"\npretrained_name_or_path = "some/model"\nactions_per_chunk = 8'
    loads = f"\n[lerobot]\n{lines}\n" if protocol == "lerobot" else ""
    plain.write_text(mapping_path(protocol).read_text().replace("celltwin = true", "") + loads)
    with server_of_many(protocol) as (server, echoes):
        for _ in range(2):
            with client_of(protocol, server.address, mapping=str(plain)) as policy:
                until_phase(policy, Phase.READY)
                work(policy, begins=True)
                work(policy, begins=True, number=41)
    assert [[kind for kind, _ in echo.begun] for echo in echoes] == [["begin"], ["begin"]]


def test_a_policy_that_could_not_begin_a_task_is_not_asked_about_it_with_the_last_one_in_its_head() -> None:
    class Choosy(Echo):
        def begin(self, assignment: Assignment) -> None:
            super().begin(assignment)
            if assignment.task_id == 2:
                raise RuntimeError("not this one")

    policy = Choosy()
    served = ServedPolicy(policy, CELL, own_mapping("openpi"), name="choosy", version="1.0")
    served._begin(Assignment(1, 1, "one"), None)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="not this one"):
            served._begin(Assignment(2, 1, "two"), None)
    served._begin(Assignment(1, 1, "one"), None)
    assert [assignment.task_id for _, assignment in policy.begun] == [1, 2, 2, 1]


def test_whether_it_lives_groots_server_tells_everybody() -> None:
    with server_of_many("groot") as (server, _), client_of("groot", server.address) as policy:
        until_phase(policy, Phase.READY)
        asker = Asker(server.address)
        asker.send(pack({"endpoint": "ping"}, Dialect.D3))
        answer = asker.receive(10.0)
        asker.send(pack({"endpoint": "reset"}, Dialect.D3))
        refusal = asker.receive(10.0)
        asker.close()
    assert answer is not None
    assert refusal is not None
    assert unpack(answer)["status"] == "ok"
    assert "already serving" in unpack(refusal)["error"]


# ── the seat itself ──────────────────────────────────────────────────────────────────────────────


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def seat_of(clock: Clock, is_connected: Callable[[str], bool] = lambda client: True) -> Seat:
    return Seat(clock_s=clock, is_connected=is_connected)


def test_a_silent_client_keeps_its_seat_for_a_while_and_then_only_until_somebody_comes() -> None:
    clock = Clock()
    seat = seat_of(clock)
    with seat.taken_by(FIRST):
        pass
    clock.now_s += 0.9 * IDLE_S
    with pytest.raises(Occupied, match=f"already serving {FIRST}"), seat.taken_by(SECOND):
        pass
    with seat.taken_by(FIRST):
        pass
    clock.now_s += IDLE_S
    with seat.taken_by(SECOND):
        pass
    with pytest.raises(Occupied, match=f"already serving {SECOND}"), seat.taken_by(FIRST):
        pass


def test_a_look_that_takes_long_keeps_the_seat() -> None:
    clock = Clock()
    seat = seat_of(clock)
    with seat.taken_by(FIRST):
        clock.now_s += 10.0 * IDLE_S
        with pytest.raises(Occupied), seat.taken_by(SECOND):
            pass


def test_a_client_whose_connection_ends_in_the_middle_of_a_look_leaves_no_trace() -> None:
    clock, standing = Clock(), {FIRST, SECOND}
    seat = seat_of(clock, standing.__contains__)
    with seat.taken_by(FIRST):
        standing.remove(FIRST)
        with seat.taken_by(SECOND):
            pass
    clock.now_s += 0.5 * IDLE_S
    with pytest.raises(Occupied), seat.taken_by("127.0.0.1:1003"):
        pass
    seat.leave(FIRST)
    with pytest.raises(Occupied), seat.taken_by("127.0.0.1:1003"):
        pass
    seat.leave(SECOND)
    with seat.taken_by("127.0.0.1:1003"):
        pass


def test_a_connection_stands_until_it_is_closed_at_this_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with socket.create_connection(listener.getsockname()) as asking:
            name = spelt(*asking.getsockname())
            answering, _ = listener.accept()
            with answering:
                assert peer_of(answering.fileno()) == name
                assert is_connected(name)
            assert not is_connected(name)
        assert peer_of(listener.fileno()) == ""


@pytest.mark.parametrize(
    ("host", "written"),
    [
        ("127.0.0.1", "127.0.0.1:7"),
        ("::1", "[::1]:7"),
        ("::ffff:10.0.0.2", "10.0.0.2:7"),
        ("fe80::1%eth0", "[fe80::1%eth0]:7"),
        ("gpu", "gpu:7"),
    ],
)
def test_addresses_are_spelt_in_one_way(host: str, written: str) -> None:
    assert spelt(host, 7) == written
