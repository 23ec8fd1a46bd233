"""The command line `celltwin`: reads arguments, calls one command, turns mistakes into messages.

Each command's module is imported only when it is asked for, so that `celltwin --help` is instant.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from runtime.mistakes import UserMistake

EXIT_MISTAKE = 2
EXIT_INTERRUPTED = 130

_BENCHES = ("loop", "stop", "console", "lockstep")


def positive(text: str) -> int:
    """A count of at least one, for argparse."""
    return _whole(text, lowest=1)


def natural(text: str) -> int:
    """A seed or count of at least zero, for argparse."""
    return _whole(text, lowest=0)


def port(text: str) -> int:
    """A TCP port, for argparse; 0 switches the page off."""
    value = _whole(text, lowest=0)
    if value > 65535:
        raise argparse.ArgumentTypeError(f"{value} is outside 0…65535")
    return value


def _whole(text: str, *, lowest: int) -> int:
    try:
        value = int(text)
    except ValueError as trouble:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from trouble
    if value < lowest:
        raise argparse.ArgumentTypeError(f"{value} is below the limit of {lowest}")
    return value


def _add_cell_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--scene", default="tray", help="scene name or TOML file (default: %(default)s)")
    parser.add_argument("--policy", default="programmed", help="policy that drives (default: %(default)s)")
    parser.add_argument("--seed", type=natural, default=1, help="seed of plant and placement (default: %(default)s)")
    parser.add_argument(
        "--mismatch", default="low", choices=("low", "high"), help="how far the plant differs from its nominal model"
    )


def _add_run(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    run = commands.add_parser("run", help="run a cell: with the console, or --headless")
    _add_cell_options(run)
    run.add_argument("--headless", action="store_true", help="no window; lock-step unless --live")
    run.add_argument("--live", action="store_true", help="all processes on the wall clock")
    run.add_argument("--picks", type=positive, default=None, help="stop after this many picks")
    run.add_argument("--record", metavar="FILE", default=None, help="write an MCAP recording (live)")
    run.add_argument("--fault", action="append", default=[], metavar="ID:SEVERITY@SECONDS", help="inject a fault")
    run.add_argument("--cell", default="cell-1", help="name of the cell: one running cell per name")
    run.add_argument("--data", default=None, metavar="FOLDER", help="where queue and recordings are kept")
    run.add_argument("--metrics-port", type=port, default=None, help="Prometheus page; 0 switches it off")
    run.add_argument("--metrics-host", default="127.0.0.1", help="address of the page (default: loopback only)")
    run.add_argument("--empty", action="store_true", help="open the console without queueing a first task")
    run.add_argument("--json", action="store_true", help="one JSON object as the last line")


def _add_bench(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    bench = commands.add_parser("bench", help="measure speed against a floor taken in the same run")
    bench.add_argument("what", choices=_BENCHES)
    bench.add_argument("--seconds", type=positive, default=None, help="how long to measure")
    bench.add_argument("--presses", type=positive, default=1000, help="stop: number of presses")
    bench.add_argument("--scene", default="tray")
    bench.add_argument("--seed", type=natural, default=1)
    bench.add_argument("--json", action="store_true")


def _add_verify(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verify = commands.add_parser("verify", help="check a promise of the system by experiment")
    what = verify.add_subparsers(dest="what", required=True)
    swap = what.add_parser("swap", help="swap policies while picking: no missed tick, no torque step")
    swap.add_argument("--swaps", type=positive, default=50)
    faults = what.add_parser("faults", help="inject every fault at every severity and measure its effect")
    faults.add_argument("--only", default="", metavar="ID", help="one fault")
    kill = what.add_parser("kill", help="kill -9 each process in turn")
    kill.add_argument("--rounds", type=positive, default=10)
    recording = what.add_parser("recording", help="judge a recording file")
    recording.add_argument("file")
    for parser in (swap, faults, kill, recording):
        parser.add_argument("--seed", type=natural, default=1)
        parser.add_argument("--json", action="store_true")


def build_parser() -> argparse.ArgumentParser:
    """Every command with its options."""
    parser = argparse.ArgumentParser(
        prog="celltwin", description="Digital-twin console for robot work cells that are driven by learned policies."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    _add_run(commands)
    replay = commands.add_parser("replay", help="show a recording in the console; commands are impossible")
    replay.add_argument("file")
    screenshots = commands.add_parser("screenshots", help="pictures of every perspective, taken of a live cell")
    screenshots.add_argument("folder")
    doctor = commands.add_parser("doctor", help="what is missing or slow on this machine, and the remedy")
    doctor.add_argument("--json", action="store_true")
    _add_bench(commands)
    _add_verify(commands)
    return parser


def _module_of(arguments: argparse.Namespace) -> str:
    base = "twin_app.assembly"
    if arguments.command in ("bench", "verify"):
        return f"{base}.{arguments.command}.{arguments.what}"
    return f"{base}.{arguments.command}_command"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    arguments = build_parser().parse_args(argv)
    try:
        return int(import_module(_module_of(arguments)).run(arguments))
    except UserMistake as mistake:
        print(f"celltwin: {mistake}", file=sys.stderr)
        return EXIT_MISTAKE
    except KeyboardInterrupt:
        print("\ncelltwin: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return 1


if __name__ == "__main__":
    sys.exit(main())
