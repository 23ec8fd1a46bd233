"""The simulated arm as a URDF text: our masses and inertias, capsules and boxes as solids, no mesh."""

from __future__ import annotations

import math
from dataclasses import dataclass
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from runtime.messages.geometry import Vector3
from runtime.messages.robot import Capsule, JointDescription, RobotDescription
from sim_worlds.plant.mismatch import Mismatch
from sim_worlds.poses import Matrix, matrix_of
from sim_worlds.robots.body import BodyBox, RobotBody

_STOP_BEYOND_RAD = 0.03
"""Mechanical stops stand this far outside the position limits."""


@dataclass(frozen=True, slots=True)
class Inertial:
    """Mass, centre and inertia about the centre, in one frame's axes."""

    mass_kg: float
    centre_m: NDArray[np.float64]
    inertia_kg_m2: Matrix


def arm_urdf(robot: RobotDescription, *, body: RobotBody, mismatch: Mismatch) -> str:
    """URDF with links 0…n-1 on the joints in order, n the left and n+1 the right finger; base link fixed.

    Rotor inertia is not in here: it acts on its own joint only, which no link inertia can express.
    """
    root = ElementTree.Element("robot", name=robot.name)
    base = _link(root, "base", Inertial(1.0, np.zeros(3), np.eye(3) * 0.01))
    _add_capsules(base, [capsule for capsule in robot.capsules if capsule.joint == -1])
    gripper_in_last = matrix_of(robot.flange_in_last_joint) @ matrix_of(robot.gripper.gripper_in_flange)
    last = len(robot.joints) - 1
    parent = "base"
    for index, joint in enumerate(robot.joints):
        inertial = _inertial(
            joint, mass_factor=float(mismatch.link_mass[index]), shift_m=mismatch.centre_shift_m[index]
        )
        if index == last:
            inertial = _without_fingers(inertial, gripper_in_last=gripper_in_last, robot=robot, body=body)
        link = _link(root, joint.name, inertial)
        if index < last:
            _add_capsules(link, [capsule for capsule in robot.capsules if capsule.joint == index])
        else:
            _add_boxes(link, body.hand, frame=gripper_in_last)
        _joint(root, joint, parent=parent)
        parent = joint.name
    for side, sign in (("left", 1.0), ("right", -1.0)):
        finger = _link(root, side, _finger_inertial(body, sign=sign))
        _add_boxes(finger, [_mirrored(box, sign=sign) for box in body.finger], frame=np.eye(4))
        _finger_joint(root, side, parent=parent, frame=gripper_in_last, sign=sign, robot=robot)
    return ElementTree.tostring(root, encoding="unicode")


def _inertial(joint: JointDescription, *, mass_factor: float, shift_m: NDArray[np.float64]) -> Inertial:
    xx, xy, xz, yy, yz, zz = joint.inertia_kg_m2
    tensor = np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])
    centre = np.asarray(joint.centre_of_mass_m) + shift_m
    return Inertial(joint.mass_kg * mass_factor, centre, tensor * mass_factor)


def _finger_inertial(body: RobotBody, *, sign: float) -> Inertial:
    volumes = np.array([math.prod(box.size_m) for box in body.finger])
    centres = np.array([_mirrored(box, sign=sign).centre_m for box in body.finger])
    centre = volumes @ centres / volumes.sum()
    extent = np.max([box.size_m for box in body.finger], axis=0)
    squares = extent * extent
    tensor = np.diag(squares.sum() - squares) * body.finger_mass_kg / 12.0
    return Inertial(body.finger_mass_kg, centre, tensor)


def _without_fingers(whole: Inertial, *, gripper_in_last: Matrix, robot: RobotDescription, body: RobotBody) -> Inertial:
    """The last link less its fingers, which are links of their own, taken out at half opening (Steiner's theorem)."""
    mass, moment = whole.mass_kg, whole.mass_kg * whole.centre_m
    tensor = whole.inertia_kg_m2 + _steiner(whole.mass_kg, whole.centre_m)
    for sign in (1.0, -1.0):
        finger = _finger_inertial(body, sign=sign)
        in_gripper = finger.centre_m + (0.0, sign * 0.25 * robot.gripper.width_max_m, 0.0)
        centre = gripper_in_last[:3, :3] @ in_gripper + gripper_in_last[:3, 3]
        turned = gripper_in_last[:3, :3] @ finger.inertia_kg_m2 @ gripper_in_last[:3, :3].T
        mass, moment = mass - finger.mass_kg, moment - finger.mass_kg * centre
        tensor = tensor - turned - _steiner(finger.mass_kg, centre)
    centre = moment / mass
    return Inertial(mass, centre, tensor - _steiner(mass, centre))


def _steiner(mass_kg: float, arm_m: NDArray[np.float64]) -> Matrix:
    return mass_kg * (arm_m @ arm_m * np.eye(3) - np.outer(arm_m, arm_m))


def _mirrored(box: BodyBox, *, sign: float) -> BodyBox:
    x, y, z = box.centre_m
    return BodyBox((x, sign * y, z), box.size_m)


def _link(root: ElementTree.Element, name: str, inertial: Inertial) -> ElementTree.Element:
    """A link with its full inertia tensor; the engine turns it to principal axes by itself."""
    link = ElementTree.SubElement(root, "link", name=name)
    element = ElementTree.SubElement(link, "inertial")
    _origin(element, inertial.centre_m, np.eye(3))
    ElementTree.SubElement(element, "mass", value=repr(float(inertial.mass_kg)))
    tensor = inertial.inertia_kg_m2
    places = {"ixx": (0, 0), "ixy": (0, 1), "ixz": (0, 2), "iyy": (1, 1), "iyz": (1, 2), "izz": (2, 2)}
    ElementTree.SubElement(element, "inertia", {name: repr(float(tensor[place])) for name, place in places.items()})
    return link


def _add_capsules(link: ElementTree.Element, capsules: list[Capsule]) -> None:
    for capsule in capsules:
        start, end = np.asarray(capsule.start_m), np.asarray(capsule.end_m)
        length = float(np.linalg.norm(end - start))
        shape = _collision(link, 0.5 * (start + end), _turned_to(end - start))
        ElementTree.SubElement(shape, "capsule", radius=repr(capsule.radius_m), length=repr(length))


def _turned_to(direction: NDArray[np.float64]) -> Matrix:
    """A rotation whose z axis points along `direction`."""
    length = float(np.linalg.norm(direction))
    z = direction / length if length > 1e-9 else np.array([0.0, 0.0, 1.0])
    x = np.cross([0.0, 1.0, 0.0] if abs(z[1]) < 0.9 else [1.0, 0.0, 0.0], z)
    x /= np.linalg.norm(x)
    return np.column_stack((x, np.cross(z, x), z))


def _add_boxes(link: ElementTree.Element, boxes: list[BodyBox] | tuple[BodyBox, ...], *, frame: Matrix) -> None:
    for box in boxes:
        centre = frame[:3, :3] @ np.asarray(box.centre_m) + frame[:3, 3]
        shape = _collision(link, centre, frame[:3, :3])
        ElementTree.SubElement(shape, "box", size=_numbers(box.size_m))


def _collision(link: ElementTree.Element, centre_m: NDArray[np.float64], rotation: Matrix) -> ElementTree.Element:
    collision = ElementTree.SubElement(link, "collision")
    _origin(collision, centre_m, rotation)
    return ElementTree.SubElement(collision, "geometry")


def _joint(root: ElementTree.Element, joint: JointDescription, *, parent: str) -> None:
    element = ElementTree.SubElement(root, "joint", name=f"{joint.name} joint", type="revolute")
    frame = matrix_of(joint.joint_in_parent)
    _origin(element, frame[:3, 3], frame[:3, :3])
    ElementTree.SubElement(element, "parent", link=parent)
    ElementTree.SubElement(element, "child", link=joint.name)
    ElementTree.SubElement(element, "axis", xyz=_numbers(joint.axis))
    lower, upper = joint.position_lower_rad - _STOP_BEYOND_RAD, joint.position_upper_rad + _STOP_BEYOND_RAD
    ElementTree.SubElement(element, "limit", lower=repr(lower), upper=repr(upper), effort="1000", velocity="100")


def _finger_joint(
    root: ElementTree.Element, side: str, *, parent: str, frame: Matrix, sign: float, robot: RobotDescription
) -> None:
    element = ElementTree.SubElement(root, "joint", name=f"{side} joint", type="prismatic")
    _origin(element, frame[:3, 3], frame[:3, :3])
    ElementTree.SubElement(element, "parent", link=parent)
    ElementTree.SubElement(element, "child", link=side)
    ElementTree.SubElement(element, "axis", xyz=_numbers((0.0, sign, 0.0)))
    upper = repr(0.5 * robot.gripper.width_max_m)
    ElementTree.SubElement(element, "limit", lower="0", upper=upper, effort="1000", velocity="10")


def _origin(element: ElementTree.Element, position_m: NDArray[np.float64], rotation: Matrix) -> None:
    """Roll, pitch, yaw about fixed axes: R = Rz(yaw)·Ry(pitch)·Rx(roll)."""
    pitch = math.atan2(-rotation[2, 0], math.hypot(rotation[0, 0], rotation[1, 0]))
    if math.hypot(rotation[0, 0], rotation[1, 0]) > 1e-9:
        roll = math.atan2(rotation[2, 1], rotation[2, 2])
        yaw = math.atan2(rotation[1, 0], rotation[0, 0])
    else:
        roll, yaw = math.atan2(-rotation[1, 2], rotation[1, 1]), 0.0
    ElementTree.SubElement(element, "origin", xyz=_numbers(position_m), rpy=_numbers((roll, pitch, yaw)))


def _numbers(values: NDArray[np.float64] | Vector3 | tuple[float, ...]) -> str:
    return " ".join(repr(float(value)) for value in values)
