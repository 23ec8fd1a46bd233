"""The words of the command line: every command with its options, their limits and defaults."""

from __future__ import annotations

import argparse
import re
from typing import NoReturn

from runtime.mistakes import LONGEST_WORD
from twin_app.assembly.argument_words import FAULT_IDS, JSON, PROTOCOLS, add_vary, given, natural, port, positive
from twin_app.assembly.measuring_arguments import add_bench, add_verify
from twin_app.assembly.training_arguments import add_training
from twin_app.model.variations import VARIATIONS

NO_POLICY = "none"
"""What is written where no policy is meant."""

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
_TOO_LONG = re.compile(rf"(\S{{{LONGEST_WORD}}})\S+")
_Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it


class _Parser(argparse.ArgumentParser):
    """Its refusals stay readable, whatever was typed."""

    def error(self, message: str) -> NoReturn:
        super().error(_TOO_LONG.sub(r"\1…", message))


def build_parser() -> argparse.ArgumentParser:
    """Every command with its options."""
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
    screenshots.add_argument(
        "--policy", type=given, default="programmed", help="policy that drives (default: %(default)s)"
    )
    doctor = commands.add_parser("doctor", help="what is missing or slow on this machine, and the remedy")
    doctor.add_argument("--json", action="store_true", help="add one JSON list as the last line (default: the table)")
    add_training(commands)
    _add_worlds(commands)
    _add_serve(commands)
    add_bench(commands)
    add_verify(commands)
    return parser


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
