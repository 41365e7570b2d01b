"""A data set as the worker holds it, and what makes one whole."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from archloom_worker.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from archloom_worker.schema import DatasetName


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
class HeldDataset:
    """One data set, whole: the official training images and the official test images."""

    name: DatasetName
    class_count: int
    pixel_max: int
    """The value of full brightness: 255 for 8-bit images, 16 for digits."""
    train: HeldImages
    test: HeldImages | None
    """None where the data set has no official test split."""
    source: Path
    """The folder or file that it was read from."""

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(C, H, W)."""
        channels, height, width = self.train.images.shape[1:]
        return channels, height, width

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
        raise DataError("corrupt", f"{place} holds no images, expected at least one a class")
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
            f"{place} holds no image of class {absent[0]}, expected all {class_count} classes;"
            " fetch the file again",
        )
