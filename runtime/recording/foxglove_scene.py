"""Solid things for viewers: obstacles and workspace from the cell's drawing, parts from the camera's belief."""

from __future__ import annotations

from foxglove_schemas_protobuf.Color_pb2 import Color
from foxglove_schemas_protobuf.Pose_pb2 import Pose as FoxglovePose
from foxglove_schemas_protobuf.SceneEntity_pb2 import SceneEntity
from foxglove_schemas_protobuf.SceneEntityDeletion_pb2 import SceneEntityDeletion
from foxglove_schemas_protobuf.SceneUpdate_pb2 import SceneUpdate
from foxglove_schemas_protobuf.Vector3_pb2 import Vector3 as FoxgloveVector
from google.protobuf.timestamp_pb2 import Timestamp

from runtime.messages.camera import Detection, SceneBelief
from runtime.messages.cell import CellDescription, PartKind
from runtime.messages.geometry import Pose, Vector3
from runtime.recording.joint_chain import BASE


def set_pose(target: FoxglovePose, pose: Pose) -> None:
    """Fill a Foxglove pose."""
    target.position.x, target.position.y, target.position.z = pose.position_m
    turned = target.orientation
    turned.x, turned.y, turned.z, turned.w = pose.orientation_xyzw


def fixed_update(cell: CellDescription, stamp: Timestamp) -> SceneUpdate:
    """Obstacles, and the workspace as a translucent box."""
    update = SceneUpdate()
    for box in cell.obstacles:
        size_m = (2 * box.half_extents_m[0], 2 * box.half_extents_m[1], 2 * box.half_extents_m[2])
        entity = _entity(update, f"fixed/{box.name}", stamp)
        _add_box(entity, box.centre_in_base, size_m=size_m, colour_rgb=box.colour_rgb)
    low, high = cell.workspace.lower_m, cell.workspace.upper_m
    centre = Pose(((low[0] + high[0]) / 2, (low[1] + high[1]) / 2, (low[2] + high[2]) / 2))
    extent_m = (high[0] - low[0], high[1] - low[1], high[2] - low[2])
    workspace = _entity(update, "fixed/workspace", stamp)
    _add_box(workspace, centre, size_m=extent_m, colour_rgb=(0.3, 0.6, 0.9), alpha=0.1)
    return update


def belief_update(belief: SceneBelief, cell: CellDescription, stamp: Timestamp) -> SceneUpdate:
    """The parts that the camera shows; those believed earlier and not any more disappear."""
    kinds = {kind.name: kind for kind in cell.parts}
    update = SceneUpdate()
    seen = {detection.part for detection in belief.detections}
    for name in kinds.keys() - seen:
        update.deletions.add(timestamp=stamp, type=SceneEntityDeletion.MATCHING_ID, id=f"part/{name}")
    for detection in belief.detections:
        if detection.part in kinds:
            _add_part(_entity(update, f"part/{detection.part}", stamp), detection, kinds[detection.part])
    return update


def _add_part(entity: SceneEntity, detection: Detection, kind: PartKind) -> None:
    (x, y, z), height_m = detection.part_in_base.position_m, kind.size_m[2]
    middle = Pose((x, y, z - height_m / 2), detection.part_in_base.orientation_xyzw)
    if kind.shape == "cylinder":
        cylinder = entity.cylinders.add(bottom_scale=1.0, top_scale=1.0, color=_colour(kind.colour_rgb, 1.0))
        set_pose(cylinder.pose, middle)
        cylinder.size.CopyFrom(_vector(kind.size_m))
    else:
        _add_box(entity, middle, size_m=kind.size_m, colour_rgb=kind.colour_rgb)


def _entity(update: SceneUpdate, name: str, stamp: Timestamp) -> SceneEntity:
    return update.entities.add(id=name, frame_id=BASE, timestamp=stamp)


def _add_box(entity: SceneEntity, centre: Pose, *, size_m: Vector3, colour_rgb: Vector3, alpha: float = 1.0) -> None:
    cube = entity.cubes.add(size=_vector(size_m), color=_colour(colour_rgb, alpha))
    set_pose(cube.pose, centre)


def _vector(value: Vector3) -> FoxgloveVector:
    return FoxgloveVector(x=value[0], y=value[1], z=value[2])


def _colour(rgb: Vector3, alpha: float) -> Color:
    return Color(r=rgb[0], g=rgb[1], b=rgb[2], a=alpha)
