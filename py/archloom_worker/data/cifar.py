"""CIFAR-10 and CIFAR-100 in the two official formats: Python pickles and raw records.

Krizhevsky 2009, "Learning Multiple Layers of Features from Tiny Images"; the formats are those of
the data set's own page. In both, an image is 3 x 32 x 32 bytes, channel by channel, so that nothing
is rearranged, and both hold the images in the same order.
"""

from __future__ import annotations

import io
import pickle
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from archloom_worker.data.files import read_bytes, verify_md5, verify_size
from archloom_worker.data.held import HeldImages
from archloom_worker.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

CHANNELS = 3
SIDE = 32
PIXELS = CHANNELS * SIDE * SIDE


@dataclass(frozen=True)
class CifarLayout:
    """The files of one format, and what they must hold."""

    folder: str
    """Name of the folder that the official archive unpacks to."""
    train_files: tuple[str, ...]
    test_file: str
    train_file_count: int
    """Images in each training file."""
    test_count: int
    label_bytes: int
    """Raw records only: labels before the pixels, the last of them the class."""
    label_key: bytes
    """Pickles only: the entry with the classes."""
    md5: Mapping[str, str]
    """Published MD5 of each file; empty where none is published."""


CIFAR10_PYTHON = CifarLayout(
    folder="cifar-10-batches-py",
    train_files=tuple(f"data_batch_{batch}" for batch in range(1, 6)),
    test_file="test_batch",
    train_file_count=10_000,
    test_count=10_000,
    label_bytes=1,
    label_key=b"labels",
    md5={  # as torchvision's CIFAR10 lists them
        "data_batch_1": "c99cafc152244af753f735de768cd75f",
        "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
        "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
        "data_batch_4": "634d18415352ddfa80567beed471001a",
        "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
        "test_batch": "40351d587109b95175f43aff81a1287e",
    },
)

CIFAR10_BINARY = CifarLayout(
    folder="cifar-10-batches-bin",
    train_files=tuple(f"data_batch_{batch}.bin" for batch in range(1, 6)),
    test_file="test_batch.bin",
    train_file_count=10_000,
    test_count=10_000,
    label_bytes=1,
    label_key=b"labels",
    md5={},
)

CIFAR100_PYTHON = CifarLayout(
    folder="cifar-100-python",
    train_files=("train",),
    test_file="test",
    train_file_count=50_000,
    test_count=10_000,
    label_bytes=2,
    label_key=b"fine_labels",
    md5={  # as torchvision's CIFAR100 lists them
        "train": "16019d7e3df5f24257cddd939b257f8d",
        "test": "f0ef6b0ae62326f3e7ffdfab6717acfc",
    },
)

CIFAR100_BINARY = CifarLayout(
    folder="cifar-100-binary",
    train_files=("train.bin",),
    test_file="test.bin",
    train_file_count=50_000,
    test_count=10_000,
    label_bytes=2,
    label_key=b"fine_labels",
    md5={},
)


def read_pickles(folder: Path, layout: CifarLayout) -> tuple[HeldImages, HeldImages]:
    """Reads the official pickles, with a reader that makes nothing but NumPy arrays.

    Raises:
        DataError: When a file is missing or corrupt.
    """
    train = [
        _read_pickle(folder / name, layout, layout.train_file_count) for name in layout.train_files
    ]
    return _joined(train), _read_pickle(folder / layout.test_file, layout, layout.test_count)


def read_records(folder: Path, layout: CifarLayout) -> tuple[HeldImages, HeldImages]:
    """Reads the official raw records: labels, then pixels, without a header.

    Raises:
        DataError: When a file is missing or has another length.
    """
    train = [
        _read_record_file(folder / name, layout, layout.train_file_count)
        for name in layout.train_files
    ]
    return _joined(train), _read_record_file(folder / layout.test_file, layout, layout.test_count)


class _ArrayUnpickler(pickle.Unpickler):
    """Knows the three names that a pickled NumPy array needs, and refuses all others."""

    # NumPy 1 and 2 keep the function in different modules: ask an array for it.
    _reconstruct = np.empty(0, dtype=np.uint8).__reduce__()[0]
    _known = {  # noqa: RUF012 - never changed
        ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
        ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
    }

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        known = self._known.get((module_name, global_name))
        if known is None:
            raise pickle.UnpicklingError(
                f"it names {module_name}.{global_name}, which no CIFAR file needs"
            )
        return known


def _read_pickle(path: Path, layout: CifarLayout, count: int) -> HeldImages:
    content = read_bytes(path)
    if path.name in layout.md5:
        verify_md5(path, content, layout.md5[path.name])
    try:
        entries = _ArrayUnpickler(io.BytesIO(content), encoding="bytes").load()
        pixels: NDArray[Any] = np.asarray(entries[b"data"])
        labels = np.asarray(entries[layout.label_key], dtype=np.int64)
    except Exception as error:  # a broken pickle may raise anything
        raise DataError(
            "corrupt", f"{path} is not a CIFAR pickle: {error!r}; fetch the file again"
        ) from error
    if pixels.dtype != np.uint8 or pixels.shape != (count, PIXELS) or labels.shape != (count,):
        raise DataError(
            "corrupt",
            f"{path} holds {pixels.dtype} of shape {pixels.shape} with {labels.size} labels,"
            f" expected uint8 of shape ({count}, {PIXELS}) with {count}; fetch the file again",
        )
    return HeldImages(pixels.reshape(count, CHANNELS, SIDE, SIDE), labels)


def _read_record_file(path: Path, layout: CifarLayout, count: int) -> HeldImages:
    content = read_bytes(path)
    length = layout.label_bytes + PIXELS
    verify_size(path, len(content), count * length)
    records = np.frombuffer(content, dtype=np.uint8).reshape(count, length)
    images = records[:, layout.label_bytes :].reshape(count, CHANNELS, SIDE, SIDE)
    return HeldImages(
        np.ascontiguousarray(images), records[:, layout.label_bytes - 1].astype(np.int64)
    )


def _joined(parts: list[HeldImages]) -> HeldImages:
    return HeldImages(
        np.concatenate([part.images for part in parts]),
        np.concatenate([part.labels for part in parts]),
    )
