"""Policies that run on a server: where a person says that these are, and whether they are there before work begins."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import numpy as np
from msgspec.structs import replace
from platformdirs import user_config_path

from runtime.kinematics import Arm
from runtime.messages.camera import Frame
from runtime.messages.cell import CellDescription
from runtime.mistakes import UserMistake
from runtime.plugin_host import Registry
from runtime.plugin_host.servers import ServerChoice, read_choices
from runtime.policy_servers.mapping import read_mapping_for
from runtime.policy_servers.remote_policy import RemotePolicy
from runtime.policy_servers.standing import Phase
from runtime.ports import CameraView, Observation, Picture, Policy
from twin_app.assembly.setup import CellSetup, read_plugins, read_scene

SERVERS_FILE = "servers.toml"
FITTING = f"choose a mapping that fits both, with --mapping or in {SERVERS_FILE}, or a server for this cell"
READY_WITHIN_S = 90.0
"""A model that is loaded with its first look may take so long."""

FOUND_WITHIN_S = 5.0
"""A server on the line says within 3 s what it is, or it is away."""


def kept_choices() -> dict[str, ServerChoice]:
    """What the settings file says, by policy; its paths made absolute. Raises `UserMistake`."""
    file = user_config_path("celltwin") / SERVERS_FILE
    return {
        name: replace(
            choice,
            mapping=absolute_mapping(choice.mapping, file.parent),
            key_file=str((file.parent / choice.key_file).absolute()) if choice.key_file else "",
        )
        for name, choice in read_choices(file).items()
    }


def absolute_mapping(word: str, folder: Path) -> str:
    """A path as it may travel to the cell's processes; a mapping's name stays a name."""
    is_path = word.endswith(".toml") or "/" in word or (folder / word).is_file()
    return str((folder / word).absolute()) if word and is_path else word


def serves_one_client(registry: Registry, name: str) -> bool:
    """Whether this policy is behind a server of `celltwin serve`, which has one client at a time."""
    settings = registry.server_settings(name)
    return settings is not None and read_mapping_for(settings.protocol, settings.mapping).celltwin


def check_servers(setup: CellSetup) -> None:
    """Ask the servers of the policies that will work whether they are there and fit; raises `UserMistake`.

    Nobody is there to start one later, as somebody may be beside a cell.
    """
    registry = read_plugins(setup)
    for name in filter(None, (setup.policy, setup.fallback)):
        settings = registry.server_settings(name)
        if settings is None:
            continue
        cell = read_scene(setup).cell
        policy = registry.load_policy(name, cell)
        if not isinstance(policy, RemotePolicy):
            continue
        try:
            obstacle = policy.await_found(FOUND_WITHIN_S) or _tried(policy, cell)
            unfit = policy.standing().phase is Phase.REFUSED
        finally:
            policy.close()
        if obstacle:
            raise UserMistake(
                f"policy {name}: {obstacle}",
                remedy=FITTING
                if unfit
                else f"start it there, e.g. `celltwin serve programmed --protocol {settings.protocol}`, "
                f"or say in {user_config_path('celltwin') / SERVERS_FILE} where it is",
            )


def _tried(policy: RemotePolicy, cell: CellDescription) -> str:
    """Its answers to a look at nothing, before anything could move; what is wrong with them, empty when they fit."""
    policy.infer(_dark(cell))
    return policy.await_ready(READY_WITHIN_S)


def _dark(cell: CellDescription) -> Observation:
    """What the cell would show with the lights off and the arm in the middle of its ranges."""
    joints = cell.robot.joints
    q_rad = np.array([0.5 * (joint.position_lower_rad + joint.position_upper_rad) for joint in joints])
    views = {
        one.name: CameraView(
            Picture(
                Frame(one.name, 0, 0, one.width_px, one.height_px, "none"),
                np.zeros((one.height_px, one.width_px, 3), dtype=np.uint8),
            ),
            one,
            one.camera_in_parent,
        )
        for one in cell.cameras
    }
    gripper_in_base = Arm(cell.robot).fk(q_rad)
    return Observation(0, 0, views, q_rad, np.zeros(len(joints)), gripper_in_base, 0.0, 0.0, None)


def check_still_there(name: str, policy: Policy) -> None:
    """Whether a policy that did not succeed was there to do so; when its server has gone, closes it and raises."""
    if isinstance(policy, RemotePolicy) and (obstacle := policy.await_ready(FOUND_WITHIN_S)):
        _give_up(name, policy, obstacle)


def check_fallback_there(setup: CellSetup, registry: Registry) -> None:
    """As `check_still_there`, for the policy that was to stand in: each cell connects to its server anew."""
    if not setup.fallback or registry.server_settings(setup.fallback) is None:
        return
    policy = registry.load_policy(setup.fallback, read_scene(setup).cell)
    assert isinstance(policy, RemotePolicy)
    if obstacle := policy.await_found(FOUND_WITHIN_S):
        _give_up(setup.fallback, policy, obstacle)
    policy.close()


def _give_up(name: str, policy: RemotePolicy, obstacle: str) -> NoReturn:
    unfit = policy.standing().phase is Phase.REFUSED
    policy.close()
    if unfit:
        raise UserMistake(f"policy {name}: {obstacle}", remedy=FITTING)
    raise UserMistake(
        f"policy {name} went away during the work: {obstacle}",
        remedy="start its server again, then this command; with --keep FOLDER it goes on after the last seed",
    )
