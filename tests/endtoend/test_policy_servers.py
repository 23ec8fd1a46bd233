"""A person serves a policy, runs a cell through it, mistypes, and ends it with Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from runtime.plugin_host.servers import ServerChoice
from tests.support.policy_servers import CASES
from twin_app.assembly import lockstep
from twin_app.assembly.lockstep import run_picks
from twin_app.assembly.setup import CellSetup
from twin_app.assembly.verify.served import Served
from twin_app.assembly.verify.server_loss import lose_server
from twin_app.assembly.verify.server_mismatches import SPOILINGS, try_mismatch
from twin_app.assembly.verify.servers import kept, patient_mapping

pytestmark = pytest.mark.timeout(240)
ROOT = Path(__file__).resolve().parents[2]


def celltwin(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "twin_app", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@contextmanager
def patient_cell(protocol: str, served: Served, folder: Path) -> Iterator[CellSetup]:
    """A cell whose mapping forgives a busy machine."""
    choice = ServerChoice(address=served.address, mapping=str(patient_mapping(protocol, folder)))
    yield CellSetup(cell=f"served-{os.getpid()}", policy=protocol, seed=3, servers={protocol: choice})


@pytest.mark.parametrize("protocol", CASES)
def test_a_cell_picks_through_a_server_and_refuses_one_that_does_not_fit(protocol: str, tmp_path: Path) -> None:
    with Served("programmed", protocol=protocol) as served, patient_cell(protocol, served, tmp_path) as setup:
        figures = run_picks(setup, picks=1)
        assert (figures["picks"], figures["succeeded"], figures["trouble"]) == (1, 1, "")
        mapping = Path(setup.servers[protocol].mapping)
        refusal = try_mismatch(SPOILINGS[1], setup, mapping=mapping, folder=tmp_path)
    assert refusal.refused, refusal


@pytest.mark.live
def test_an_arm_whose_server_is_killed_or_hangs_holds_says_so_and_goes_on(tmp_path: Path) -> None:
    with Served("programmed", protocol="openpi") as served, patient_cell("openpi", served, tmp_path) as setup:
        lost = lose_server(served, setup, folder=tmp_path)
    assert (lost["alarm"], lost["recovered"]) == (True, True)
    picked = {"picks": 1, "succeeded": 1, "fallback_used": 0, "trouble": ""}
    assert kept({**lost, **picked, "mismatches_refused": len(SPOILINGS)}) is (
        max(lost["hold_ms"], lost["hung_hold_ms"]) <= 200.0
    )


def test_a_server_says_where_it_listens_refuses_a_port_in_use_and_ends_quietly_on_ctrl_c(tmp_path: Path) -> None:
    with Served("programmed", protocol="openpi") as served:
        port = served.address.rsplit(":", 1)[1]
        second = celltwin("serve", "programmed", "--port", port, folder=tmp_path)
        assert second.returncode == 2
        assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in second.stderr
        assert "choose another with --port" in second.stderr
        assert "Traceback" not in second.stderr
        status, said = served.interrupt(signal.SIGINT)
    assert status == 0
    assert "ended after 0 answers" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["serve", "nobody"], "unknown policy 'nobody'"),
        (["serve", "openpi"], "runs on a server itself"),
        (["serve", "programmed", "--scene", "nowhere"], "unknown scene"),
        (["serve", "programmed", "--host", "0.0.0.0"], "can be reached from other machines, and there is no key"),
        (["serve", "programmed", "--key-file", "none.txt"], "the key file none.txt cannot be read"),
        (["serve", "programmed", "--protocol", "telepathy"], "invalid choice"),
        (["serve", "programmed", "--port", "70000"], "70000 is outside"),
        (["run", "--headless", "--policy", "programmed", "--server", "ws://x:1"], "'programmed' runs on no server"),
        (["run", "--headless", "--policy", "openpi", "--server", "x"], "'x' is no address of an openpi server"),
        (["run", "--headless", "--policy", "openpi", "--mapping", "doid"], "no mapping 'doid'"),
        (["run", "--headless", "--policy", "groot", "--mapping", "none.toml"], "none.toml"),
        (["run", "--headless", "--policy", "openpi", "--key-file", "none.txt"], "none.txt cannot be read"),
        (["verify", "servers", "--policy", "nobody"], "unknown policy 'nobody'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_with_servers_gets_a_message_and_status_2(words: list[str], said: str, tmp_path: Path) -> None:
    done = celltwin(*words, folder=tmp_path)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_the_settings_file_says_where_the_server_is_and_a_mistake_in_it_is_told(
    own_folders: Path, tmp_path: Path
) -> None:
    settings = own_folders / "config" / "celltwin" / "servers.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text('[openpi]\naddress = "ws://nowhere"\n')
    done = celltwin("run", "--headless", "--policy", "openpi", folder=tmp_path)
    assert (done.returncode, "'ws://nowhere' is no address" in done.stderr) == (2, True)
    settings.write_text('[openpi]\nadress = "ws://nowhere:1"\n')
    done = celltwin("run", "--headless", "--policy", "openpi", folder=tmp_path)
    assert (done.returncode, "adress" in done.stderr, str(settings) in done.stderr) == (2, True, True)


def test_an_evaluation_without_a_server_is_refused_before_it_begins(own_folders: Path, tmp_path: Path) -> None:
    settings = own_folders / "config" / "celltwin" / "servers.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text('[openpi]\naddress = "ws://127.0.0.1:1"\n')
    done = celltwin("evaluate", "--policy", "openpi", "--seeds", "1:2", folder=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "policy openpi: server ws://127.0.0.1:1: no connection: Connection refused" in done.stderr
    assert "`celltwin serve programmed --protocol openpi`" in done.stderr


def test_a_run_without_a_server_ends_and_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lockstep, "OBSTACLE_TICKS", 3000)
    figures = run_picks(
        CellSetup(policy="groot", servers={"groot": ServerChoice(address="tcp://127.0.0.1:1")}), picks=2
    )
    assert (figures["picks"], figures["mode"]) == (0, "idle")
    assert "server tcp://127.0.0.1:1: no connection" in figures["trouble"]
