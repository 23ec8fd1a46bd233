"""Our messages as Foxglove's schemas, for every viewer that knows those: pictures, transforms, scene, log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
from foxglove_schemas_protobuf.CameraCalibration_pb2 import CameraCalibration
from foxglove_schemas_protobuf.FrameTransforms_pb2 import FrameTransforms
from foxglove_schemas_protobuf.Log_pb2 import Log
from foxglove_schemas_protobuf.PoseInFrame_pb2 import PoseInFrame
from foxglove_schemas_protobuf.PosesInFrame_pb2 import PosesInFrame
from foxglove_schemas_protobuf.Quaternion_pb2 import Quaternion
from foxglove_schemas_protobuf.RawImage_pb2 import RawImage
from foxglove_schemas_protobuf.SceneUpdate_pb2 import SceneUpdate
from foxglove_schemas_protobuf.Vector3_pb2 import Vector3
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from runtime.messages.camera import Frame, SceneBelief
from runtime.messages.cell import CameraDescription, CellDescription
from runtime.messages.geometry import Pose
from runtime.messages.plan import Plan
from runtime.messages.state import RobotState
from runtime.messages.system import Event
from runtime.messages.topics import Topic
from runtime.recording.channels import (
    GRIPPER,
    LOG,
    PLAN,
    RECORDED,
    SCENE,
    TRANSFORMS,
    calibration_channel,
    pixels_channel,
)
from runtime.recording.foxglove_scene import belief_update, fixed_update, set_pose
from runtime.recording.joint_chain import BASE, FLANGE, joint_transforms

LEVELS = {"info": Log.INFO, "warning": Log.WARNING, "error": Log.ERROR}
CHANNELS: dict[str, type[Message]] = {
    TRANSFORMS: FrameTransforms,
    GRIPPER: PoseInFrame,
    PLAN: PosesInFrame,
    SCENE: SceneUpdate,
    LOG: Log,
    **{pixels_channel(topic.name): RawImage for topic in RECORDED if topic.image},
    **{calibration_channel(topic.name): CameraCalibration for topic in RECORDED if topic.image},
}
"""All of them are announced at the beginning of a file, so that a reader may start in its middle."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """One message for viewers and the channel that it belongs to."""

    channel: str
    message: Message


class FoxgloveView:
    """Turns messages into drawings; knows the cell as soon as its description has passed by."""

    def __init__(self, wall_minus_monotonic_ns: int) -> None:
        self._offset_ns = wall_minus_monotonic_ns
        self._cell: CellDescription | None = None

    def drawings(self, topic: Topic, message: msgspec.Struct, pixels: bytes | memoryview | None) -> Iterator[Drawing]:
        """What a viewer gets to see of one message; nothing for most."""
        match message:
            case Frame():
                if pixels is not None:
                    yield Drawing(pixels_channel(topic.name), self._picture(message, pixels))
            case CellDescription():
                self._cell = message
                yield from self._fixed_things(message)
            case RobotState():
                yield from self._arm(message)
            case SceneBelief():
                if self._cell is not None:
                    stamp = self._stamp(message.stamp_ns)
                    yield Drawing(SCENE, belief_update(message, self._cell, stamp))
            case Plan():
                yield Drawing(PLAN, self._plan(message))
            case Event():
                yield Drawing(LOG, self._line(message))
            case _:
                pass

    def _stamp(self, stamp_ns: int) -> Timestamp:
        seconds, nanos = divmod(stamp_ns + self._offset_ns, 1_000_000_000)
        return Timestamp(seconds=seconds, nanos=nanos)

    def _picture(self, frame: Frame, pixels: bytes | memoryview) -> RawImage:
        return RawImage(
            timestamp=self._stamp(frame.stamp_ns),
            frame_id=frame.camera,
            width=frame.width_px,
            height=frame.height_px,
            encoding="rgb8",
            step=3 * frame.width_px,
            data=bytes(pixels),
        )

    def _fixed_things(self, cell: CellDescription) -> Iterator[Drawing]:
        stamp = self._stamp(0)
        yield Drawing(SCENE, fixed_update(cell, stamp))
        for camera in cell.cameras:
            channel = calibration_channel(f"camera/{camera.name}")
            if channel in CHANNELS:
                yield Drawing(channel, _calibration(camera, stamp))

    def _arm(self, state: RobotState) -> Iterator[Drawing]:
        stamp = self._stamp(state.stamp_ns)
        gripper = PoseInFrame(timestamp=stamp, frame_id=BASE)
        set_pose(gripper.pose, state.gripper_in_base)
        yield Drawing(GRIPPER, gripper)
        if self._cell is None:
            return
        transforms = FrameTransforms()
        for parent, child, pose in joint_transforms(self._cell.robot, state.q_rad):
            _add_transform(transforms, stamp=stamp, parent=parent, child=child, pose=pose)
        for camera in self._cell.cameras:
            parent = FLANGE if camera.on_flange else BASE
            _add_transform(transforms, stamp=stamp, parent=parent, child=camera.name, pose=camera.camera_in_parent)
        yield Drawing(TRANSFORMS, transforms)

    def _plan(self, plan: Plan) -> PosesInFrame:
        message = PosesInFrame(timestamp=self._stamp(plan.issued_ns), frame_id=BASE)
        for pose in plan.gripper_in_base:
            set_pose(message.poses.add(), pose)
        return message

    def _line(self, event: Event) -> Log:
        level = LEVELS.get(event.level, Log.UNKNOWN)
        return Log(timestamp=self._stamp(event.stamp_ns), level=level, message=event.text, name=event.lane)


def _add_transform(transforms: FrameTransforms, *, stamp: Timestamp, parent: str, child: str, pose: Pose) -> None:
    x, y, z = pose.position_m
    qx, qy, qz, qw = pose.orientation_xyzw
    transforms.transforms.add(
        timestamp=stamp,
        parent_frame_id=parent,
        child_frame_id=child,
        translation=Vector3(x=x, y=y, z=z),
        rotation=Quaternion(x=qx, y=qy, z=qz, w=qw),
    )


def _calibration(camera: CameraDescription, stamp: Timestamp) -> CameraCalibration:
    """Pinhole without distortion; K and P after the camera model of OpenCV and ROS."""
    f, cx, cy = camera.focal_px, camera.width_px / 2, camera.height_px / 2
    return CameraCalibration(
        timestamp=stamp,
        frame_id=camera.name,
        width=camera.width_px,
        height=camera.height_px,
        distortion_model="plumb_bob",
        D=[0.0] * 5,
        K=[f, 0.0, cx, 0.0, f, cy, 0.0, 0.0, 1.0],
        R=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        P=[f, 0.0, cx, 0.0, 0.0, f, cy, 0.0, 0.0, 0.0, 1.0, 0.0],
    )
