"""Products and inverses of poses."""

from __future__ import annotations

from runtime.messages.geometry import Pose, Quaternion, Vector3


def compose(parent: Pose, child: Pose) -> Pose:
    """`child`, given in `parent`'s frame, in the frame that `parent` is given in."""
    x, y, z = turned(parent.orientation_xyzw, child.position_m)
    px, py, pz = parent.position_m
    return Pose((px + x, py + y, pz + z), product(parent.orientation_xyzw, child.orientation_xyzw))


def inverse(pose: Pose) -> Pose:
    """The other frame, seen from this one."""
    x, y, z, w = pose.orientation_xyzw
    back = (-x, -y, -z, w)
    px, py, pz = turned(back, pose.position_m)
    return Pose((-px, -py, -pz), back)


def turned(orientation: Quaternion, vector: Vector3) -> Vector3:
    """A vector rotated by a unit quaternion."""
    x, y, z, w = orientation
    vx, vy, vz = vector
    tx, ty, tz = 2.0 * (y * vz - z * vy), 2.0 * (z * vx - x * vz), 2.0 * (x * vy - y * vx)
    return (vx + w * tx + y * tz - z * ty, vy + w * ty + z * tx - x * tz, vz + w * tz + x * ty - y * tx)


def product(a: Quaternion, b: Quaternion) -> Quaternion:
    """First `b`, then `a`."""
    ax, ay, az, aw = a
    bx, by, bz, bw = b
    return (
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
        aw * bw - ax * bx - ay * by - az * bz,
    )
