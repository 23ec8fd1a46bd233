"""A cell on paper, looks at it, a policy that is easily predicted, and servers with it, for tests of policy servers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from runtime.kinematics import Arm
from runtime.messages.camera import Frame
from runtime.messages.cell import CellDescription
from runtime.messages.geometry import Pose
from runtime.messages.plan import Signal
from runtime.messages.policy import PolicyStatus, TargetMark
from runtime.messages.tasks import Assignment
from runtime.plugin_host import Registry, ServerChoice, discover
from runtime.policy_servers import mapping as mapping_module
from runtime.policy_servers.line import Phase
from runtime.policy_servers.mapping import Mapping, read_mapping
from runtime.policy_servers.remote_policy import RemotePolicy
from runtime.policy_servers.serving import PolicyServer, ServedPolicy
from runtime.ports import CameraView, Observation, Picture, Proposal
from sim_worlds.robots import load_robot
from tests.support.pick_cell import pick_cell

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
FOLDERS = {"openpi": "openpi", "groot": "groot", "lerobot": "lerobot_async"}
PROTOCOLS = tuple(FOLDERS)
INSTRUCTION = "put the red cube in the left tote"
FRAME_NS = 100_000_000
PATIENT_S = 8.0
CELL = pick_cell(load_robot("panda"))
_ARM = Arm(CELL.robot)


def mapping_path(protocol: str, name: str = "celltwin") -> Path:
    return PLUGINS / FOLDERS[protocol] / "mappings" / f"{name}.toml"


def own_mapping(protocol: str) -> Mapping:
    return read_mapping(mapping_path(protocol))


def observation(number: int = 1, *, instruction: str = INSTRUCTION, width_m: float = 0.06) -> Observation:
    """The arm at home, both pictures a gradient that tells the number; empty instruction: no task."""
    q_rad = np.array([joint.home_rad for joint in CELL.robot.joints]) + 0.001 * number
    stamp_ns = number * FRAME_NS
    gripper_in_base = _ARM.fk(q_rad)
    assignment = Assignment(7, 1, instruction) if instruction else None
    return Observation(
        observation_id=number,
        stamp_ns=stamp_ns,
        views={camera.name: _view(camera.name, stamp_ns, number) for camera in CELL.cameras},
        q_rad=q_rad,
        dq_rad_s=np.full(len(q_rad), 0.01 * number),
        gripper_in_base=gripper_in_base,
        gripper_width_m=width_m,
        gripper_force_n=1.5,
        assignment=assignment,
    )


def _view(name: str, stamp_ns: int, number: int) -> CameraView:
    camera = next(camera for camera in CELL.cameras if camera.name == name)
    image = np.zeros((camera.height_px, camera.width_px, 3), dtype=np.uint8)
    image[:, :, 0] = np.arange(camera.width_px, dtype=np.uint8)[np.newaxis]
    image[:, :, 1] = number % 256
    frame = Frame(name, number, stamp_ns, camera.width_px, camera.height_px, "drawn")
    return CameraView(Picture(frame, image), camera, camera.camera_in_parent)


@dataclass
class Echo:
    """Answers with the pose it sees, 1 mm farther up a step; remembers what it was shown."""

    seen: list[Observation] = field(default_factory=list)
    begun: list[tuple[str, Assignment]] = field(default_factory=list)
    before_answer: Callable[[], None] = lambda: None
    steps: int = 8

    def begin(self, assignment: Assignment) -> None:
        self.begun.append(("begin", assignment))

    def resume(self, assignment: Assignment) -> None:
        self.begun.append(("resume", assignment))

    def infer(self, observation: Observation) -> Proposal:
        self.seen.append(observation)
        self.before_answer()
        x, y, z = observation.gripper_in_base.position_m
        turn = observation.gripper_in_base.orientation_xyzw
        return Proposal(
            status=PolicyStatus.WORKING if observation.assignment else PolicyStatus.WAITING,
            phase="echoing",
            confidence=0.75,
            confidence_limit=0.25,
            signals=(Signal("looks", float(len(self.seen))),),
            targets=(TargetMark("overhead", (3.0, 4.0), 5.0, "red cube"),),
            gripper_in_base=tuple(Pose((x, y, z + 0.001 * (step + 1)), turn) for step in range(self.steps)),
            gripper_width_m=(0.04,) * self.steps,
            gripper_force_n=20.0,
        )


@contextmanager
def server_of(
    protocol: str, policy: Echo, *, port: int = 0, cell: CellDescription = CELL, mapping: Mapping | None = None
) -> Iterator[PolicyServer]:
    """The real server of this protocol, with this policy behind it."""
    served = ServedPolicy(policy, cell, mapping or own_mapping(protocol), name="echo", version="1.0")
    server = discover(PLUGINS).load_server(protocol)(served, host="127.0.0.1", port=port)
    try:
        yield server
    finally:
        server.close()


@contextmanager
def client_of(
    protocol: str,
    address: str,
    *,
    mapping: str = "",
    changes: str = "",
    cell: CellDescription = CELL,
    patient: bool = True,
) -> Iterator[RemotePolicy]:
    """The real plugin, as the program loads it. `changes`: lines in front of its own mapping.

    `patient`: an answer may take seconds, so that a busy machine makes no difference.
    """
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        file = Path(folder) / "mapping.toml"
        text = (Path(mapping) if mapping else mapping_path(protocol)).read_text()
        if patient:
            patch.setattr(mapping_module, "LONGEST_REPLY_S", PATIENT_S)
            text = f"reply_within_s = {PATIENT_S}\n" + text.replace("reply_within_s = 0.09", "")
        file.write_text(changes + text)
        policy = registry_for(protocol, address, str(file)).load_policy(protocol, cell)
    assert isinstance(policy, RemotePolicy)
    try:
        yield policy
    finally:
        policy.close()


def registry_for(protocol: str, address: str, mapping: str = "") -> Registry:
    return discover(PLUGINS, choices={protocol: ServerChoice(address=address, mapping=mapping)})


def until(holds: Callable[[], bool], *, patience_s: float = 10.0) -> None:
    """Wait until something that another thread does is done; the wait ends as soon as it is."""
    ends_s = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < ends_s, "it never became true"
        time.sleep(0.005)


def until_phase(policy: RemotePolicy, *phases: Phase, patience_s: float = 10.0) -> Proposal:
    """Show looks until the line stands so; returns the newest proposal."""
    number = 0
    proposal: Proposal | None = None

    def stands() -> bool:
        nonlocal number, proposal
        number += 1
        proposal = policy.infer(observation(number))
        return policy.standing().phase in phases

    until(stands, patience_s=patience_s)
    assert proposal is not None
    return proposal
