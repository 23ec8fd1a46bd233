"""Writes a LeRobotDataset v3.0 that survives `kill -9`, with one process or several at work in one folder."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from runtime.datasets.description import Info, Origin, read_info, read_json, read_origin, write_json
from runtime.datasets.durable import force_tree, put, told_when_unwritable, write_once
from runtime.datasets.episode import Episode, check_episode
from runtime.datasets.fingerprint import content_hash
from runtime.datasets.form import DatasetForm, check_form, first_difference
from runtime.datasets.layout import EPISODES, INFO, ORIGIN, UNFINISHED, FileLimits
from runtime.datasets.merging import merge
from runtime.datasets.reader import DatasetReader
from runtime.datasets.refusals import BusyDataset, ForeignFolder, RefusedEpisode
from runtime.datasets.tables import read_table
from runtime.datasets.takes import durable_seeds, remove_abandoned, take_folder, write_take

_FORM = "form.json"
_LOCK = "lock"
_TOPS = ("data", "videos", "meta")
"""In the order of their appearance: with `meta` the dataset is there."""


class DatasetWriter:
    """An unfinished or finished dataset of one form in one folder. From one thread; `close` it in the end.

    Belongs to the process that opened it: one that is forked off afterwards would keep it open.

    The unit of durability is a *take*: whatever one seed has brought, none, one or several episodes. Several
    processes may have a writer each on the same folder and add different seeds; then one calls `finish`, which
    puts the takes in the order of their seeds. So the tables do not depend on who has written what, and when.
    """

    def __init__(self, folder: Path, form: DatasetForm, *, limits: FileLimits | None = None) -> None:
        """Begin, or go on with what is there.

        Raises `RefusedForm`; `ForeignFolder` where the folder holds something else, with the field that differs;
        `UnreadableDataset`, `UnwritableDataset`.
        """
        check_form(form, folder)
        self.folder = folder
        self.form = form
        self._limits = limits or FileLimits()
        self._work = folder / UNFINISHED
        self._lock = -1
        self._finished = False
        with told_when_unwritable(folder):
            folder.mkdir(parents=True, exist_ok=True)
            self._finished = self._is_finished()
            if not self._finished:
                self._enter()

    @property
    def finished(self) -> bool:
        """Whether the dataset is complete; nothing can be added then."""
        return self._finished

    def check_unfinished(self) -> None:
        """Raises `RefusedEpisode` when nothing can be added any more."""
        if self.finished:
            remedy = "write the other seeds to another folder"
            raise RefusedEpisode(
                self.folder, field="dataset", value="finished", limit="nothing can be added", remedy=remedy
            )

    def seeds(self) -> frozenset[int]:
        """Seeds whose take is durable, those that brought no episode among them; looks into the folder."""
        if not self.finished:
            return frozenset(durable_seeds(self._work))
        origin = read_origin(self.folder)
        without = [] if origin is None else [one.seed for one in origin.passed_over]
        files = sorted((self.folder / EPISODES).glob("*/*.parquet"))
        return frozenset(without).union(*(read_table(file, ["seed"]).column("seed").to_pylist() for file in files))

    def add_episode(self, episode: Episode, *, seed: int) -> None:
        """Add the take of a seed with this one episode; see `add_take`."""
        self.add_take((episode,), seed=seed)

    def add_take(self, episodes: Sequence[Episode], *, seed: int, note: str = "") -> None:
        """Add what a seed has brought, in this order; without episodes `note` says why. Durable on return.

        Raises `RefusedEpisode` for an episode of another form or a seed that is there already,
        `UnwritableDataset`.
        """
        self.check_unfinished()
        if seed < 0:
            raise RefusedEpisode(self.folder, field="seed", value=seed, limit="it must be at least 0")
        for episode in episodes:
            check_episode(episode, self.form, self.folder)
        if take_folder(self._work, seed).exists():
            raise RefusedEpisode(self.folder, field="seed", value=seed, limit="it is there already")
        with told_when_unwritable(self.folder):
            write_take(self._work, episodes, form=self.form, seed=seed, note=note)

    def finish(self) -> Info:
        """Make the dataset of all takes; when this has returned, it is complete and durable.

        Raises `BusyDataset` while other writers are open, `UnreadableDataset` without an episode or with a
        damaged take, `UnwritableDataset`. After a kill in here the next call starts it again.
        """
        if not self._finished and not self._others_finish():
            with told_when_unwritable(self.folder):
                remove_abandoned(self._work)
                self._make_appear()
                self._finished = True
                self.close()
                shutil.rmtree(self._work, ignore_errors=True)  # what stays, the next one to open clears away
        return read_info(self.folder)

    def close(self) -> None:
        """Leave; what was added stays."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _is_finished(self) -> bool:
        """Look at the folder; raises `ForeignFolder`."""
        if (self.folder / INFO).exists():
            read_info(self.folder)
            origin = read_origin(self.folder)
            if origin is None:
                raise ForeignFolder(
                    self.folder, field="dataset", value="of another program", limit="choose another folder"
                )
            self._compare(origin.form)
            shutil.rmtree(self._work, ignore_errors=True)  # of a `finish` that was killed in its last step
            return True
        if (self._work / _FORM).exists():
            self._compare(read_json(self._work / _FORM, DatasetForm))
            return False
        others = sorted(path.name for path in self.folder.iterdir() if path.name != UNFINISHED.name)
        if others:
            limit = "choose an empty folder, or that of the same dataset"
            raise ForeignFolder(self.folder, field="content", value=others[0], limit=limit)
        return False

    def _compare(self, found: DatasetForm) -> None:
        difference = first_difference(self.form, found)
        if difference is not None:
            field, wanted, there = difference
            raise ForeignFolder(
                self.folder,
                field=field,
                value=there,
                limit=f"asked for is {wanted}",
                remedy="choose another folder, or the arguments that this dataset was begun with",
            )

    def _enter(self) -> None:
        """Announce this writer, so that nobody finishes meanwhile."""
        self._work.mkdir(exist_ok=True)
        self._lock = os.open(self._work / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            if (self.folder / INFO).exists():
                raise BlockingIOError
            write_once(self._work / _FORM, msgspec.json.encode(self.form))
            self._compare(read_json(self._work / _FORM, DatasetForm))
        except BlockingIOError:
            self.close()
            raise self._busy("being finished by another process") from None
        except BaseException:
            self.close()
            raise

    def _others_finish(self) -> bool:
        """Claim the folder for `finish`; true where another process has finished it while we waited."""
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(self._lock, fcntl.LOCK_SH)  # the attempt has cost us the one we had
            if not (self.folder / INFO).exists():
                raise self._busy("being written by another process") from None
            self._finished = True
            self.close()
        return self._finished

    def _busy(self, what: str) -> BusyDataset:
        return BusyDataset(self.folder, field="dataset", value=what, limit="wait until that has ended")

    def _make_appear(self) -> None:
        """Build everything aside, then let it appear; `meta` last, in one step."""
        whole = self._work / "whole"
        for stale in (whole, *(self.folder / top for top in _TOPS)):
            shutil.rmtree(stale, ignore_errors=True)  # of a `finish` that was killed
        passed_over = merge(self._work, whole, form=self.form, limits=self._limits)
        digest = content_hash(DatasetReader(whole))  # opened and read as everybody will, before anybody can
        write_json(whole / ORIGIN, Origin(self.form, digest, passed_over))
        force_tree(whole)
        for top in _TOPS:
            if (whole / top).exists():
                put(whole / top, self.folder / top)
