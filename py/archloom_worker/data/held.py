"""A data set as the worker holds it, and what makes one whole.

`HeldDataset` is what every kind of data set offers: facts, a content hash, and its division into
parts. Images stand here; `features.py` has tables and `text.py` text.
"""

from __future__ import annotations

import hashlib
import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from archloom_worker.data.split import split_indices
from archloom_worker.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from archloom_worker.schema import DatasetName, DatasetSplit

InputKind = Literal["images", "features", "tokens"]


@dataclass(frozen=True)
class Normalization:
    """Constants of the training split; empty for text.

    Of each channel as shares of full brightness, or of each feature in its own unit.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    """Divisor N; 1 for a channel or feature that never changes."""


@dataclass(frozen=True)
class Part:
    """One split's inputs and labels, whatever the kind; what the device gets a copy of."""

    inputs: NDArray[Any]
    """Images uint8 (N, C, H, W), features float32 (N, F), tokens int64 (N, T)."""
    labels: NDArray[np.int64]
    """(N,), or (N, T) for tokens: the token after each."""

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Division:
    """A data set cut into its three parts."""

    train: Part
    validation: Part
    test: Part
    normalization: Normalization
    split_hash: str
    """SHA-256 over the positions in the training, validation and test part."""


@dataclass(frozen=True)
class HeldDataset(ABC):
    """One data set, whole, as its files have it."""

    kind: ClassVar[InputKind]

    name: DatasetName
    class_count: int
    source: Path
    """The folder or file that it was read from."""

    @property
    @abstractmethod
    def sample_shape(self) -> tuple[int, ...]:
        """Of one sample: (C, H, W) or (F,); (1,) for text, whose samples the split cuts."""

    @property
    @abstractmethod
    def train_count(self) -> int:
        """Samples of the official training part; of text its tokens."""

    @property
    @abstractmethod
    def test_count(self) -> int:
        """The same of the official test part; 0 without one."""

    @property
    @abstractmethod
    def content_hash(self) -> str:
        """SHA-256 over everything as held; README.md states the bytes."""

    @abstractmethod
    def divide(self, split: DatasetSplit) -> Division:
        """Cuts it into parts.

        Raises:
            InvalidTask: When a part would be empty.
        """


@dataclass(frozen=True)
class HeldImages:
    """Images and their labels, in the order of the files that they come from."""

    images: NDArray[np.uint8]
    """(N, C, H, W), C-contiguous."""
    labels: NDArray[np.int64]
    """(N,), each in [0, class count)."""

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class HeldImageSet(HeldDataset):
    """Pictures with a class each."""

    kind = "images"

    pixel_max: int
    """The value of full brightness: 255 for 8-bit images, 16 for digits."""
    train: HeldImages
    test: HeldImages | None
    """None where the data set has no official test split."""

    @property
    def sample_shape(self) -> tuple[int, int, int]:
        """(C, H, W)."""
        channels, height, width = self.train.images.shape[1:]
        return channels, height, width

    @property
    def train_count(self) -> int:
        """Official training images."""
        return len(self.train)

    @property
    def test_count(self) -> int:
        """Official test images."""
        return 0 if self.test is None else len(self.test)

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over pixels and labels as held; README.md states the bytes.

        Two formats of a data set hash the same when they hold the images in the same order.
        """
        digest = hashlib.sha256(
            f"archloom dataset 1 {self.class_count} {self.pixel_max}\n".encode()
        )
        for part in (self.train, self.test):
            if part is None:
                continue
            digest.update(f"{part.images.shape}\n".encode())
            digest.update(np.ascontiguousarray(part.images).data)
            digest.update(np.ascontiguousarray(part.labels, dtype="<i8").data)
        return digest.hexdigest()

    def divide(self, split: DatasetSplit) -> Division:
        """Cuts it by the rule of `split.py`; test images are the official ones where there are."""
        indices = split_indices(self.train.labels, split, has_official_test=self.test is not None)

        def taken(positions: NDArray[np.int64]) -> Part:
            return Part(self.train.images[positions], self.train.labels[positions])

        train = taken(indices.train)
        official = self.test
        return Division(
            train=train,
            validation=taken(indices.validation),
            test=taken(indices.test)
            if official is None
            else Part(official.images, official.labels),
            normalization=normalization_of(train.inputs, self.pixel_max),
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


def collection_hash(part: HeldImages) -> str:
    """SHA-256 over the sorted SHA-256 of every (label, pixels): the content whatever its order."""
    heads = part.labels.astype("<u2")
    digests = sorted(
        hashlib.sha256(head.tobytes() + image.tobytes()).digest()
        for head, image in zip(heads, part.images, strict=True)
    )
    return hashlib.sha256(b"".join(digests)).hexdigest()


def verify_labels(labels: NDArray[np.int64], class_count: int, place: Path) -> None:
    """Raises DataError unless every label is a class and every class has a label."""
    if len(labels) == 0:
        raise DataError("corrupt", f"{place} holds no samples, expected at least one a class")
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= class_count:
        found = low if low < 0 else high
        raise DataError(
            "corrupt",
            f"{place} holds the label {found}, expected 0 to {class_count - 1};"
            " fetch the file again",
        )
    absent = np.flatnonzero(np.bincount(labels, minlength=class_count) == 0)
    if len(absent) > 0:
        raise DataError(
            "corrupt",
            f"{place} holds no sample of class {absent[0]}, expected all {class_count} classes;"
            " fetch the file again",
        )
