"""Images packed losslessly as WebP sheets in plain tars, described by an `index.json`.

Picture i of a split is in sheet i div (rows x cols), row by row inside it; the labels are one byte
a picture. Members run on across the tars in order. `index.json` states counts and the SHA-256 of
all pixels, so that a sheet set proves its own content.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from typing import TYPE_CHECKING, Annotated

import msgspec
import numpy as np

from archloom_worker.data.files import read_bytes, verify_size
from archloom_worker.data.held import HeldImages
from archloom_worker.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

Count = Annotated[int, msgspec.Meta(ge=1)]


class SheetShape(msgspec.Struct, frozen=True):
    """How pictures lie in a sheet."""

    rows: Count
    cols: Count
    image: tuple[Count, Count, Count]
    """Height, width, channels."""

    @property
    def pictures(self) -> int:
        """Pictures in a sheet."""
        return self.rows * self.cols


class SheetSplit(msgspec.Struct, frozen=True):
    """What one split must hold; per-channel figures are shares of 255."""

    images: Count
    sheets: Count
    pixels_sha256: str
    mean_rgb: tuple[float, ...]
    std_rgb: tuple[float, ...]


class SheetIndex(msgspec.Struct, frozen=True):
    """The whole `index.json`."""

    classes: tuple[str, ...]
    sheet: SheetShape
    splits: dict[str, SheetSplit]


def sheets_are_at(folder: Path) -> bool:
    """Whether the folder holds packed sheets."""
    return (folder / "index.json").exists() and (folder / "train-labels.u8").exists()


def read_index(folder: Path) -> SheetIndex:
    """Reads `index.json`.

    Raises:
        DataError: When it is not the description of a sheet set.
    """
    path = folder / "index.json"
    try:
        return msgspec.json.decode(read_bytes(path), type=SheetIndex)
    except msgspec.DecodeError as error:
        raise DataError(
            "corrupt", f"{path} does not describe a sheet set: {error}; put the file back"
        ) from error


def read_sheets(folder: Path) -> tuple[HeldImages, HeldImages]:
    """Reads the training and the test split.

    Raises:
        DataError: When a file is missing or corrupt, or the pixels are not the described ones.
    """
    index = read_index(folder)
    return read_sheet_split(folder, index, "train"), read_sheet_split(folder, index, "test")


def read_sheet_split(folder: Path, index: SheetIndex, name: str) -> HeldImages:
    """Reads one split; decoding 10,000 pictures takes about a second.

    Raises:
        DataError: As `read_sheets`.
    """
    split = index.splits.get(name)
    if split is None:
        raise DataError(
            "corrupt",
            f"{folder / 'index.json'} describes no split {name}, expected train and test;"
            " put the file back",
        )
    labels_path = folder / f"{name}-labels.u8"
    labels = np.frombuffer(read_bytes(labels_path), dtype=np.uint8)
    verify_size(labels_path, labels.size, split.images)
    pixels = _read_pixels(folder, index.sheet, split, name)
    found = hashlib.sha256(pixels.data).hexdigest()
    if found != split.pixels_sha256:
        raise DataError(
            "corrupt",
            f"{folder} holds {name} pixels with the SHA-256 {found}, expected"
            f" {split.pixels_sha256}; fetch its {name} tars again",
        )
    images = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))  # (N, C, H, W)
    return HeldImages(images, labels.astype(np.int64))


def _read_pixels(
    folder: Path, sheet: SheetShape, split: SheetSplit, name: str
) -> NDArray[np.uint8]:
    height, width, channels = sheet.image
    pixels = np.empty((split.images, height, width, channels), dtype=np.uint8)
    end = 0
    for tar_path in _tar_paths(folder, name):
        for member, content in _members(tar_path):
            start, end = end, end + sheet.pictures
            if end > split.images:
                break
            pixels[start:end] = _decode(f"{tar_path} ({member})", content, sheet)
    if end != split.images:
        raise DataError(
            "corrupt",
            f"{folder} holds {end} {name} pictures or more, expected {split.images};"
            f" fetch its {name} tars again",
        )
    return pixels


def _tar_paths(folder: Path, name: str) -> list[Path]:
    single = folder / f"{name}.tar"
    if single.exists():
        return [single]
    numbered = [path for path in folder.glob(f"{name}-*.tar") if path.stem.split("-")[1].isdigit()]
    if not numbered:
        raise DataError(
            "corrupt",
            f"{single} is missing and so is {name}-1.tar although their neighbours are there;"
            " put the whole data set back",
        )
    return sorted(numbered, key=lambda path: int(path.stem.split("-")[1]))


def _members(path: Path) -> list[tuple[str, bytes]]:
    try:
        with tarfile.open(path, "r:") as tar:
            members = sorted((m for m in tar.getmembers() if m.isfile()), key=lambda m: m.name)
            return [(m.name, _content(tar, m)) for m in members]
    except (tarfile.TarError, OSError, EOFError) as error:
        raise DataError(
            "corrupt", f"{path} is not a whole tar: {error}; fetch the file again"
        ) from error


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    content = b"" if file is None else file.read()
    if len(content) != member.size:
        raise tarfile.ReadError(f"{member.name} has {len(content)} bytes of {member.size}")
    return content


def _decode(place: str, content: bytes, sheet: SheetShape) -> NDArray[np.uint8]:
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 - only sheets need Pillow

    height, width, channels = sheet.image
    expected = (sheet.rows * height, sheet.cols * width, channels)
    try:
        picture = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
    except (UnidentifiedImageError, OSError, ValueError) as error:
        raise DataError(
            "corrupt", f"{place} is not a readable image: {error}; fetch the file again"
        ) from error
    if picture.shape != expected:
        raise DataError(
            "corrupt",
            f"{place} has the shape {picture.shape}, expected {expected}; fetch the file again",
        )
    tiles = picture.reshape(sheet.rows, height, sheet.cols, width, channels)
    return tiles.transpose(0, 2, 1, 3, 4).reshape(sheet.pictures, height, width, channels)
