"""Before an evaluation begins: the servers of its policies are there, fit, and have a seat for it."""

from __future__ import annotations

import argparse
import socket
import time
from pathlib import Path

import numpy as np
import pytest
from websockets.sync.server import ServerConnection

from plugins.openpi.wire import pack
from runtime.mistakes import UserMistake
from runtime.plugin_host.servers import ServerChoice
from runtime.policy_servers.remote_policy import RemotePolicy
from runtime.policy_servers.standing import Phase
from tests.support.hostile_servers import openpi_that
from tests.support.policy_servers import CASES, Echo, client_of, observation, server_of
from twin_app.assembly import evaluate_command, run_command
from twin_app.assembly.arguments import build_parser
from twin_app.assembly.cli import main
from twin_app.assembly.examination import session
from twin_app.assembly.examination.examination import Result
from twin_app.assembly.served_policies import check_servers, kept_choices
from twin_app.assembly.setup import CellSetup, read_scene

each_protocol = pytest.mark.parametrize("protocol", CASES)
FRONT = {"openpi": "ws://", "groot": "tcp://", "lerobot": ""}
AT_ONCE_S = 5.0
"""The check itself gives up after 3 s."""


def setup_at(protocol: str, address: str) -> CellSetup:
    return CellSetup(policy=protocol, servers={protocol: ServerChoice(address=address)})


def nobody() -> str:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"127.0.0.1:{free.getsockname()[1]}"


@each_protocol
@pytest.mark.parametrize("role", ["policy", "fallback"])
def test_nobody_at_the_address_is_told_with_the_address_and_what_to_do(protocol: str, role: str) -> None:
    address = FRONT[protocol] + nobody()
    choice = {protocol: ServerChoice(address=address)}
    policy, fallback = (protocol, "") if role == "policy" else ("programmed", protocol)
    setup = CellSetup(servers=choice, policy=policy, fallback=fallback)
    with pytest.raises(UserMistake) as mistake:
        check_servers(setup)
    assert f"policy {protocol}: server {address}: no connection" in mistake.value.what
    assert f"`celltwin serve programmed --protocol {protocol}`" in mistake.value.remedy
    assert "servers.toml" in mistake.value.remedy


def test_paths_in_the_settings_file_are_taken_from_there(own_folders: Path) -> None:
    settings = own_folders / "config" / "celltwin" / "servers.toml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text('[groot]\nmapping = "arm.toml"\nkey_file = "token.txt"\n')
    choice = kept_choices()["groot"]
    assert choice.mapping == str(settings.with_name("arm.toml"))
    assert choice.key_file == str(settings.with_name("token.txt"))


@pytest.mark.parametrize("command", ["run --headless --picks 1", "evaluate --seeds 200000:200001"])
def test_a_section_for_no_policy_is_told(own_folders: Path, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    settings = own_folders / "config" / "celltwin" / "servers.toml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text('[nonsense]\naddress = "tcp://127.0.0.1:1"\n')
    assert main(command.split()) != 0
    assert "policy 'nonsense' runs on no server" in capsys.readouterr().err


@each_protocol
def test_somebody_who_listens_and_says_nothing_is_not_waited_for(protocol: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began_s = time.monotonic()
        with pytest.raises(UserMistake, match="no connection"):
            check_servers(setup_at(protocol, f"{FRONT[protocol]}127.0.0.1:{silent.getsockname()[1]}"))
    assert time.monotonic() - began_s < 2.0 * AT_ONCE_S


@each_protocol
def test_a_server_that_is_there_is_let_go_again_for_the_work(protocol: str) -> None:
    cell = read_scene(CellSetup()).cell
    with server_of(protocol, Echo(), cell=cell) as server:
        check_servers(setup_at(protocol, server.address))
        with client_of(protocol, server.address, cell=cell) as policy:
            policy.await_found(AT_ONCE_S)
            assert policy.standing().phase is Phase.CHECKING
            with pytest.raises(UserMistake, match=r"already serving 127\.0\.0\.1:"):
                check_servers(setup_at(protocol, server.address))


@each_protocol
def test_a_server_for_another_cell_is_refused_before_the_work(protocol: str) -> None:
    with server_of(protocol, Echo()) as server, pytest.raises(UserMistake, match="does not fit this cell") as mistake:
        check_servers(setup_at(protocol, server.address))
    assert "mapping" in mistake.value.remedy
    assert "start" not in mistake.value.remedy


def test_a_server_whose_answers_do_not_fit_is_refused_before_the_work() -> None:
    def answers(client: ServerConnection) -> None:
        client.send(pack({"actions": np.zeros((50, 14))}))

    def converse(client: ServerConnection) -> None:
        client.send(pack({}))
        while client.recv():
            answers(client)

    with openpi_that(converse) as address:
        setup = CellSetup(policy="openpi", servers={"openpi": ServerChoice(address=address, mapping="droid")})
        with pytest.raises(UserMistake, match=r"50, 14") as mistake:
            check_servers(setup)
    assert "mapping" in mistake.value.remedy


def test_a_headless_run_is_no_fallbacks_run_because_nobody_serves(own_folders: object) -> None:
    arguments = build_parser().parse_args(["run", "--headless", "--policy", "openpi", "--server", f"ws://{nobody()}"])
    with pytest.raises(UserMistake, match="policy openpi: server .* no connection"):
        run_command.run(arguments)


@each_protocol
def test_a_seed_without_its_server_is_no_result(protocol: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with server_of(protocol, Echo(), cell=read_scene(CellSetup()).cell) as listening:
        setup = setup_at(protocol, listening.address)
        check_servers(setup)

        def cut_off(setup: CellSetup, *, policy: RemotePolicy, **_: object) -> Result:
            assert not policy.await_found(AT_ONCE_S)
            listening.close()
            for number in range(3):
                policy.infer(observation(number))
            return Result(setup.seed, "", "", "timeout", "", 30.0)

        monkeypatch.setattr(session, "examine", cut_off)
        with pytest.raises(UserMistake, match=f"policy {protocol} went away during the work: server .*") as mistake:
            session.examine_one(setup, "nominal", None)
    assert "--keep" in mistake.value.remedy


@each_protocol
def test_a_fallback_whose_server_goes_away_during_the_work_makes_no_result(
    protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    choice = {protocol: ServerChoice(address=FRONT[protocol] + nobody())}
    setup = CellSetup(policy="programmed", fallback=protocol, servers=choice)
    verdicts = iter(("succeeded", "declined"))
    monkeypatch.setattr(session, "examine", lambda setup, **_: Result(setup.seed, "", "", next(verdicts), "", 30.0))
    assert session.examine_one(setup, "nominal", None).verdict == "succeeded"
    with pytest.raises(UserMistake, match=f"policy {protocol} went away during the work: server .*"):
        session.examine_one(setup, "nominal", None)


def words(*more: str) -> argparse.Namespace:
    return build_parser().parse_args(["evaluate", "--seeds", "1:2", *more])


def test_a_server_of_ours_is_not_asked_by_several_processes(own_folders: object) -> None:
    with pytest.raises(UserMistake, match="--processes 3: the server of policy groot has one client at a time"):
        evaluate_command.run(words("--policy", "groot", "--processes", "3"))
