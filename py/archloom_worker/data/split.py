"""Fixed, disjoint, stratified splits, by a rule of our own that no library version can change.

The rule, of which every split is a slice:

1. Inside each class, the pool's images are sorted by SHA-256 of `"<seed>:<index>"` (ASCII), where
   `index` is the image's position in the pool.
2. The image at place k (from 0) of the n images of its class gets the height (k + 1/2) / n.
3. All images are sorted by height, then class. Any prefix, and any slice, of this order has the
   classes in the pool's shares, within one image each.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from archloom_worker.errors import InvalidTask

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from archloom_worker.schema import DatasetSplit

    Indices = NDArray[np.int64]


@dataclass(frozen=True)
class SplitIndices:
    """Positions in the official training images; `test` is empty where a test split exists."""

    train: Indices
    validation: Indices
    test: Indices

    def digest(self) -> str:
        """SHA-256 over the three parts' sizes and positions, as little-endian 64-bit integers."""
        hashed = hashlib.sha256()
        for part in (self.train, self.validation, self.test):
            hashed.update(np.array([len(part), *part], dtype="<i8").tobytes())
        return hashed.hexdigest()


def stratified_order(labels: NDArray[np.int64], seed: str) -> Indices:
    """The pool's positions in the order that the module's rule gives.

    Args:
        labels: Class of each image of the pool.
        seed: A decimal string.
    """
    keys = np.array(
        [hashlib.sha256(f"{seed}:{index}".encode()).digest() for index in range(len(labels))],
        dtype="S32",
    )
    heights = np.empty(len(labels), dtype=np.float64)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        ranked = members[np.argsort(keys[members], kind="stable")]
        heights[ranked] = (np.arange(len(ranked)) + 0.5) / len(ranked)
    return np.lexsort((labels, heights)).astype(np.int64)


def split_indices(
    labels: NDArray[np.int64], split: DatasetSplit, *, has_official_test: bool
) -> SplitIndices:
    """Positions of the training, validation and (without an official one) test images.

    The test share is taken of all images, the validation share of what remains; both are rounded
    to the nearest image.

    Raises:
        InvalidTask: When a part would be empty.
    """
    order = stratified_order(labels, split.split_seed)
    test_count = 0 if has_official_test else rounded_share(split.test_share, len(order))
    validation_count = rounded_share(split.validation_share, len(order) - test_count)
    start = test_count + validation_count
    if validation_count == 0 or start >= len(order) or (test_count == 0 and not has_official_test):
        raise InvalidTask(
            f"Split of {split.name} leaves {len(order) - start} samples for training,"
            f" {validation_count} for validation and {test_count} for testing of {len(order)},"
            " expected at least one each; choose other shares"
        )
    end = len(order) if split.train_limit is None else start + split.train_limit
    return SplitIndices(
        train=order[start:end],
        validation=order[test_count:start],
        test=order[:test_count],
    )


def rounded_share(share: float, count: int) -> int:
    """The nearest whole number to a share of a count, a half upwards."""
    """The nearest whole number to a share of a count, a half upwards."""
    return int(share * count + 0.5)
