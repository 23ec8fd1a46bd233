"""The data files: an episode's rows without reading those of others."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from runtime.datasets.description import Info
from runtime.datasets.episode_rows import EpisodeRow
from runtime.datasets.layout import FilePlace
from runtime.datasets.refusals import UnreadableDataset
from runtime.datasets.tables import Table, parquet, same_type, told_when_damaged

_TIMESTAMP_S = 1e-4
"""LeRobot's tolerance, too."""


@dataclass(frozen=True, slots=True)
class _DataFile:
    path: Path
    footer: Any  # pyarrow's FileMetaData
    ends: tuple[int, ...]
    """Row behind the last one of every row group."""

    first_index: int


class FrameFiles:
    """All data files of a dataset; none is held open."""

    def __init__(self, folder: Path, info: Info, rows: Sequence[EpisodeRow], types: Mapping[str, Any]) -> None:
        """Look at every footer; raises `UnreadableDataset` for a missing or cut file, missing columns or rows."""
        self._types = types
        self._fps = info.fps
        self._files: dict[FilePlace, _DataFile] = {}
        held: dict[FilePlace, int] = {}
        for row in rows:
            held[row.data] = held.get(row.data, 0) + row.length
            if row.data not in self._files:
                path = folder / row.data.path(info.data_path)
                self._files[row.data] = self._look_at(path, first_index=row.first_index)
        for place, length in held.items():
            file = self._files[place]
            if file.ends[-1:] != (length,):
                limit = f"the episodes table says {length}"
                raise UnreadableDataset(file.path, field="rows", value=sum(file.ends[-1:]), limit=limit)

    def rows_of(self, row: EpisodeRow) -> Table:
        """An episode's rows, checked for being its own; raises `UnreadableDataset`."""
        file = self._files[row.data]
        begin = row.first_index - file.first_index
        first, last = (bisect_right(file.ends, at) for at in (begin, begin + row.length - 1))
        with told_when_damaged(file.path), parquet.ParquetFile(file.path, metadata=file.footer) as opened:
            groups = opened.read_row_groups(range(first, last + 1), columns=list(self._types))
        skipped = begin - (file.ends[first - 1] if first else 0)
        table = groups.slice(skipped, row.length)
        self._check_index(table, row, file.path)
        return table

    def path_of(self, row: EpisodeRow) -> Path:
        """The file that holds an episode, for words."""
        return self._files[row.data].path

    def _look_at(self, path: Path, *, first_index: int) -> _DataFile:
        with told_when_damaged(path), parquet.ParquetFile(path) as opened:
            footer, schema = opened.metadata, opened.schema_arrow
        for name, kind in self._types.items():
            if name not in schema.names:
                raise UnreadableDataset(path, field=f"column {name}", value="missing", limit="meta/info.json names it")
            if not same_type(schema.field(name).type, kind):
                limit = f"meta/info.json says {kind}"
                raise UnreadableDataset(path, field=f"column {name}", value=str(schema.field(name).type), limit=limit)
        ends = accumulate(footer.row_group(number).num_rows for number in range(footer.num_row_groups))
        return _DataFile(path, footer, tuple(ends), first_index)

    def _check_index(self, table: Table, row: EpisodeRow, path: Path) -> None:
        """Each row must say itself that it belongs here."""
        frames = np.arange(row.length)
        expected = {"index": row.first_index + frames, "frame_index": frames}
        for name, values in {**expected, "episode_index": np.full(row.length, row.episode_index)}.items():
            self._check_column(table, name, values, row, path, tolerance=0.0)
        self._check_column(table, "timestamp", frames / self._fps, row, path, tolerance=_TIMESTAMP_S)

    def _check_column(
        self, table: Table, name: str, expected: Any, row: EpisodeRow, path: Path, *, tolerance: float
    ) -> None:
        with told_when_damaged(path):
            found = table.column(name).to_numpy()
        wrong = ~(np.abs(found - expected) <= tolerance)
        if wrong.any():
            at = int(wrong.argmax())
            field = f"{name} in frame {at} of episode {row.episode_index}"
            raise UnreadableDataset(path, field=field, value=found[at].item(), limit=f"it must be {expected[at]:.9g}")
