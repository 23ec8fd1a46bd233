"""Results of an evaluation kept line by line, so that an interrupted one goes on where it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from runtime.mistakes import UserMistake
from twin_app.assembly.examination.examination import Result


class KeptResults:
    """A file of JSON lines: what is examined, then one result a seed."""

    def __init__(self, file: Path, *, about: dict[str, Any]) -> None:
        """Read what is there. Raises `UserMistake` for a file about something else, or one that cannot be used."""
        self._file = file
        self.results: dict[int, Result] = {}
        try:
            lines = self._whole_lines()
            if lines:
                self._check(lines[0], about)
                for line in lines[1:]:
                    result = msgspec.json.decode(line, type=Result)
                    self.results[result.seed] = result
            else:
                file.write_text(json.dumps({"about": about}) + "\n", encoding="utf-8")
        except OSError as trouble:
            raise UserMistake(f"{file}: {trouble.strerror}", remedy="give another file with --keep") from trouble
        except msgspec.MsgspecError as trouble:
            raise UserMistake(f"{file}: {trouble}", remedy="give another file with --keep") from trouble

    def add(self, result: Result) -> None:
        """Keep one more."""
        self.results[result.seed] = result
        with self._file.open("ab") as stream:
            stream.write(msgspec.json.encode(result) + b"\n")

    def _whole_lines(self) -> list[bytes]:
        """All lines; one that was being written when the machine went away is cut off the file."""
        if not self._file.exists():
            return []
        content = self._file.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if whole != content:
            self._file.write_bytes(whole)
        return whole.splitlines()

    def _check(self, line: bytes, about: dict[str, Any]) -> None:
        found: Any = msgspec.json.decode(line)
        if not isinstance(found, dict) or found.get("about") != about:
            raise UserMistake(
                f"{self._file} holds results of another evaluation", remedy="give another file with --keep"
            )
