"""Demonstrations on disk as LeRobotDataset v3.0: writing that survives a kill, reading that says what is wrong."""

from runtime.datasets.episode import Episode
from runtime.datasets.episode_rows import EpisodeRow
from runtime.datasets.fingerprint import content_hash
from runtime.datasets.form import CameraForm, DatasetForm, Extra
from runtime.datasets.layout import FileLimits
from runtime.datasets.reader import DatasetReader, Frame
from runtime.datasets.refusals import (
    BusyDataset,
    DatasetTrouble,
    ForeignFolder,
    RefusedEpisode,
    RefusedForm,
    UnreadableDataset,
    UnwritableDataset,
)
from runtime.datasets.statistics import FeatureStats
from runtime.datasets.verification import verify_dataset
from runtime.datasets.writer import DatasetWriter

__all__ = [
    "BusyDataset",
    "CameraForm",
    "DatasetForm",
    "DatasetReader",
    "DatasetTrouble",
    "DatasetWriter",
    "Episode",
    "EpisodeRow",
    "Extra",
    "FeatureStats",
    "FileLimits",
    "ForeignFolder",
    "Frame",
    "RefusedEpisode",
    "RefusedForm",
    "UnreadableDataset",
    "UnwritableDataset",
    "content_hash",
    "verify_dataset",
]
