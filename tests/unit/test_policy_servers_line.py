"""One policy through the real server of each protocol: what arrives, what comes back, and what losing it means."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace as changed

from plugins.groot.dialects import Dialect
from plugins.groot.server import GrootServer
from runtime.messages.policy import PolicyStatus
from runtime.messages.tasks import Assignment
from runtime.mistakes import UserMistake
from runtime.plugin_host import PolicyUnavailable, ServerChoice, discover
from runtime.policy_servers.mapping import MappingError, read_mapping
from runtime.policy_servers.remote_policy import RemotePolicy
from runtime.policy_servers.serving import ServedPolicy
from runtime.policy_servers.standing import Phase
from runtime.ports import Proposal
from runtime.system2.loading import load
from runtime.system2.runner import Answer, Question
from tests.support import hostile_servers as hostile
from tests.support.policy_servers import (
    CASES,
    CELL,
    KEEPS_GRPC,
    PLUGINS,
    Echo,
    client_of,
    mapping_path,
    observation,
    own_mapping,
    registry_for,
    server_of,
    until,
    until_phase,
)

each_protocol = pytest.mark.parametrize("protocol", CASES)


@each_protocol
def test_the_policy_behind_a_server_sees_what_it_would_see_here(protocol: str) -> None:
    echo = Echo()
    with server_of(protocol, echo) as server, client_of(protocol, server.address) as policy:
        until_phase(policy, Phase.READY)
        sent = observation(40, width_m=0.033)
        policy.begin(Assignment(7, 1, "put the red cube in the left tote"))
        policy.infer(sent)
    seen = echo.seen[-1]
    assert np.allclose(seen.q_rad, sent.q_rad, atol=1e-6)
    assert np.allclose(seen.dq_rad_s, sent.dq_rad_s, atol=1e-6)
    assert seen.gripper_in_base.position_m == pytest.approx(sent.gripper_in_base.position_m, abs=1e-6)
    assert (seen.gripper_width_m, seen.gripper_force_n) == pytest.approx((0.033, 1.5))
    assert (seen.stamp_ns, seen.assignment) == (sent.stamp_ns, sent.assignment)
    for name, view in sent.views.items():
        assert np.array_equal(seen.views[name].picture.image, view.picture.image)
        assert seen.views[name].camera == view.camera


@each_protocol
def test_the_answer_is_what_the_policy_says_and_how_the_server_does(protocol: str) -> None:
    with server_of(protocol, Echo()) as server, client_of(protocol, server.address) as policy:
        until_phase(policy, Phase.READY)
        sent = observation(41)
        proposal = policy.infer(sent)
    x, y, z = sent.gripper_in_base.position_m
    assert len(proposal.gripper_in_base) == 8
    assert proposal.gripper_in_base[7].position_m == pytest.approx((x, y, z + 0.008), abs=1e-6)
    assert proposal.gripper_width_m == pytest.approx((0.04,) * 8)
    assert (proposal.status, proposal.confidence, proposal.confidence_limit) == (PolicyStatus.WORKING, 0.75, 0.25)
    assert (proposal.gripper_force_n, proposal.obstacle) == (20.0, "")
    assert proposal.phase == f"echoing · {server.address}"
    assert proposal.targets[0].label == "red cube"
    signals = {signal.name: signal.value for signal in proposal.signals}
    assert {"looks", "server ms", "late", "errors", "reconnects"} <= set(signals)
    assert signals["server connected"] == 1.0


@each_protocol
def test_looks_before_motion_begin_no_task_and_each_attempt_begins_once(protocol: str) -> None:
    echo = Echo()
    with server_of(protocol, echo) as server, client_of(protocol, server.address) as policy:
        until(lambda: policy.infer(observation(1, instruction="")).obstacle == "")
        assert {seen.assignment for seen in echo.seen} == {None}
        assert echo.begun == []
        policy.begin(Assignment(7, 1, "put the red cube in the left tote"))
        for number in range(2, 5):
            policy.infer(observation(number))
        again = replace(observation(6), assignment=Assignment(7, 2, "put the red cube in the left tote"))
        policy.begin(again.assignment or Assignment(0, 0, ""))
        policy.infer(again)
    assert [(what, one.task_id, one.attempt) for what, one in echo.begun] == [("begin", 7, 1), ("begin", 7, 2)]


@each_protocol
def test_a_server_that_was_killed_is_found_again_and_takes_the_task_over_in_the_middle(protocol: str) -> None:
    with server_of(protocol, Echo()) as server, client_of(protocol, server.address) as policy:
        policy.begin(Assignment(7, 1, "put the red cube in the left tote"))
        assert until_phase(policy, Phase.READY).gripper_in_base
        port = int(server.address.rsplit(":", 1)[1])
        server.close()
        lost = until_phase(policy, Phase.AWAY, Phase.CHECKING)
        assert lost.gripper_in_base == ()
        assert f"server {server.address}: no connection" in lost.obstacle
        fresh = Echo()
        with server_of(protocol, fresh, port=port):
            found = until_phase(policy, Phase.READY, patience_s=20.0)
            until(lambda: policy.infer(observation(50)).gripper_in_base != ())
        assert found.obstacle == ""
    assert [what for what, _ in fresh.begun] == ["resume"]


@each_protocol
def test_a_reply_that_comes_too_late_never_answers_a_newer_look(protocol: str) -> None:
    echo, hold = Echo(), threading.Event()
    slow: list[int] = []

    def pause() -> None:
        if echo.seen[-1].observation_id and len(slow) == 1:
            slow.append(2)
            hold.wait(20.0)

    echo.before_answer = pause
    with server_of(protocol, echo) as server, client_of(protocol, server.address, patient=False) as policy:
        until_phase(policy, Phase.READY, patience_s=40.0)
        slow.append(1)
        late = policy.infer(observation(100))
        assert late.gripper_in_base == ()
        hold.set()  # the answer to look 100 goes out now

        def answered() -> bool:
            sent = observation(200)
            proposal = policy.infer(sent)
            if not proposal.gripper_in_base:
                return False
            z = sent.gripper_in_base.position_m[2]
            assert proposal.gripper_in_base[0].position_m[2] == pytest.approx(z + 0.001, abs=1e-6)
            return True

        until(answered, patience_s=20.0)


@each_protocol
def test_a_server_for_another_cell_is_refused_with_everything_in_which_it_differs(protocol: str) -> None:
    other = replace_robot(CELL.robot.name + " of the neighbour")
    with server_of(protocol, Echo(), cell=other) as server, client_of(protocol, server.address) as policy:
        refused = until_phase(policy, Phase.REFUSED)
    assert "robot: expected" in refused.obstacle
    assert "parts: expected" in refused.obstacle
    assert refused.gripper_in_base == ()


def replace_robot(name: str):

    return changed(CELL, robot=changed(CELL.robot, name=name), parts=CELL.parts[:2])


@each_protocol
def test_a_server_that_is_slower_than_the_mapping_allows_is_refused_with_both_figures(protocol: str) -> None:
    echo = Echo()
    still = threading.Event()
    echo.before_answer = lambda: (still.wait(0.3), None)[1]
    with server_of(protocol, echo) as server, client_of(protocol, server.address, patient=False) as policy:
        refused = until_phase(policy, Phase.REFUSED)
    assert "answer: expected within 90 ms (reply_within_s of the mapping), came after" in refused.obstacle


@each_protocol
def test_a_policy_that_fails_behind_the_server_is_told_by_name(protocol: str) -> None:
    echo = Echo()

    def fail() -> None:
        raise ValueError("no weights")

    echo.before_answer = fail
    with server_of(protocol, echo) as server, client_of(protocol, server.address) as policy:
        assert "ValueError: no weights" in until_phase(policy, Phase.REFUSED).obstacle


@each_protocol
def test_a_policy_without_a_chunk_stays_without_one(protocol: str) -> None:
    with server_of(protocol, Echo(steps=0)) as server, client_of(protocol, server.address) as policy:
        proposal = until_phase(policy, Phase.READY)
    assert (proposal.gripper_in_base, proposal.gripper_width_m, proposal.obstacle) == ((), (), "")


@each_protocol
def test_only_who_shows_the_key_is_served(protocol: str, tmp_path: Path) -> None:
    right, wrong = tmp_path / "right", tmp_path / "wrong"
    right.write_text("open sesame\n")
    wrong.write_text("guess\n")
    served = ServedPolicy(Echo(), CELL, own_mapping(protocol), name="echo", version="1")
    server = discover(PLUGINS).load_server(protocol)(served, host="127.0.0.1", port=0, key="open sesame")
    try:
        for file, phase in ((right, Phase.READY), (wrong, Phase.AWAY)):
            choice = ServerChoice(address=server.address, key_file=str(file))
            policy = discover(PLUGINS, choices={protocol: choice}).load_policy(protocol, CELL)
            assert isinstance(policy, RemotePolicy)
            until_phase(policy, phase)
            policy.close()
    finally:
        server.close()


# ── a public model's mapping, without our own words ──────────────────────────────────────────────


def test_without_a_task_a_public_model_is_only_checked_not_asked(tmp_path: Path) -> None:
    text = mapping_path("openpi").read_text().replace("celltwin = true", "")
    (tmp_path / "plain.toml").write_text(text)
    echo = Echo()
    with (
        server_of("openpi", echo) as server,
        client_of("openpi", server.address, mapping=str(tmp_path / "plain.toml")) as policy,
    ):
        until(lambda: policy.infer(observation(1, instruction="")).obstacle == "")
        asked = len(echo.seen)
        waiting = policy.infer(observation(2, instruction=""))
        assert (waiting.status, waiting.gripper_in_base) == (PolicyStatus.WAITING, ())
        assert len(echo.seen) == asked
        policy.begin(Assignment(7, 1, "put the red cube in the left tote"))
        working = policy.infer(observation(3))
    assert (working.status, len(working.gripper_in_base)) == (PolicyStatus.WORKING, 8)
    assert working.confidence == 0.5
    assert echo.seen[-1].assignment is not None
    assert echo.seen[-1].assignment.instruction == "put the red cube in the left tote"


def test_a_model_that_never_says_that_it_is_done_is_taken_at_its_stillness(tmp_path: Path) -> None:
    text = mapping_path("openpi").read_text().replace("celltwin = true", "done_after_still_s = 2.0")
    (tmp_path / "plain.toml").write_text(text)
    echo = Echo()
    with (
        server_of("openpi", echo) as server,
        client_of("openpi", server.address, mapping=str(tmp_path / "plain.toml")) as policy,
    ):
        until_phase(policy, Phase.READY)
        policy.begin(Assignment(7, 1, "put the red cube in the left tote"))
        standing = observation(100, width_m=0.04)  # where the chunks want the gripper, too

        def statuses(*, after_s: float) -> list[PolicyStatus]:
            looks = [round((after_s + seconds) * 1e9) + standing.stamp_ns for seconds in (0.0, 1.0, 1.9, 2.1)]
            return [policy.infer(replace(standing, stamp_ns=stamp_ns)).status for stamp_ns in looks]

        echo.steps = 12  # it asks for 12 mm, and nobody lets it drive
        paused = statuses(after_s=0.0)
        echo.steps = 8
        at_rest = statuses(after_s=2.1)
    assert paused == [PolicyStatus.WORKING] * 4
    assert at_rest == [PolicyStatus.WORKING] * 3 + [PolicyStatus.DONE]


def test_only_a_mapping_of_poses_and_widths_can_be_served() -> None:
    with pytest.raises(MappingError, match="cannot be served"):
        ServedPolicy(Echo(), CELL, read_mapping(mapping_path("openpi", "droid")), name="echo", version="1")


@pytest.mark.parametrize("dialect", Dialect)
def test_groots_client_finds_the_dialect_out_and_speaks_it(dialect: Dialect) -> None:
    echo = Echo()
    served = ServedPolicy(echo, CELL, own_mapping("groot"), name="echo", version="1")
    server = GrootServer(served, host="127.0.0.1", port=0, dialect=dialect)
    try:
        with client_of("groot", server.address) as policy:
            until_phase(policy, Phase.READY)
            assert len(policy.infer(observation(9)).gripper_in_base) == 8
            assert policy.standing().server == f"GR00T dialect of {dialect.value}"
    finally:
        server.close()
    assert np.allclose(echo.seen[-1].q_rad, observation(9).q_rad, atol=1e-6)


@KEEPS_GRPC
def test_lerobots_server_is_told_once_which_model_to_load_and_again_when_it_answers_nothing() -> None:
    told: list[bytes] = []
    with (
        hostile.lerobot_that(lambda: b"", instructed=told.append) as address,
        client_of("lerobot", address) as policy,
    ):
        until_phase(policy, Phase.REFUSED)
        assert len(told) == 1
        until(lambda: policy.infer(observation(1)) is not None and len(told) == 2, patience_s=20.0)
    with (
        hostile.lerobot_that(lambda: b"\x0a\x03abc", instructed=told.append) as address,
        client_of("lerobot", address) as policy,
    ):
        until(lambda: _reconnects(policy.infer(observation(1))) >= 2, patience_s=20.0)
    assert len(told) == 3


def _reconnects(proposal: Proposal) -> float:
    return next(signal.value for signal in proposal.signals if signal.name == "reconnects")


# ── addresses, and swaps to a server ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("protocol", "address"),
    [
        ("openpi", "http://host:1"),
        ("openpi", "ws://host"),
        ("openpi", "ws://host:99999"),
        ("groot", "host:5555"),
        ("groot", "tcp://host:none"),
        ("lerobot", "ws://host:1"),
        ("lerobot", "host:70000"),
        ("lerobot", "host"),
    ],
)
def test_what_is_no_address_is_told_and_costs_the_plugin_nothing(protocol: str, address: str) -> None:
    registry = registry_for(protocol, address)
    with pytest.raises(PolicyUnavailable, match="is no address of") as mistake:
        registry.load_policy(protocol, CELL)
    assert "as in" in mistake.value.remedy
    assert registry.obstacle(protocol) == ""


def test_a_server_for_a_policy_that_has_none_is_a_mistake() -> None:
    with pytest.raises(UserMistake, match="'programmed' runs on no server"):
        registry_for("programmed", "ws://host:1")


def test_a_mapping_that_is_not_there_is_told_with_the_names_of_those_that_are() -> None:
    registry = registry_for("openpi", "ws://host:1", "doid")
    with pytest.raises(PolicyUnavailable, match="no mapping 'doid'") as mistake:
        registry.load_policy("openpi", CELL)
    assert "celltwin, droid, libero" in mistake.value.remedy


def test_a_swap_to_a_server_that_is_not_there_is_refused_and_may_be_asked_for_again() -> None:
    registry = registry_for("groot", "tcp://127.0.0.1:1")
    loaded = load(registry, CELL, "groot", observation(1))
    assert loaded.runner is None
    assert "tcp://127.0.0.1:1: no connection" in loaded.reason
    assert registry.obstacle("groot") == ""


def test_a_swap_to_a_server_that_fits_gives_a_policy_that_drives_at_once() -> None:
    with server_of("openpi", Echo()) as server:
        loaded = load(registry_for("openpi", server.address), CELL, "openpi", observation(1))
        assert loaded.runner is not None
        loaded.runner.ask(Question(1, observation(2)), 0)
        answer = loaded.runner.poll(0)
        assert isinstance(answer, Answer)
        assert answer.proposal is not None
        assert answer.proposal.gripper_in_base
        loaded.runner.close()
