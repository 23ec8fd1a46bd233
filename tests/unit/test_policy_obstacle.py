"""A policy that cannot drive though its code is well: no task begins, an alarm says why, and it ends by itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from runtime.messages.policy import PolicyState, PolicyStatus
from runtime.messages.system import Priority
from runtime.plugin_host import ManifestError, discover
from runtime.plugin_host.manifest import read_manifest
from runtime.ports import Proposal
from runtime.supervision.conditions import Measures, conditions
from runtime.supervision.telemetry import Telemetry, policy_obstacle
from runtime.system2.answers import checked
from tests.support.policy_servers import CELL, PLUGINS, PROTOCOLS

NOW_NS = 5_000_000_000
STATE = PolicyState(
    stamp_ns=NOW_NS,
    active="openpi",
    active_version="1.0.0",
    candidate="",
    previous="",
    entries=(),
    task_id=-1,
    instruction="",
    status=PolicyStatus.WAITING,
    phase="no connection",
    reason="",
    confidence=0.0,
    signals=(),
    inference_s=0.0,
    deadline_s=0.1,
    inferences=0,
    deadline_misses=0,
    observation_age_s=0.0,
    targets=(),
    swaps=0,
    last_swap_ns=0,
)
LOST = replace(STATE, obstacle="server ws://gpu:8000: no connection")


def alarms_of(state: PolicyState) -> dict[str, tuple[Priority, str]]:
    found = conditions(
        Telemetry(policy=state),
        cell=CELL,
        processes=(),
        measures=Measures(),
        recording_trouble="",
        now_ns=NOW_NS,
    )
    return {one.alarm_id: (one.priority, one.cause) for one in found}


def test_it_keeps_tasks_from_beginning_in_its_own_words() -> None:
    assert policy_obstacle(STATE, NOW_NS) == ""
    assert policy_obstacle(LOST, NOW_NS) == "server ws://gpu:8000: no connection"


def test_it_is_an_alarm_for_as_long_as_it_is_said() -> None:
    assert alarms_of(LOST) == {"policy.server": (Priority.HIGH, "server ws://gpu:8000: no connection")}
    assert alarms_of(STATE) == {}
    assert alarms_of(replace(LOST, stamp_ns=0)) == {}  # a silent planner is another matter


def test_it_is_looked_at_like_every_answer_of_a_plugin() -> None:
    wrong = Proposal(PolicyStatus.WORKING, "x", 0.5, (), obstacle=None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="obstacle is None"):
        checked(wrong)


# ── what manifests say of servers ────────────────────────────────────────────────────────────────


def test_every_protocol_has_a_policy_that_asks_and_a_server_that_answers() -> None:
    registry = discover(PLUGINS)
    assert tuple(server.protocol for server in registry.servers()) == tuple(sorted(PROTOCOLS))
    for protocol in PROTOCOLS:
        settings = registry.server_settings(protocol)
        assert settings is not None
        assert (settings.protocol, settings.mapping.stem) == (protocol, "celltwin")
    assert registry.server_settings("programmed") is None


HEAD = '[plugin]\nname = "toy"\nversion = "1.0"\napi = 1\n'
POLICY = '[[policy]]\nname = "toy"\nlabel = "Toy"\nfactory = "build"\n'
ASKING = '[policy.server]\nprotocol = "p"\naddress = "a"\nmapping = "m.toml"\n'
ANSWERING = '[[server]]\nprotocol = "p"\nport = 80\nmapping = "m.toml"\n'


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        (HEAD + POLICY + ASKING.replace("m.toml", "../../x.toml"), "policy.server.mapping"),
        (HEAD + POLICY + ASKING.replace('address = "a"\n', ""), "address"),
        (HEAD + ANSWERING.replace("80", "0"), "server.port: 0"),
        (HEAD + ANSWERING + 'file = "none.py"\n', "server.file"),
        (HEAD + ANSWERING + 'factory = "not a name"\n', "server.factory"),
    ],
)
def test_a_manifest_that_is_wrong_about_a_server_is_refused_by_key(manifest: str, said: str, tmp_path: Path) -> None:
    folder = tmp_path / "toy"
    folder.mkdir()
    for name in ("policy.py", "server.py", "m.toml"):
        (folder / name).touch()
    (folder / "plugin.toml").write_text(HEAD + POLICY + ASKING + ANSWERING)
    assert read_manifest(folder / "plugin.toml").servers[0].port == 80
    (folder / "plugin.toml").write_text(manifest)
    with pytest.raises(ManifestError) as mistake:
        read_manifest(folder / "plugin.toml")
    assert said in str(mistake.value)
