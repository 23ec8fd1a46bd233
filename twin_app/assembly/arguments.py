"""The words of the command line: every command with its options, their limits and defaults."""

from __future__ import annotations

import argparse
import re
from typing import NoReturn

from runtime.mistakes import LONGEST_WORD
from twin_app.model.variations import VARIATIONS

FAULT_IDS = ("F01", "F12", "F13", "F20", "F26", "F31", "F41")
"""As in the catalogue, which is too slow to import for a help text."""

PROTOCOLS = ("openpi", "groot", "lerobot")
"""Of policy servers, as the plugins offer them."""
NO_POLICY = "none"
"""What is written where no policy is meant."""

_BENCHES = {
    "loop": "punctuality of the 1 kHz loop (60 s)",
    "stop": "time from pressing stop to the loop's reaction",
    "console": "frames and memory of the window (20 s; needs a display)",
    "lockstep": "simulated seconds a second of computing",
    "shadow": "loop and active inference without and with a policy in shadow, in turns (240 s)",
}
JSON = "print the outcome as one JSON object on the last line (default: a table)"
_POLICY_WISHES = {
    "list": "every policy and its role",
    "card": "what NAME is, its figures and weaknesses (no cell needed)",
    "swap": "NAME takes over at a chunk border",
    "back": "the one before the newest swap takes over",
    "shadow": "NAME is asked the same without effect",
    "promote": "the one in shadow takes over",
    "fallback": "NAME stands in when the active one cannot go on",
    "return": "the one that the fallback stands in for drives again",
    "try": "NAME is released from quarantine",
}
_SEED = "seed of plant, placement and orders, from 0 (default: %(default)s)"

HIGHEST = 2**63 - 1
"""Of any whole number: what fits into the columns and messages in which it travels."""

_TOO_LONG = re.compile(rf"(\S{{{LONGEST_WORD}}})\S+")
_Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it


class _Parser(argparse.ArgumentParser):
    """Its refusals stay readable, whatever was typed."""

    def error(self, message: str) -> NoReturn:
        super().error(_TOO_LONG.sub(r"\1…", message))


def build_parser() -> argparse.ArgumentParser:
    """Every command with its options."""
    from twin_app.assembly.training_arguments import add_training  # which is written in this file's words

    parser = _Parser(
        prog="celltwin", description="Digital-twin console for robot work cells that are driven by learned policies."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    _add_run(commands)
    _add_policy(commands)
    replay = commands.add_parser("replay", help="show a recording in the console; commands are impossible")
    replay.add_argument("file", help="MCAP file, as written by `celltwin run --record FILE` or the console")
    screenshots = commands.add_parser("screenshots", help="pictures of every perspective, taken of a live cell")
    screenshots.add_argument("folder", help="where the PNG files go; made when missing; needs a display")
    doctor = commands.add_parser("doctor", help="what is missing or slow on this machine, and the remedy")
    doctor.add_argument("--json", action="store_true", help="add one JSON list as the last line (default: the table)")
    add_training(commands)
    _add_worlds(commands)
    _add_serve(commands)
    _add_bench(commands)
    _add_verify(commands)
    return parser


def positive(text: str) -> int:
    """A count of at least one, for argparse."""
    return _whole(text, lowest=1)


def natural(text: str) -> int:
    """A seed or count of at least zero, for argparse."""
    return _whole(text, lowest=0)


def port(text: str) -> int:
    """A TCP port, for argparse; 0 is any free one."""
    value = _whole(text, lowest=0)
    if value > 65535:
        raise argparse.ArgumentTypeError(f"{value} is outside 0…65535")
    return value


def given(text: str) -> str:
    """A name, path or address that is really there, for argparse."""
    if not text.strip():
        raise argparse.ArgumentTypeError("it is empty")
    if "\0" in text:
        raise argparse.ArgumentTypeError("it contains a zero character")
    return text


def _whole(text: str, *, lowest: int) -> int:
    try:
        value = int(text)
    except ValueError as trouble:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from trouble
    if value < lowest:
        raise argparse.ArgumentTypeError(f"{value} is below the limit of {lowest}")
    if value > HIGHEST:
        raise argparse.ArgumentTypeError(f"{text} is above the limit of {HIGHEST}")
    return value


def _add_run(commands: _Commands[_Parser]) -> None:
    run = commands.add_parser(
        "run",
        help="run a cell: with the console, or --headless",
        description="Run a cell with its console. Where the cell of this name runs already, the console joins it.",
    )
    _add_cell_options(run)
    _add_server_options(run)
    _add_session_options(run)
    run.add_argument("--headless", action="store_true", help="no window; lock-step unless --live (default: a window)")
    run.add_argument("--live", action="store_true", help="headless: all processes on the wall clock; a console always")
    run.add_argument(
        "--picks", type=positive, default=None, metavar="N", help="without a window: end after N picks (default: 10)"
    )
    run.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="ID[:SEVERITY][@SECONDS][+SECONDS]",
        help="inject a fault after some seconds, for some seconds; may be repeated. "
        f"Faults: {', '.join(FAULT_IDS)} (a wrong one lists their names); severities: mild, medium, severe "
        "(default: no fault; medium, at once, until the end)",
    )
    run.add_argument(
        "--instruction",
        type=given,
        action="append",
        default=[],
        metavar="WORDS",
        help="what to do, in your own words; may be repeated (default: the orders of a simulated day)",
    )
    run.add_argument("--empty", action="store_true", help="open the console without first tasks (default: one a part)")
    run.add_argument("--json", action="store_true", help=f"without a window: {JSON}")


def _add_cell_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--scene", type=given, default="tray", help="scene name or TOML file (default: %(default)s)")
    parser.add_argument("--policy", type=given, default="programmed", help="policy that drives (default: %(default)s)")
    parser.add_argument(
        "--shadow",
        type=given,
        default=NO_POLICY,
        metavar="NAME",
        help="policy that is asked the same without effect (default: %(default)s)",
    )
    parser.add_argument(
        "--fallback",
        type=given,
        default="programmed",
        metavar="NAME",
        help="policy that stands in when another one is late, ill-formed or unsure; none: ask a person "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--plugins",
        type=given,
        default=None,
        metavar="FOLDER",
        help="a folder with more plugins (default: the program's own only)",
    )
    parser.add_argument("--seed", type=natural, default=1, help="seed of plant and placement (default: %(default)s)")
    parser.add_argument(
        "--mismatch",
        default="low",
        choices=("low", "high"),
        help="how far the plant differs from its nominal model (default: %(default)s)",
    )
    add_vary(
        parser,
        "vary the cell, drawn from the seed; may be repeated. "
        f"Variations: {', '.join(VARIATIONS)}; strengths: weak, medium, strong, or a number from 0 to 1 "
        "(default: no variation; medium)",
    )


def add_vary(parser: argparse.ArgumentParser, words: str) -> None:
    """The option that varies a cell, explained in these words."""
    parser.add_argument("--vary", action="append", default=[], metavar="NAME[:STRENGTH]", help=words)


def _add_server_options(run: argparse.ArgumentParser) -> None:
    run.add_argument(
        "--server",
        type=given,
        default=None,
        metavar="ADDRESS",
        help="where the server of --policy is: ws://host:8000 (openpi), tcp://host:5555 (groot), host:8080 (lerobot) "
        "(default: as ~/.config/celltwin/servers.toml says, else this machine)",
    )
    run.add_argument(
        "--mapping",
        type=given,
        default=None,
        metavar="FILE",
        help="how that server's model sees and moves the cell: a TOML file, or the name of one that comes with the "
        "program, e.g. droid, libero (default: celltwin, for servers of `celltwin serve`)",
    )
    run.add_argument(
        "--key-file",
        type=given,
        default=None,
        metavar="FILE",
        help="text file with the key that the server wants in its first line (default: it wants none)",
    )


def _add_serve(commands: _Commands[_Parser]) -> None:
    serve = commands.add_parser(
        "serve",
        help="put a policy behind a server's protocol, for a cell on another machine",
        description="Serve one of this program's policies over a protocol that robots already speak. The server only "
        "answers looks; it moves nothing. Ctrl-C ends it.",
    )
    serve.add_argument("policy", type=given, help="policy that answers, e.g. programmed")
    serve.add_argument("--protocol", choices=PROTOCOLS, default="openpi", help="default: %(default)s")
    serve.add_argument(
        "--host", type=given, default="127.0.0.1", help="address (default: %(default)s, this machine only)"
    )
    serve.add_argument(
        "--port",
        type=port,
        default=None,
        help="port; 0 takes any free one (default: openpi 8000, groot 5555, lerobot 8080)",
    )
    serve.add_argument(
        "--scene", type=given, default="tray", help="scene that the policy is built for (default: %(default)s)"
    )
    serve.add_argument(
        "--key-file",
        type=given,
        default=None,
        metavar="FILE",
        help="text file; its first line is a key that clients have to show (default: none; needed beyond this machine)",
    )
    serve.add_argument(
        "--without-key",
        action="store_true",
        help="listen beyond this machine without a key: whoever reaches it may ask",
    )


def _add_session_options(run: argparse.ArgumentParser) -> None:
    run.add_argument(
        "--cell",
        default="cell-1",
        metavar="NAME",
        help="name of the cell; one running cell per name (default: %(default)s)",
    )
    run.add_argument(
        "--data",
        type=given,
        default=None,
        metavar="FOLDER",
        help="where queue, logs and recordings are kept (default: the user's data folder, ~/.local/share/celltwin, "
        "and below it `headless` for runs without a window, so that they leave the console's queue alone)",
    )
    run.add_argument(
        "--record",
        type=given,
        default=None,
        metavar="FILE",
        help="write an MCAP recording of the live cell; a number is added where the file exists (default: none)",
    )
    run.add_argument(
        "--metrics-port",
        type=port,
        default=None,
        metavar="PORT",
        help="serve a Prometheus page on this port; 0 takes any free one (default: no page)",
    )
    run.add_argument(
        "--metrics-host",
        type=given,
        default="127.0.0.1",
        metavar="ADDRESS",
        help="address of that page (default: %(default)s, this machine only)",
    )


def _add_worlds(commands: _Commands[_Parser]) -> None:
    worlds = commands.add_parser("worlds", help="the scenes and variations there are; pictures of a variation")
    worlds.add_argument(
        "--picture", type=given, default=None, metavar="FILE", help="draw each strength: PNG or JPEG (default: a list)"
    )
    add_vary(worlds, f"only these of {', '.join(VARIATIONS)}; may be repeated (default: every one)")
    worlds.add_argument("--scene", type=given, default="tray", help="scene of the pictures (default: %(default)s)")
    worlds.add_argument("--seed", type=natural, default=1, help="first seed of the pictures (default: %(default)s)")
    worlds.add_argument("--json", action="store_true", help="print the list as one JSON object (default: a table)")


def _add_policy(commands: _Commands[_Parser]) -> None:
    policy = commands.add_parser(
        "policy",
        help="swap, shadow, fall back, try again: the policies of a running cell",
        description="Ask a running cell about its policies, and wait until what was asked is confirmed by measurement.",
    )
    explained = "; ".join(f"{name}: {what}" for name, what in _POLICY_WISHES.items())
    policy.add_argument("what", choices=tuple(_POLICY_WISHES), help=explained)
    policy.add_argument(
        "name", nargs="?", type=given, default=None, help="a policy, where one is needed; none: no policy"
    )
    policy.add_argument("--cell", default="cell-1", metavar="NAME", help="name of the cell (default: %(default)s)")
    policy.add_argument("--json", action="store_true", help=JSON)


def _add_bench(commands: _Commands[_Parser]) -> None:
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
    bench.add_argument("--seed", type=natural, default=1, help=_SEED)
    bench.add_argument("--json", action="store_true", help=JSON)


def _add_verify(commands: _Commands[_Parser]) -> None:
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
        parser.add_argument("--seed", type=natural, default=1, help=_SEED)
    recording = what.add_parser("recording", help="judge a recording file")
    recording.add_argument("file", type=given, help="MCAP file that celltwin has written")
    dataset = what.add_parser("dataset", help="read and decode every frame of a dataset (LeRobotDataset v3.0)")
    dataset.add_argument("folder", type=given, help="the folder with its meta/, data/ and videos/")
    for parser in (swap, faults, kill, endurance, recording, dataset, variations, servers):
        parser.add_argument("--json", action="store_true", help=JSON)


def _add_verify_swap(what: _Commands[_Parser]) -> _Parser:
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


def _add_verify_variations(what: _Commands[_Parser]) -> _Parser:
    parser = what.add_parser("variations", help="count the picks that succeed under each variation")
    add_vary(parser, f"only these of {', '.join(VARIATIONS)}; may be repeated (default: each at each strength)")
    many = "how many cells each, from --seed on (default: %(default)s)"
    parser.add_argument("--seeds", type=positive, default=10, metavar="N", help=many)
    parser.add_argument("--picks", type=positive, default=2, metavar="N", help="picks in each (default: %(default)s)")
    parser.add_argument("--scene", type=given, default="tray", help="scene name or TOML file (default: %(default)s)")
    parser.add_argument("--policy", type=given, default="programmed", help="policy that drives (default: %(default)s)")
    return parser
