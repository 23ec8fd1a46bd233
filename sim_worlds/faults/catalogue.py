"""What can be injected into this cell, with the parameters of each severity."""

from __future__ import annotations

from runtime.messages.faults import FaultKind, FaultSeverity, Layer

CATALOGUE: tuple[FaultKind, ...] = (
    FaultKind(
        fault_id="F01",
        name="camera freeze",
        layer=Layer.PERCEPTION,
        seam="cameras",
        sentence="Both cameras deliver one picture again and again while its time stamp goes on.",
        effect="longest time over which pictures stay identical, s",
        parameters={"freeze_s": (0.3, 1.0, 5.0), "live_s": (0.3, 0.3, 0.1)},
        expected_reaction="mild, medium: perhaps retried; severe: perhaps failed task, assist or protective stop",
    ),
    FaultKind(
        fault_id="F12",
        name="out-of-range action",
        layer=Layer.POLICY,
        seam="planner",
        sentence="The policy's targets come out in the wrong unit: millimetres for metres, degrees for radians.",
        effect="share of chunks that the plan gate refuses",
        parameters={"probability": (0.2, 0.6, 1.0), "position_factor": (1000.0, 1000.0, 1000.0)},
        expected_reaction="mild: refused chunks; medium: held, perhaps protective stop or assist; severe: assist",
    ),
    FaultKind(
        fault_id="F13",
        name="inference stall",
        layer=Layer.POLICY,
        seam="planner",
        sentence="Every inference takes longer: lognormal around the given time.",
        effect="inference latency, s",
        parameters={"stall_s": (0.3, 1.0, 5.0), "spread": (0.15, 0.15, 0.15)},
        expected_reaction="mild and medium: perhaps held between chunks, or assist; severe: assist",
    ),
    FaultKind(
        fault_id="F20",
        name="loop overrun",
        layer=Layer.CONTROL,
        seam="control",
        sentence="The fast loop is held up: jitter in every tick and spikes now and then.",
        effect="share of missed ticks",
        parameters={
            "jitter_s": (0.00005, 0.0001, 0.0002),
            "spike_s": (0.005, 0.012, 0.050),
            "spike_rate_hz": (4.0, 6.0, 8.0),
        },
        expected_reaction="mild: counted only; medium: slower, perhaps a protective stop; severe: protective stop",
    ),
    FaultKind(
        fault_id="F26",
        name="friction rise",
        layer=Layer.HARDWARE,
        seam="plant",
        sentence="Worn gears and dry grease: the friction of all joints grows within a second.",
        effect="torque residual in the direction of motion over nominal friction",
        parameters={"friction_factor": (3.0, 8.0, 25.0)},
        expected_reaction="mild: an alarm only; medium: perhaps a protective stop; severe: protective stop",
    ),
    FaultKind(
        fault_id="F31",
        name="motor overheating",
        layer=Layer.HARDWARE,
        seam="plant",
        sentence="One motor starts hot and loses more heat in its winding: shorted turns.",
        effect="hottest winding, °C",
        parameters={"housing_celsius": (118.0, 122.0, 128.0), "heating_k": (20.0, 26.0, 60.0)},
        expected_reaction="mild and medium: derated torque; severe: trip, brakes closed, fault",
    ),
    FaultKind(
        fault_id="F41",
        name="network latency",
        layer=Layer.INTEGRATION,
        seam="planner",
        sentence="Action chunks take longer from planner to control: normal with correlation.",
        effect="transport time of chunks, s",
        parameters={"delay_s": (0.02, 0.08, 1.2), "jitter_s": (0.005, 0.04, 0.2)},
        expected_reaction="mild: passed steps are dropped; medium: perhaps held for a moment; severe: assist",
    ),
)

_BY_ID = {kind.fault_id: kind for kind in CATALOGUE}
_COLUMN = {FaultSeverity.MILD: 0, FaultSeverity.MEDIUM: 1, FaultSeverity.SEVERE: 2}


def fault_kind(fault_id: str) -> FaultKind:
    """The catalogue's entry; raises KeyError for an unknown id."""
    return _BY_ID[fault_id]


def parameter(fault_id: str, name: str, *, severity: FaultSeverity) -> float:
    """One parameter at one severity; raises KeyError for an unknown id or name."""
    return _BY_ID[fault_id].parameters[name][_COLUMN[severity]]
