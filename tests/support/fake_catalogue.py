"""What the made-up cell of the console's tests has in stock: faults, an alarm, a picture."""

from __future__ import annotations

import numpy as np

from runtime.messages.faults import FaultKind, Layer
from runtime.messages.system import Alarm, AlarmPhase, Priority

CAMERAS_DEAD = Alarm(
    "process.cameras.dead",
    Priority.HIGH,
    AlarmPhase.UNACKNOWLEDGED,
    "integration",
    "The cameras process has ended (signal 9).",
    "No pictures: the policy cannot see and the arm holds.",
    "Restart it under Processes; look for memory pressure if it ends again.",
    0,
    1,
)


def _fault(fault_id: str, name: str, layer: Layer, seam: str, *words: str, values: tuple[float, ...]) -> FaultKind:
    parameter, sentence, effect, reaction = words
    return FaultKind(fault_id, name, layer, seam, sentence, effect, {parameter: values}, reaction)


CATALOGUE = (
    _fault(
        *("F01", "Camera freeze", Layer.PERCEPTION, "cameras", "duration_s"),
        "The overhead camera repeats its last picture while its stamps go on.",
        "share of unchanged pictures while the arm moves",
        "policy holds, alarm",
        values=(0.2, 1.0, 5.0),
    ),
    _fault(
        *("F12", "Out-of-range action", Layer.POLICY, "planner", "factor"),
        "Every chunk's poses are multiplied as if degrees were radians.",
        "rejected chunks per second",
        "plan gate rejects, arm holds",
        values=(2.0, 57.3, 1000.0),
    ),
    _fault(
        *("F13", "Inference stall", Layer.POLICY, "planner", "stall_s"),
        "The policy takes much longer for each inference.",
        "inference time",
        "slow down and hold, fault after 1 s",
        values=(0.3, 1.0, 5.0),
    ),
    _fault(
        *("F20", "Loop overrun", Layer.CONTROL, "control", "spike_ms"),
        "Single ticks of the fast loop are held up.",
        "missed ticks per second",
        "warn, slow, stop",
        values=(5.0, 20.0, 50.0),
    ),
    _fault(
        *("F26", "Friction rise", Layer.HARDWARE, "plant", "factor"),
        "The friction of joint 4 rises as with wear or lost grease.",
        "torque residual of joint 4",
        "residual alarm, arm goes on",
        values=(1.5, 2.5, 4.0),
    ),
    _fault(
        *("F31", "Motor overheating", Layer.HARDWARE, "plant", "heating"),
        "Joint 2 starts hot and heats faster.",
        "winding temperature of joint 2",
        "derate warning, trip stops",
        values=(3.0, 6.0, 12.0),
    ),
    _fault(
        *("F41", "Network latency", Layer.INTEGRATION, "planner", "latency_ms"),
        "The link between planner and control holds plans back.",
        "transport time of plans",
        "older plans, hold when too old",
        values=(20.0, 80.0, 300.0),
    ),
)


def picture(variant: int) -> bytes:
    """A tray with three parts, 128 px square, and noise that differs from variant to variant."""
    size = 128
    rows, columns = np.mgrid[0:size, 0:size]
    picture = np.full((size, size, 3), 118.0)
    picture[20:108, 20:108] = (150, 148, 143)
    for row, column, colour in ((70, 60, (190, 40, 35)), (50, 80, (45, 70, 170)), (85, 84, (60, 140, 70))):
        picture[row - 7 : row + 7, column - 7 : column + 7] = colour
    picture -= 0.15 * np.hypot(rows - 64, columns - 64)[:, :, None]
    picture += np.random.default_rng(variant).normal(0, 5, picture.shape)
    return picture.clip(0, 255).astype(np.uint8).tobytes()
