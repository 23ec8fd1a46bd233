"""What is wrong with a dataset or an episode: file, field, value and limit, in one line that a person can act on."""

from __future__ import annotations

from pathlib import Path

from runtime.mistakes import LONGEST_WORD, UserMistake


class DatasetTrouble(UserMistake):
    """Something about a dataset is not as it must be."""

    REMEDY = ""
    """Of this kind of trouble, where none is given."""

    def __init__(self, file: Path | str, *, field: str, value: object, limit: str, remedy: str = "") -> None:
        shown = value if isinstance(value, str) else repr(value)
        if len(shown) > LONGEST_WORD:
            shown = f"{shown[:LONGEST_WORD]}…"
        super().__init__(f"{file}: {field} is {shown}; {limit}", remedy=remedy or self.REMEDY)
        self.file = Path(file)
        self.field = field
        self.value = value
        self.limit = limit


class UnreadableDataset(DatasetTrouble):
    """What lies on disk is no whole dataset that this program reads."""

    REMEDY = "copy it again from where it was made; `celltwin verify dataset FOLDER` then tells whether it is whole"


def check_regular(file: Path) -> None:
    """Refuse a pipe or a device, which would be waited for without end; raises `UnreadableDataset`."""
    if file.exists() and not file.is_file():
        limit = "a folder, pipe or device cannot be read as a file"
        raise UnreadableDataset(file, field="file", value="no regular file", limit=limit)


class RefusedForm(DatasetTrouble):
    """No dataset can have this form."""


class RefusedEpisode(DatasetTrouble):
    """An episode does not have the dataset's form."""


class ForeignFolder(DatasetTrouble):
    """The folder holds something else than the dataset that is to be written."""


class BusyDataset(DatasetTrouble):
    """Another process is at work in the folder."""


class UnwritableDataset(DatasetTrouble):
    """The system refuses to write: no permission, no space."""
