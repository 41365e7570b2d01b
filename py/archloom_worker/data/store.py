"""Data sets resident on the device, split and normalised, each read once a process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archloom_worker import schema
from archloom_worker.data.catalog import facts_of, read_dataset
from archloom_worker.data.held import HeldImageSet
from archloom_worker.errors import InvalidTask

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import torch

    from archloom_worker.data.held import HeldDataset, InputKind, Normalization, Part

KEPT_SPLITS = 2
"""Splits kept on the device: an experiment uses one, and CIFAR-10 takes 184 MB."""


@dataclass(frozen=True)
class LabelledSamples:
    """One split on the device."""

    inputs: torch.Tensor
    """Images uint8 (N, C, H, W), features float32 (N, F), tokens int64 (N, T)."""
    labels: torch.Tensor
    """int64 (N,), or (N, T) for tokens."""

    def __len__(self) -> int:
        return self.labels.shape[0]


@dataclass(frozen=True)
class Splits:
    """A data set split and on the device; nothing in it is ever written to."""

    kind: InputKind
    train: LabelledSamples
    validation: LabelledSamples
    test: LabelledSamples
    input_shape: tuple[int, ...]
    class_count: int
    pixel_max: int
    """The value of full brightness of images; 1 for all else."""
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

    @property
    def output_shape(self) -> tuple[int, ...]:
        """What a network must give for one sample: a value for each class of each label."""
        return (*self.train.labels.shape[1:], self.class_count)


class DatasetStore:
    """Reads data sets from folders, and keeps them: whole in memory, split on the device.

    Not for use from two threads at once. Without a device, in an environment without PyTorch, it
    can only describe them.
    """

    def __init__(self, device: torch.device | None, folders: Sequence[Path]) -> None:
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
            InvalidTask: When a part of the split would be empty, or there is no PyTorch.
        """
        if self._device is None:
            raise InvalidTask("A data set can only be loaded where PyTorch is installed")
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
    division = held.divide(split)
    train = _on(device, division.train)
    return Splits(
        kind=held.kind,
        train=train,
        validation=_on(device, division.validation),
        test=_on(device, division.test),
        input_shape=tuple(train.inputs.shape[1:]),
        class_count=held.class_count,
        pixel_max=held.pixel_max if isinstance(held, HeldImageSet) else 1,
        normalization=division.normalization,
        content_hash=held.content_hash,
        split_hash=division.split_hash,
    )


def _on(device: torch.device, part: Part) -> LabelledSamples:
    import torch  # noqa: PLC0415 - an environment without it can still describe data sets

    # A copy: what the device holds must not be a view of read-only file bytes.
    inputs = torch.from_numpy(part.inputs.copy())
    return LabelledSamples(inputs.to(device), torch.from_numpy(part.labels.copy()).to(device))
