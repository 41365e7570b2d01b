"""Reading a data file whole, with every way of its being broken turned into one sentence."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from typing import TYPE_CHECKING

from archloom_worker.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path


def read_bytes(path: Path) -> bytes:
    """The file's bytes, decompressed where the name ends in `.gz`.

    Raises:
        DataError: When it is missing, unreadable or a broken gzip stream.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise DataError(
            "corrupt",
            f"{path} is missing although its neighbours are there; put the whole data set back",
        ) from error
    except OSError as error:
        raise DataError(
            "corrupt", f"{path} cannot be read: {error.strerror}; mend the file or its permissions"
        ) from error
    if path.suffix != ".gz":
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(
            "corrupt",
            f"{path} is not a whole gzip file of {len(content)} bytes: {error};"
            " fetch the file again",
        ) from error


def verify_size(path: Path, found: int, expected: int) -> None:
    """Raises DataError unless a file's content has the expected number of bytes."""
    if found != expected:
        raise DataError(
            "corrupt",
            f"{path} holds {found} bytes, expected {expected}; fetch the file again",
        )


def verify_md5(path: Path, content: bytes, expected: str) -> None:
    """Raises DataError unless the content has the published MD5: a check, not a protection."""
    found = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if found != expected:
        raise DataError(
            "corrupt",
            f"{path} has the MD5 {found}, expected the published {expected}; fetch the file again",
        )
