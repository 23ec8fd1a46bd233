"""Where a long stage stands at the end of each of its epochs, so that an interruption costs no more than one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from runtime.keeping import kept_whole, told_when_damaged


class Stateful(Protocol):
    """A network, an optimiser, a schedule."""

    def state_dict(self) -> dict[str, Any]:
        """All that has to be kept."""
        ...

    def load_state_dict(self, state_dict: dict[str, Any], /) -> Any:  # torch's own return this and that
        """The inverse."""
        ...


class Checkpoint:
    """A file. Without one nothing is kept."""

    def __init__(self, file: Path | None) -> None:
        self._file = file

    def epochs(
        self, count: int, parts: Mapping[str, Stateful], *, seed: int
    ) -> Iterator[tuple[int, np.random.Generator]]:
        """The epochs that are missing, each with chances of its own, so that it is the same after an interruption."""
        for epoch in range(self._restore(parts), count):
            torch.manual_seed(1000 * seed + epoch)
            yield epoch, np.random.default_rng((seed, 0xC4E, epoch))
            self._keep(parts, epoch + 1)

    def _restore(self, parts: Mapping[str, Stateful]) -> int:
        if self._file is None or not self._file.exists():
            return 0
        with told_when_damaged(self._file):
            kept = torch.load(self._file, map_location="cpu", weights_only=True)
            for name, part in parts.items():
                part.load_state_dict(kept[name])
            return int(kept["epoch"])

    def _keep(self, parts: Mapping[str, Stateful], epoch: int) -> None:
        """Complete or as it was before. Raises `UserMistake` where it cannot be written."""
        if self._file is None:
            return
        content = BytesIO()  # a full disk is an error of torch's own where torch writes the file
        torch.save({"epoch": epoch, **{name: part.state_dict() for name, part in parts.items()}}, content)
        with kept_whole(self._file) as partial:
            partial.write_bytes(content.getbuffer())
