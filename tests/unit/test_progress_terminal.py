"""What a terminal shows of progress: one line that is written anew, and ended before anything else is printed."""

from __future__ import annotations

import os
import pty
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

import pytest

from runtime.mistakes import UserMistake
from twin_app.assembly.cli import main
from twin_app.assembly.ending import Ended
from twin_app.assembly.progress import Progress

_END = "<end>"


class Terminal:
    """A pseudo terminal to which both outputs go."""

    def __init__(self) -> None:
        self._master, slave = pty.openpty()
        self.stream = os.fdopen(slave, "w", encoding="utf-8")

    @contextmanager
    def shown(self) -> Iterator[None]:
        """While it lasts, all that is printed goes to it."""
        with redirect_stdout(self.stream), redirect_stderr(self.stream):
            yield

    def lines(self) -> list[str]:
        """As they stand on the screen; the last one is where the prompt would come."""
        self.stream.write(_END)  # a terminal hands on in pieces and in its own time
        self.stream.flush()
        text = ""
        while not text.endswith(_END):
            text += os.read(self._master, 65536).decode()
        lines = text.removesuffix(_END).replace("\r\n", "\n").split("\n")
        return [overwritten(line).rstrip() for line in lines]

    def close(self) -> None:
        self.stream.close()
        os.close(self._master)


def overwritten(line: str) -> str:
    shown = ""
    for words in line.split("\r"):
        shown = words + shown[len(words) :]
    return shown


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    one = Terminal()
    yield one
    one.close()


@pytest.mark.parametrize("done", [3, 10])
def test_what_is_printed_after_progress_stands_in_a_line_of_its_own(terminal: Terminal, done: int) -> None:
    with terminal.shown():
        with Progress() as progress:
            progress.tell("stills", 10, 10)
            progress.tell("lessons", done, 10)
        sys.stdout.write("model: there\n")
    lines = terminal.lines()
    assert [line.split()[:2] for line in lines] == [
        ["stills", "10/10"],
        ["lessons", f"{done}/10"],
        ["model:", "there"],
        [],
    ]


GOES_ON = "what was finished is kept, the same command goes on"


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (UserMistake("the disk is full"), ["celltwin: the disk is full"]),
        (Ended(15), [f"celltwin: ended by SIGTERM; {GOES_ON}"]),
        (KeyboardInterrupt(), [f"celltwin: interrupted; {GOES_ON}"]),
    ],
)
def test_why_a_command_ended_stands_below_its_progress(
    terminal: Terminal, trouble: BaseException, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def collect(*_: object, progress: object, **rest: object) -> None:
        progress(3, 10)  # type: ignore[operator]
        raise trouble

    monkeypatch.setattr("twin_app.assembly.demos_command.collect", collect)
    with terminal.shown():
        assert main(["demos", "--seeds", "0:10", "--out", "x"]) > 1
    first, *rest = terminal.lines()
    assert first.split()[:2] == ["lessons", "3/10"]
    assert rest == [*said, ""]


def test_demonstrations_of_test_seeds_are_warned_of(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twin_app.assembly.demos_command.collect", lambda *_, **__: (_ for _ in ()).throw(Ended(15)))
    main(["demos", "--seeds", "499999:500000", "--out", "x"])
    assert "for tests" not in capsys.readouterr().err
    main(["demos", "--seeds", "499999:500001", "--out", "x"])
    assert "seeds from 500000 on are for tests" in capsys.readouterr().err


def test_a_shorter_line_leaves_nothing_of_the_longer_one(terminal: Terminal) -> None:
    times = iter([0.0, 30_000.0, 30_001.0, 30_002.0, 60_000.0, 60_001.0])
    with terminal.shown(), Progress(clock_s=lambda: next(times)) as progress:
        progress.tell("lessons", 1, 4)
        progress.tell("lessons", 2, 4)
        progress.tell("lessons", 3, 4)
        progress.tell("lessons", 4, 4)
    (line, end) = terminal.lines()
    assert line.endswith("left")
    assert "leftt" not in line
    assert end == ""


def test_where_there_is_no_terminal_every_line_ends(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress() as progress:
        progress.tell("lessons", 1, 10)
        progress.tell("lessons", 10, 10)
    assert [line.split()[:2] for line in capsys.readouterr().err.splitlines()] == [
        ["lessons", "1/10"],
        ["lessons", "10/10"],
    ]
