"""Tables of features with a class a row: the wine and breast cancer sets that scikit-learn carries.

The files are read where the installed package keeps them, without importing scikit-learn, which
would cost a worker a second at its start; a test holds them against its loaders. What a network
sees is standardised: each feature less its mean over the training split, divided by its deviation
there, reckoned in float64 and kept as float32.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from archloom_worker.data.files import read_bytes
from archloom_worker.data.held import Division, HeldDataset, Normalization, Part
from archloom_worker.data.split import split_indices
from archloom_worker.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from archloom_worker.schema import DatasetSplit


@dataclass(frozen=True)
class HeldTable(HeldDataset):
    """Rows of features in their own units, with a class each; no official test split."""

    kind = "features"

    rows: NDArray[np.float64]
    """(N, F)."""
    labels: NDArray[np.int64]
    """(N,), each in [0, class count)."""

    @property
    def sample_shape(self) -> tuple[int]:
        """(F,)."""
        return (self.rows.shape[1],)

    @property
    def train_count(self) -> int:
        """Rows."""
        return len(self.labels)

    @property
    def test_count(self) -> int:
        """None are official."""
        return 0

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over rows and labels as held; README.md states the bytes."""
        digest = hashlib.sha256(f"archloom dataset 1 {self.class_count} features\n".encode())
        digest.update(f"{self.rows.shape}\n".encode())
        digest.update(np.ascontiguousarray(self.rows, dtype="<f8").data)
        digest.update(np.ascontiguousarray(self.labels, dtype="<i8").data)
        return digest.hexdigest()

    def divide(self, split: DatasetSplit) -> Division:
        """Cuts it by the rule of `split.py`, and standardises it by its training part."""
        indices = split_indices(self.labels, split, has_official_test=False)
        constants = standardization_of(self.rows[indices.train])
        standard = (self.rows - np.array(constants.mean)) / np.array(constants.std)

        def taken(positions: NDArray[np.int64]) -> Part:
            return Part(standard[positions].astype(np.float32), self.labels[positions])

        return Division(
            train=taken(indices.train),
            validation=taken(indices.validation),
            test=taken(indices.test),
            normalization=constants,
            split_hash=indices.digest(),
        )


def standardization_of(rows: NDArray[np.float64]) -> Normalization:
    """Mean and standard deviation (divisor N) of each column; 1 for a deviation of 0."""
    means, stds = [], []
    for column in rows.T:
        # fsum: the same bits whatever the machine's BLAS.
        mean = math.fsum(column) / len(column)
        variance = math.fsum((column - mean) ** 2) / len(column)
        means.append(mean)
        stds.append(math.sqrt(variance) if np.ptp(column) > 0 else 1.0)
    return Normalization(tuple(means), tuple(stds))


def carried_table(file: str) -> Path | None:
    """Where the installed scikit-learn keeps a table; None without scikit-learn."""
    package = find_spec("sklearn")
    if package is None or package.origin is None:
        return None
    return Path(package.origin).parent / "datasets" / "data" / file


def read_table(path: Path, shape: tuple[int, int]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Reads rows and labels: a line of counts and names, then comma-separated features and class.

    Args:
        path: The file.
        shape: Rows and features that it must have.

    Raises:
        DataError: When the file is corrupt.
    """
    lines = read_bytes(path).split()[1:]
    try:
        table = np.array([line.split(b",") for line in lines]).astype(np.float64)
    except ValueError as error:
        raise DataError(
            "corrupt", f"{path} is not a table of numbers: {error}; install scikit-learn again"
        ) from error
    expected = (shape[0], shape[1] + 1)
    if table.shape != expected or not np.isfinite(table).all():
        raise DataError(
            "corrupt",
            f"{path} holds a table of shape {table.shape}, expected finite numbers in"
            f" {expected}; install scikit-learn again",
        )
    return table[:, :-1].copy(), table[:, -1].astype(np.int64)
