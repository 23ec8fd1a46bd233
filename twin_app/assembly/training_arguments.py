"""The words of the commands that teach and examine policies."""

from __future__ import annotations

import argparse
from typing import Any  # every parser class has its own list of commands

from twin_app.assembly.argument_words import JSON, add_vary, given, natural, positive
from twin_app.assembly.progress import FORMS
from twin_app.model.run_wish import SUITES

_Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it


def add_training(commands: _Commands[Any]) -> None:
    """train, demos, evaluate and compress."""
    for add in (_add_train, _add_demos, _add_evaluate):
        _add_watching(add(commands))
    _add_compress(commands)


def _add_watching(parser: argparse.ArgumentParser) -> None:
    """How somebody else follows the work."""
    parser.add_argument(
        "--progress",
        choices=FORMS,
        default="people",
        help="json: one object a line on standard error, for a program (default: %(default)s)",
    )
    parser.add_argument(
        "--child-of",
        type=natural,
        default=0,
        metavar="PID",
        help="end with this process, which has to be the one that started the command (default: outlive it)",
    )


def _add_train(commands: _Commands[Any]) -> argparse.ArgumentParser:
    train = commands.add_parser("train", help="train a policy from nothing; goes on where it was interrupted")
    train.add_argument("policy", type=given, help="a policy that is trained, e.g. flow_vla")
    train.add_argument(
        "--config", type=given, default=None, metavar="FILE", help="training configuration (default: the shipped one)"
    )
    train.add_argument(
        "--out",
        type=given,
        default=None,
        metavar="DIR",
        help="where all of it is kept (default: the user's data folder)",
    )
    train.add_argument(
        "--ablations",
        action="store_true",
        help="then train, from the same lessons, what the policy would be without each of its parts",
    )
    train.add_argument("--scene", type=given, default="tray", help="scene name or TOML file (default: %(default)s)")
    train.add_argument("--processes", type=positive, default=2, help="side by side (default: %(default)s)")
    return train


def _add_demos(commands: _Commands[Any]) -> argparse.ArgumentParser:
    demos = commands.add_parser("demos", help="demonstrations by a teacher who sees the truth, as a LeRobotDataset v3")
    demos.add_argument("--seeds", type=given, required=True, help="A:B, B not included")
    demos.add_argument("--out", type=given, required=True, metavar="DIR", help="folder of the dataset")
    demos.add_argument("--scene", type=given, default="tray", help="scene name or TOML file (default: %(default)s)")
    demos.add_argument(
        "--plain", action="store_true", help="without variations of light, texture, size … (default: with)"
    )
    demos.add_argument("--processes", type=positive, default=2, help="side by side (default: %(default)s)")
    return demos


def _add_evaluate(commands: _Commands[Any]) -> argparse.ArgumentParser:
    evaluate = commands.add_parser("evaluate", help="a policy's success on seeds it has not seen")
    evaluate.add_argument("--policy", type=given, default="flow_vla", help="policy to examine (default: %(default)s)")
    evaluate.add_argument(
        "--suite",
        choices=tuple(SUITES),
        default="nominal",
        help="; ".join(f"{suite}: {words}" for suite, words in SUITES.items()) + " (default: %(default)s)",
    )
    evaluate.add_argument(
        "--seeds", type=given, default="200000:200100", help="A:B, B not included (default: %(default)s)"
    )
    evaluate.add_argument("--scene", type=given, default="tray", help="scene name or TOML file (default: %(default)s)")
    evaluate.add_argument(
        "--mismatch", default="low", choices=("low", "high"), help="of plant and nominal model (default: %(default)s)"
    )
    evaluate.add_argument(
        "--fallback",
        type=given,
        default=None,
        metavar="NAME",
        help="policy that stands in when the examined one declines, fails, is late, unsure or slow (default: none)",
    )
    add_vary(evaluate, "a variation; may be repeated (default: none)")
    _add_evaluate_folders(evaluate)
    evaluate.add_argument(
        "--processes",
        type=positive,
        default=None,
        help="side by side (default: 2; 1 where a policy is behind `celltwin serve`, which has one client at a time)",
    )
    evaluate.add_argument("--json", action="store_true", help=JSON)
    return evaluate


def _add_evaluate_folders(evaluate: argparse.ArgumentParser) -> None:
    for word, words in {
        "--model": "other weights than the policy's own",
        "--models": "for ablation (default: where train puts them)",
        "--keep": "results are kept here, to go on where it was cut off",
    }.items():
        evaluate.add_argument(word, type=given, default=None, metavar="DIR", help=words)


def _add_compress(commands: _Commands[Any]) -> None:
    compress = commands.add_parser(
        "compress",
        help="smaller and quicker variants of a policy, measured and registered",
        description="Make smaller and quicker variants of a policy, measure them, and register them as policies. "
        "What was finished before an interruption is kept.",
    )
    compress.add_argument("--policy", type=given, default="flow_vla", help="policy to compress (default: %(default)s)")
    compress.add_argument(
        "--model", type=given, default=None, metavar="DIR", help="other weights than the policy's own"
    )
    compress.add_argument(
        "--variants", type=given, default=None, metavar="NAME,…", help="only these, e.g. int8,edge (default: all)"
    )
    compress.add_argument(
        "--config", type=given, default=None, metavar="FILE", help="how they are made (default: the policy's own)"
    )
    compress.add_argument(
        "--seeds", type=given, default="200000:200500", help="of the examinations, A:B (default: %(default)s)"
    )
    compress.add_argument(
        "--looks",
        type=given,
        default="200000:200010",
        metavar="A:B",
        help="seeds at which latency and agreement are measured (default: %(default)s)",
    )
    compress.add_argument(
        "--out",
        type=given,
        default=None,
        metavar="DIR",
        help="where all of it is kept (default: the user's data folder)",
    )
    compress.add_argument("--scene", type=given, default="tray", help="scene name or TOML file (default: %(default)s)")
    compress.add_argument("--processes", type=positive, default=2, help="side by side (default: %(default)s)")
    compress.add_argument("--json", action="store_true", help=JSON)
