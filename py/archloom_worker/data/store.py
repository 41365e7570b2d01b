"""Data sets resident on the device, split and normalised, each read once a process."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from archloom_worker import schema
from archloom_worker.data.catalog import facts_of, read_dataset
from archloom_worker.data.held import HeldImages
from archloom_worker.data.split import split_indices

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from archloom_worker.data.held import HeldDataset

KEPT_SPLITS = 2
"""Splits kept on the device: an experiment uses one, and CIFAR-10 takes 184 MB."""


@dataclass(frozen=True)
class LabelledImages:
    """One split on the device."""

    images: torch.Tensor
    """uint8 (N, C, H, W)."""
    labels: torch.Tensor
    """int64 (N,)."""

    def __len__(self) -> int:
        return self.labels.shape[0]


@dataclass(frozen=True)
class Normalization:
    """Per-channel constants of the training split, as shares of full brightness."""

    mean: tuple[float, ...]
    std: tuple[float, ...]
    """Over all pixels, divisor N; 1 for a channel that never changes."""


@dataclass(frozen=True)
class Splits:
    """A data set split and on the device; nothing in it is ever written to."""

    train: LabelledImages
    validation: LabelledImages
    test: LabelledImages
    input_shape: tuple[int, int, int]
    class_count: int
    pixel_max: int
    normalization: Normalization
    content_hash: str
    split_hash: str
    """SHA-256 over the positions in the training, validation and test part."""

    def use(self) -> schema.DatasetUse:
        """How the data set was split and normalised, for the record."""
        return schema.DatasetUse(
            content_hash=self.content_hash,
            split_hash=self.split_hash,
            train_count=len(self.train),
            validation_count=len(self.validation),
            test_count=len(self.test),
            mean=self.normalization.mean,
            std=self.normalization.std,
        )


class DatasetStore:
    """Reads data sets from folders, and keeps them: whole in memory, split on the device.

    Not for use from two threads at once.
    """

    def __init__(self, device: torch.device, folders: Sequence[Path]) -> None:
        self._device = device
        self._folders = tuple(folders)
        self._held: dict[schema.DatasetName, HeldDataset] = {}
        self._splits: dict[schema.DatasetSplit, Splits] = {}

    def facts(self, name: schema.DatasetName) -> schema.DatasetFacts:
        """Describes a data set; what it had to read serves a later `load`.

        Raises:
            DataError: When it is missing or corrupt.
        """
        return facts_of(self._hold(name))

    def load(self, split: schema.DatasetSplit) -> Splits:
        """Returns a split on the device.

        Raises:
            DataError: When the data set is missing or corrupt.
            InvalidTask: When a part of the split would be empty.
        """
        splits = self._splits.pop(split, None)
        if splits is None:
            splits = make_splits(self._hold(split.name), split, self._device)
            while len(self._splits) >= KEPT_SPLITS:
                del self._splits[next(iter(self._splits))]
        self._splits[split] = splits  # the last one used is the last in order
        return splits

    def _hold(self, name: schema.DatasetName) -> HeldDataset:
        if name not in self._held:
            self._held[name] = read_dataset(name, self._folders)
        return self._held[name]


def make_splits(held: HeldDataset, split: schema.DatasetSplit, device: torch.device) -> Splits:
    """Splits a data set and moves it to the device.

    Raises:
        InvalidTask: When a part would be empty.
    """
    indices = split_indices(held.train.labels, split, has_official_test=held.test is not None)
    train = _taken(held.train, indices.train)
    test = _taken(held.train, indices.test) if held.test is None else held.test
    return Splits(
        train=_on(device, train),
        validation=_on(device, _taken(held.train, indices.validation)),
        test=_on(device, test),
        input_shape=held.input_shape,
        class_count=held.class_count,
        pixel_max=held.pixel_max,
        normalization=normalization_of(train.images, held.pixel_max),
        content_hash=held.content_hash,
        split_hash=indices.digest(),
    )


def normalization_of(images: NDArray[np.uint8], pixel_max: int) -> Normalization:
    """Mean and standard deviation of each channel, exact: from counts of the 256 values.

    Args:
        images: (N, C, H, W).
        pixel_max: The value of full brightness.
    """
    values = np.arange(256, dtype=np.float64) / pixel_max
    means, stds = [], []
    for channel in range(images.shape[1]):
        counts = np.bincount(images[:, channel].reshape(-1), minlength=256)
        total = int(counts.sum())
        # fsum: the same bits whatever the machine's BLAS.
        mean = math.fsum(counts * values) / total
        variance = math.fsum(counts * (values - mean) ** 2) / total
        means.append(mean)
        stds.append(math.sqrt(variance) if np.count_nonzero(counts) > 1 else 1.0)
    return Normalization(tuple(means), tuple(stds))


def _taken(part: HeldImages, indices: NDArray[np.int64]) -> HeldImages:
    return HeldImages(part.images[indices], part.labels[indices])


def _on(device: torch.device, part: HeldImages) -> LabelledImages:
    # A copy: what the device holds must not be a view of read-only file bytes.
    images = torch.from_numpy(part.images.copy())
    return LabelledImages(images.to(device), torch.from_numpy(part.labels.copy()).to(device))
