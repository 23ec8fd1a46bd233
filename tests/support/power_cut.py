"""A process that dies at its n-th step on the disk: from then on nothing that it does reaches the disk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

STEPS = ("mkdir", "fsync", "rename", "link", "unlink")


class PowerCut(BaseException):
    """It has died here."""


class Mortal:
    """Counts the steps and dies at a given one, and at every later one, as in a `finally`."""

    def __init__(self, patch: pytest.MonkeyPatch, *, dies_at: int) -> None:
        self._dies_at = dies_at
        self.steps = 0
        for name in STEPS:
            patch.setattr(os, name, self._mortal(getattr(os, name)))
        patch.setattr(shutil, "rmtree", self._remove_tree)

    def _mortal(self, step: Callable[..., Any]) -> Callable[..., Any]:
        def mortal(*arguments: Any, **named: Any) -> Any:
            self._live()
            return step(*arguments, **named)

        return mortal

    def _live(self) -> None:
        self.steps += 1
        if self.steps >= self._dies_at:
            raise PowerCut

    def _remove_tree(self, folder: Path, *, ignore_errors: bool = False) -> None:
        """A folder goes file by file: whoever dies in it leaves a part."""
        assert ignore_errors or folder.exists()
        for place, folders, names in os.walk(folder, topdown=False):
            for name in sorted(names):
                self._live()
                os.remove(Path(place) / name)
            for name in folders:
                os.rmdir(Path(place) / name)
        if folder.exists():
            self._live()
            os.rmdir(folder)
