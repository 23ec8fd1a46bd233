"""`celltwin verify recording FILE`: whether it holds every recorded topic at its rate, in a sound file."""

from __future__ import annotations

import argparse

import msgspec

from runtime.recording.verification import RecordingVerdict, verify_recording


def run(arguments: argparse.Namespace) -> int:
    """Judge the file; exit status 1 when something is missing or off."""
    verdict = verify_recording(arguments.file)
    print(as_text(verdict))
    if arguments.json:
        print(msgspec.json.encode(verdict).decode())
    return int(bool(verdict.topics_missing or verdict.rate_off) or not verdict.doctor_clean)


def as_text(verdict: RecordingVerdict) -> str:
    """For a person: one line a steady topic, then what is wrong."""
    lines = [f"{verdict.duration_s:.1f} s recorded"]
    lines += [f"  {name:<18} {rate_hz:8.2f} Hz" for name, rate_hz in verdict.rates_hz.items()]
    lines += [f"  missing: {name}" for name in verdict.topics_missing]
    lines += [f"  off: {name}: {what}" for name, what in verdict.rate_off.items()]
    lines += [f"  nothing happened on: {name}" for name in verdict.topics_without_events]
    lines += [f"  file: {complaint}" for complaint in verdict.doctor_complaints]
    return "\n".join(lines)
