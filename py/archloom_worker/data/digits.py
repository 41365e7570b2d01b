"""The 8 x 8 digits that scikit-learn carries: 1,797 images, values 0 to 16, no test split.

The file is read where the installed package keeps it, without importing scikit-learn, which would
cost a worker a second at its start; a test holds it against `load_digits`.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from archloom_worker.data.files import read_bytes
from archloom_worker.data.held import HeldImages
from archloom_worker.errors import DataError

IMAGE_COUNT = 1797
SIDE = 8
PIXEL_MAX = 16


def digits_place() -> Path | None:
    """Where the installed scikit-learn keeps the file; None without scikit-learn."""
    package = find_spec("sklearn")
    if package is None or package.origin is None:
        return None
    return Path(package.origin).parent / "datasets" / "data" / "digits.csv.gz"


def read_digits(path: Path) -> tuple[HeldImages, None]:
    """Reads the comma-separated rows of 64 pixels and a label.

    Raises:
        DataError: When the file is corrupt.
    """
    rows = read_bytes(path).split()
    try:
        table = np.array([row.split(b",") for row in rows]).astype(np.float64)
    except ValueError as error:
        raise DataError(
            "corrupt",
            f"{path} is not a table of numbers: {error}; install scikit-learn again",
        ) from error
    if table.shape != (IMAGE_COUNT, SIDE * SIDE + 1):
        raise DataError(
            "corrupt",
            f"{path} holds a table of shape {table.shape}, expected"
            f" {(IMAGE_COUNT, SIDE * SIDE + 1)}; install scikit-learn again",
        )
    pixels, labels = table[:, :-1], table[:, -1]
    if pixels.min() < 0 or pixels.max() > PIXEL_MAX:
        raise DataError(
            "corrupt",
            f"{path} holds pixels from {pixels.min():g} to {pixels.max():g}, expected 0 to"
            f" {PIXEL_MAX}; install scikit-learn again",
        )
    images = pixels.astype(np.uint8).reshape(-1, 1, SIDE, SIDE)
    return HeldImages(images, labels.astype(np.int64)), None
