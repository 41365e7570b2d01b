"""Fashion-MNIST in its published IDX files, gzipped or not.

Xiao, Rasul and Vollgraf 2017, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine
Learning Algorithms"; the IDX format is that of LeCun's MNIST page.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from archloom_worker.data.files import read_bytes, verify_size
from archloom_worker.data.held import HeldImages
from archloom_worker.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

IDX_UNSIGNED_BYTE = 0x08


@dataclass(frozen=True)
class IdxLayout:
    """What the four files must hold."""

    train_count: int
    test_count: int
    side: int


FASHION_MNIST = IdxLayout(train_count=60_000, test_count=10_000, side=28)


def idx_is_at(folder: Path) -> bool:
    """Whether the folder holds the training images, gzipped or not."""
    return _existing(folder, "train-images-idx3-ubyte") is not None


def read_idx_dataset(folder: Path, layout: IdxLayout) -> tuple[HeldImages, HeldImages]:
    """Reads the training and the test files.

    Raises:
        DataError: When a file is corrupt or one of the four is missing.
    """
    return (
        _read_part(folder, "train", layout.train_count, layout.side),
        _read_part(folder, "t10k", layout.test_count, layout.side),
    )


def read_idx(path: Path, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Reads one IDX file of unsigned bytes.

    Raises:
        DataError: When its header or its length is not that of an array of this shape.
    """
    content = read_bytes(path)
    header = struct.pack(f">HBB{len(shape)}I", 0, IDX_UNSIGNED_BYTE, len(shape), *shape)
    if content[: len(header)] != header:
        raise DataError(
            "corrupt",
            f"{path} starts with {content[: len(header)].hex()}, expected the IDX header"
            f" {header.hex()} of unsigned bytes of shape {shape}; fetch the file again",
        )
    verify_size(path, len(content), len(header) + int(np.prod(shape)))
    return np.frombuffer(content, dtype=np.uint8, offset=len(header)).reshape(shape)


def _read_part(folder: Path, prefix: str, count: int, side: int) -> HeldImages:
    images = read_idx(_file(folder, f"{prefix}-images-idx3-ubyte"), (count, side, side))
    labels = read_idx(_file(folder, f"{prefix}-labels-idx1-ubyte"), (count,))
    return HeldImages(images.reshape(count, 1, side, side), labels.astype(np.int64))


def _file(folder: Path, name: str) -> Path:
    return _existing(folder, name) or folder / f"{name}.gz"


def _existing(folder: Path, name: str) -> Path | None:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.exists():
            return path
    return None
