"""The words of the commands that measure and check: bench and verify."""

from __future__ import annotations

import argparse
from typing import Any  # every parser class has its own list of commands

from twin_app.assembly.argument_words import FAULT_IDS, JSON, PROTOCOLS, SEED, add_vary, given, natural, positive
from twin_app.model.variations import VARIATIONS

_BENCHES = {
    "loop": "punctuality of the 1 kHz loop (60 s)",
    "stop": "time from pressing stop to the loop's reaction",
    "console": "frames and memory of the window (20 s; needs a display)",
    "lockstep": "simulated seconds a second of computing",
    "shadow": "loop and active inference without and with a policy in shadow, in turns (240 s)",
}
_Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it


def add_bench(commands: _Commands[Any]) -> None:
    """Bench."""
    bench = commands.add_parser("bench", help="measure speed against a floor taken in the same run")
    explained = "; ".join(f"{name}: {what}" for name, what in _BENCHES.items())
    bench.add_argument("what", choices=tuple(_BENCHES), help=explained)
    bench.add_argument(
        "--seconds", type=positive, default=None, help="loop, console, shadow: how long (default: above)"
    )
    bench.add_argument("--presses", type=positive, default=1000, help="stop: number of presses (default: %(default)s)")
    bench.add_argument(
        "--policy", type=given, default="programmed", help="shadow: the active one (default: %(default)s)"
    )
    bench.add_argument("--shadow", type=given, default="flow_vla", help="shadow: the other one (default: %(default)s)")
    bench.add_argument("--scene", type=given, default="tray", help="scene name or TOML file (default: %(default)s)")
    bench.add_argument("--seed", type=natural, default=1, help=SEED)
    bench.add_argument("--json", action="store_true", help=JSON)


def add_verify(commands: _Commands[Any]) -> None:
    """Verify."""
    verify = commands.add_parser("verify", help="check a promise of the system by experiment")
    what = verify.add_subparsers(dest="what", required=True)
    swap = _add_verify_swap(what)
    faults = what.add_parser("faults", help="inject every fault at every severity and measure its effect")
    faults.add_argument(
        "--only", default="", metavar="ID", help=f"one fault of {', '.join(FAULT_IDS)} (default: every one)"
    )
    kill = what.add_parser("kill", help="kill -9 each process in turn")
    kill.add_argument(
        "--rounds", type=positive, default=10, metavar="N", help="kills of each process (default: %(default)s)"
    )
    endurance = what.add_parser("endurance", help="let cell and console work for long: what they hold must not grow")
    endurance.add_argument("--minutes", type=positive, default=60, metavar="N", help="how long (default: %(default)s)")
    servers = what.add_parser("servers", help="pick through a server of each protocol; mismatches, a killed server")
    servers.add_argument(
        "--policy",
        type=given,
        default=None,
        help="policy behind the servers (default: flow_vla if it is there, else programmed)",
    )
    servers.add_argument(
        "--picks", type=positive, default=20, metavar="N", help="picks through each protocol (default: %(default)s)"
    )
    servers.add_argument("--only", choices=PROTOCOLS, default=None, help="one protocol (default: each of them)")
    variations = _add_verify_variations(what)
    for parser in (swap, faults, kill, endurance, variations, servers):
        parser.add_argument("--seed", type=natural, default=1, help=SEED)
    recording = what.add_parser("recording", help="judge a recording file")
    recording.add_argument("file", type=given, help="MCAP file that celltwin has written")
    dataset = what.add_parser("dataset", help="read and decode every frame of a dataset (LeRobotDataset v3.0)")
    dataset.add_argument("folder", type=given, help="the folder with its meta/, data/ and videos/")
    for parser in (swap, faults, kill, endurance, recording, dataset, variations, servers):
        parser.add_argument("--json", action="store_true", help=JSON)


def _add_verify_swap(what: _Commands[Any]) -> argparse.ArgumentParser:
    swap = what.add_parser("swap", help="swap policies while picking: no missed tick, no torque step")
    swap.add_argument("--swaps", type=positive, default=50, metavar="N", help="how many swaps (default: %(default)s)")
    swap.add_argument(
        "--policies",
        type=given,
        default="programmed,programmed_careful",
        metavar="A,B",
        help="the two that take turns; A drives first (default: %(default)s)",
    )
    return swap


def _add_verify_variations(what: _Commands[Any]) -> argparse.ArgumentParser:
    parser = what.add_parser("variations", help="count the picks that succeed under each variation")
    add_vary(parser, f"only these of {', '.join(VARIATIONS)}; may be repeated (default: each at each strength)")
    many = "how many cells each, from --seed on (default: %(default)s)"
    parser.add_argument("--seeds", type=positive, default=10, metavar="N", help=many)
    parser.add_argument("--picks", type=positive, default=2, metavar="N", help="picks in each (default: %(default)s)")
    parser.add_argument("--scene", type=given, default="tray", help="scene name or TOML file (default: %(default)s)")
    parser.add_argument("--policy", type=given, default="programmed", help="policy that drives (default: %(default)s)")
    return parser
