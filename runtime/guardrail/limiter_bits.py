"""What the command limiter says of one tick, as bits that fit into the command itself."""

from __future__ import annotations

from enum import IntFlag

from runtime.messages.plan import Reason, Severity


class LimiterBit(IntFlag):
    """Why a command was changed or a stop is demanded; `JointCommand.verdict` carries them."""

    SHAPE = 1
    """An array has the wrong length or is none."""

    NOT_FINITE = 2
    SEQUENCE = 4
    STALE = 8
    """The measured state is too old for this command."""

    TORQUE = 16
    TORQUE_RATE = 32
    GRIPPER = 64
    DISCONTINUITY = 128
    """The reference jumped against the last applied one."""

    REFERENCE_POSITION = 256
    """The reference could no longer brake inside the limits with margin."""

    REFERENCE_VELOCITY = 512
    POSITION = 1024
    """The measured joint might no longer brake inside its data-sheet limits."""

    VELOCITY = 2048
    RELEASE = 4096
    """The brakes were to open while the reference stood far from the arm."""


LIMITING_BITS = int(LimiterBit.TORQUE | LimiterBit.TORQUE_RATE | LimiterBit.GRIPPER)
"""The command was changed; counted, no stop. Plain numbers, as arithmetic on flags costs the fast loop time."""

BRAKING_BITS = int(
    LimiterBit.SHAPE
    | LimiterBit.NOT_FINITE
    | LimiterBit.SEQUENCE
    | LimiterBit.POSITION
    | LimiterBit.VELOCITY
    | LimiterBit.RELEASE
)
"""The limiter has closed the brakes by itself in this tick; the control stage must latch a stop."""

STOPPING_BITS = int(
    BRAKING_BITS
    | LimiterBit.STALE
    | LimiterBit.DISCONTINUITY
    | LimiterBit.REFERENCE_POSITION
    | LimiterBit.REFERENCE_VELOCITY
)
"""The control stage must bring the arm to a latched protective stop."""

REASONS: tuple[tuple[LimiterBit, Reason], ...] = (
    (LimiterBit.SHAPE, Reason.SHAPE),
    (LimiterBit.NOT_FINITE, Reason.NOT_FINITE),
    (LimiterBit.SEQUENCE, Reason.SEQUENCE),
    (LimiterBit.POSITION, Reason.POSITION),
    (LimiterBit.VELOCITY, Reason.VELOCITY),
    (LimiterBit.RELEASE, Reason.DISCONTINUITY),
    (LimiterBit.STALE, Reason.STALE),
    (LimiterBit.DISCONTINUITY, Reason.DISCONTINUITY),
    (LimiterBit.REFERENCE_POSITION, Reason.POSITION),
    (LimiterBit.REFERENCE_VELOCITY, Reason.VELOCITY),
    (LimiterBit.GRIPPER, Reason.GRIPPER),
    (LimiterBit.TORQUE, Reason.TORQUE),
    (LimiterBit.TORQUE_RATE, Reason.TORQUE_RATE),
)
"""Every bit with its reason code, most severe first."""


def demands_stop(bits: int) -> bool:
    """Whether the control stage must stop and latch."""
    return bool(bits & STOPPING_BITS)


def severity_of(bits: int) -> Severity:
    """The most severe of all bits wins."""
    if bits & STOPPING_BITS:
        return Severity.STOP
    return Severity.LIMIT if bits else Severity.PASS


def worst_bit(bits: int) -> LimiterBit | None:
    """The most severe bit that is set; None when none is."""
    return next((bit for bit, _ in REASONS if bits & bit), None)


def reason_of(bits: int) -> Reason:
    """Reason code of the most severe bit."""
    return next((reason for bit, reason in REASONS if bits & bit), Reason.OK)
