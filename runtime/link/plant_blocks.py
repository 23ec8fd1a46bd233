"""The blocks between plant and control at 1 kHz: measured state one way, joint command the other."""

from __future__ import annotations

import struct
from typing import ClassVar, Self

import numpy as np

from runtime.link.session import SessionFolder
from runtime.link.shared import SharedBytes
from runtime.messages.joint import JointCommand, PlantState

_FLOAT = 8


class _JointBlock:
    """What both blocks are: the newest value of one kind, its size known from the number of joints."""

    NAME: ClassVar[str]
    _LAYOUT: ClassVar[str]
    _HEAD: ClassVar[struct.Struct]
    _VECTORS: ClassVar[int]
    """How many arrays of one entry a joint follow the head."""

    def __init__(self, memory: SharedBytes, joints: int) -> None:
        """Use `create` or `attach`."""
        self._memory = memory
        self._joints = joints
        self._buffer = bytearray(self._size(joints))

    @classmethod
    def create(cls, session: SessionFolder, *, joints: int) -> Self:
        """Make the block of a new session."""
        path = session.block(cls.NAME)
        return cls(SharedBytes.create(path, size=cls._size(joints), layout=cls._layout(joints)), joints)

    @classmethod
    def attach(cls, session: SessionFolder, *, joints: int) -> Self:
        """Join the block. Raises `BlockTrouble`."""
        path = session.block(cls.NAME)
        return cls(SharedBytes.attach(path, size=cls._size(joints), layout=cls._layout(joints)), joints)

    @property
    def count(self) -> int:
        """How many values were written since the session began; a reader sees by it whether a new one came."""
        return self._memory.count

    def close(self) -> None:
        """Unmap."""
        self._memory.close()

    @classmethod
    def _size(cls, joints: int) -> int:
        return cls._HEAD.size + cls._VECTORS * joints * _FLOAT

    @classmethod
    def _layout(cls, joints: int) -> str:
        return f"{cls._LAYOUT} with {joints} joints"


class StateBlock(_JointBlock):
    """The newest `PlantState`. The plant writes, control and cameras read."""

    NAME = "plant-state"
    _LAYOUT = "PlantState 1"
    _HEAD = struct.Struct("=7q2d")
    _VECTORS = 5

    def __init__(self, memory: SharedBytes, joints: int) -> None:
        """Use `create` or `attach`."""
        super().__init__(memory, joints)
        self._vectors = np.frombuffer(self._buffer, dtype=np.float64, offset=self._HEAD.size).reshape(5, joints)

    def write(self, state: PlantState) -> None:
        """Publish a measured state. Raises `ValueError` when an array has not one entry a joint."""
        self._HEAD.pack_into(
            self._buffer,
            0,
            state.tick,
            state.stamp_ns,
            int(state.flags),
            state.missed_commands,
            state.missed_commands_total,
            state.command_sequence,
            state.stop_seen_ns,
            state.gripper_width_m,
            state.gripper_force_n,
        )
        vectors = self._vectors
        vectors[0] = state.q_rad
        vectors[1] = state.dq_rad_s
        vectors[2] = state.torque_nm
        vectors[3] = state.winding_celsius
        vectors[4] = state.housing_celsius
        self._memory.write(self._buffer)

    def read(self) -> PlantState | None:
        """The newest state, with arrays of its own; None before the first one."""
        content = self._memory.read()
        if content is None:
            return None
        tick, stamp_ns, flags, missed, missed_total, sequence, stop_ns, width_m, force_n = self._HEAD.unpack_from(
            content
        )
        vectors = np.frombuffer(content, dtype=np.float64, offset=self._HEAD.size).reshape(5, self._joints)
        q, dq, torque, winding, housing = vectors
        return PlantState(
            tick, stamp_ns, q, dq, torque, width_m, force_n, winding, housing, flags, missed, missed_total, sequence,
            stop_ns,
        )  # fmt: skip


class CommandBlock(_JointBlock):
    """The newest `JointCommand`. Control writes, the plant reads."""

    NAME = "joint-command"
    _LAYOUT = "JointCommand 1"
    _HEAD = struct.Struct("=5q2d")
    _VECTORS = 1

    def __init__(self, memory: SharedBytes, joints: int) -> None:
        """Use `create` or `attach`."""
        super().__init__(memory, joints)
        self._torque_nm = np.frombuffer(self._buffer, dtype=np.float64, offset=self._HEAD.size)

    def write(self, command: JointCommand) -> None:
        """Publish a command. Raises `ValueError` when the torques have not one entry a joint."""
        self._HEAD.pack_into(
            self._buffer,
            0,
            command.sequence,
            command.stamp_ns,
            command.brake,
            command.stopping,
            int(command.verdict),
            command.gripper_width_m,
            command.gripper_force_n,
        )
        self._torque_nm[:] = command.torque_nm
        self._memory.write(self._buffer)

    def read(self) -> JointCommand | None:
        """The newest command, with an array of its own; None before the first one."""
        content = self._memory.read()
        if content is None:
            return None
        sequence, stamp_ns, brake, stopping, verdict, width_m, force_n = self._HEAD.unpack_from(content)
        torque_nm = np.frombuffer(content, dtype=np.float64, offset=self._HEAD.size)
        return JointCommand(sequence, stamp_ns, torque_nm, width_m, force_n, bool(brake), bool(stopping), verdict)
