"""The observation that a policy worker is asked about, in memory that both processes map.

One question is open at a time and the planner writes before it asks, so nobody writes while somebody reads.
Header as msgpack, pixels as they are: numbers arrive bit by bit as they were, and nothing is unpickled.
"""

from __future__ import annotations

import mmap
import os
import struct
from typing import Self

import msgspec
import numpy as np
from msgspec import Struct

from runtime.messages.camera import Frame
from runtime.messages.cell import CameraDescription, CellDescription
from runtime.messages.geometry import Pose
from runtime.messages.tasks import Assignment
from runtime.ports import CameraView, Observation, Picture

HEADER_ROOM = 64 * 1024
_LENGTH = struct.Struct("=I")


class _View(Struct, frozen=True):
    name: str
    frame: Frame
    camera: CameraDescription
    camera_in_base: Pose


class _Header(Struct, frozen=True):
    observation_id: int
    stamp_ns: int
    views: tuple[_View, ...]
    q_rad: tuple[float, ...]
    dq_rad_s: tuple[float, ...]
    gripper_in_base: Pose
    gripper_width_m: float
    gripper_force_n: float
    assignment: Assignment | None


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Header)


def room_for(cell: CellDescription) -> int:
    """Bytes that the largest observation of this cell takes."""
    return _LENGTH.size + HEADER_ROOM + sum(camera.width_px * camera.height_px * 3 for camera in cell.cameras)


class ObservationBoard:
    """Made by the planner, mapped by the worker through the descriptor that it inherits."""

    def __init__(self, descriptor: int, size: int) -> None:
        """Use `create` or `attach`; takes the descriptor over."""
        self.descriptor = descriptor
        self._size = size
        self._memory = mmap.mmap(descriptor, size)

    @classmethod
    def create(cls, size: int) -> Self:
        """Fresh anonymous memory; it is gone when nobody maps it any more."""
        descriptor = os.memfd_create("observation", os.MFD_CLOEXEC)
        try:
            os.ftruncate(descriptor, size)
            return cls(descriptor, size)
        except OSError:
            os.close(descriptor)
            raise

    @classmethod
    def attach(cls, descriptor: int) -> Self:
        """The worker's side."""
        return cls(descriptor, os.fstat(descriptor).st_size)

    def write(self, observation: Observation) -> None:
        """Put an observation up. Raises `ValueError` when it is larger than the board."""
        pictures = [view.picture for view in observation.views.values()]
        header = _ENCODER.encode(_header_of(observation))
        total = _LENGTH.size + len(header) + sum(picture.image.nbytes for picture in pictures)
        if total > self._size:
            raise ValueError(f"an observation of {total} bytes, the board has {self._size}")
        _LENGTH.pack_into(self._memory, 0, len(header))
        at = _LENGTH.size + len(header)
        self._memory[_LENGTH.size : at] = header
        for picture in pictures:
            self._memory[at : at + picture.image.nbytes] = picture.image.tobytes()
            at += picture.image.nbytes

    def read(self) -> Observation:
        """The observation, with pixels of its own. Raises `msgspec.DecodeError` or `ValueError` for anything else."""
        (length,) = _LENGTH.unpack_from(self._memory, 0)
        at = _LENGTH.size + length
        header = _DECODER.decode(self._memory[_LENGTH.size : at])
        views: dict[str, CameraView] = {}
        for view in header.views:
            shape = (view.frame.height_px, view.frame.width_px, 3)
            size = shape[0] * shape[1] * 3
            image = np.frombuffer(self._memory[at : at + size], dtype=np.uint8).reshape(shape)
            views[view.name] = CameraView(Picture(view.frame, image), view.camera, view.camera_in_base)
            at += size
        return Observation(
            observation_id=header.observation_id,
            stamp_ns=header.stamp_ns,
            views=views,
            q_rad=np.array(header.q_rad),
            dq_rad_s=np.array(header.dq_rad_s),
            gripper_in_base=header.gripper_in_base,
            gripper_width_m=header.gripper_width_m,
            gripper_force_n=header.gripper_force_n,
            assignment=header.assignment,
        )

    def close(self) -> None:
        """Unmap and let go of the descriptor."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
            self._memory.close()


def _header_of(observation: Observation) -> _Header:
    return _Header(
        observation_id=observation.observation_id,
        stamp_ns=observation.stamp_ns,
        views=tuple(
            _View(name, view.picture.frame, view.camera, view.camera_in_base)
            for name, view in observation.views.items()
        ),
        q_rad=tuple(observation.q_rad.tolist()),
        dq_rad_s=tuple(observation.dq_rad_s.tolist()),
        gripper_in_base=observation.gripper_in_base,
        gripper_width_m=observation.gripper_width_m,
        gripper_force_n=observation.gripper_force_n,
        assignment=observation.assignment,
    )
