"""What the words of the command line have in common: kinds of values, and texts that stand in many of them."""

from __future__ import annotations

import argparse

FAULT_IDS = ("F01", "F12", "F13", "F20", "F26", "F31", "F41")
"""As in the catalogue, which is too slow to import for a help text."""

PROTOCOLS = ("openpi", "groot", "lerobot")
"""Of policy servers, as the plugins offer them."""
JSON = "print the outcome as one JSON object on the last line (default: a table)"
SEED = "seed of plant, placement and orders, from 0 (default: %(default)s)"

HIGHEST = 2**63 - 1
"""Of any whole number: what fits into the columns and messages in which it travels."""


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


def add_vary(parser: argparse.ArgumentParser, words: str) -> None:
    """The option that varies a cell, explained in these words."""
    parser.add_argument("--vary", action="append", default=[], metavar="NAME[:STRENGTH]", help=words)
