"""Checkpoint files: whole or not there, known by content, and of no other work than their own.

A file holds tensors, numbers and texts only, and is read by a reader that makes nothing else.
"""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import msgspec
import torch

from archloom_worker import schema
from archloom_worker.errors import DataError, InvalidTask

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archloom_worker.data.store import Splits

FORMAT = "archloom checkpoint 1"


class Checkpoint(TypedDict):
    """All that a training needs to go on exactly, or a network to be evaluated."""

    format: str
    identity: dict[str, str]
    """Which training it belongs to; see `identity_of`."""
    epoch: int
    """Epochs behind it."""
    weights: dict[str, torch.Tensor]
    """Parameters and buffers by name."""
    optimizer: dict[str, Any]
    scaler: dict[str, Any]
    """State of the float16 gradient scaler; empty without one."""
    mean: list[float]
    """Normalization constants that the network was trained with, as shares of full brightness."""
    std: list[float]


def identity_of(work: schema.TrainWork, splits: Splits) -> dict[str, str]:
    """What a checkpoint must share with the work that goes on from it.

    The horizon is not part of it: a schedule may be laid out anew over more epochs.
    """
    return {
        **network_identity_of(work, splits),
        "recipe": _hash(work.recipe),
        "seed": work.seed,
    }


def network_identity_of(
    work: schema.TrainWork | schema.EvaluateWork, splits: Splits
) -> dict[str, str]:
    """What a checkpoint must share with the work that measures its network.

    The split is part of it: another one's test images may have been trained on.
    """
    return {"graph": _hash(work.graph), **data_identity_of(work, splits)}


def data_identity_of(
    work: schema.TrainWork | schema.EvaluateWork, splits: Splits
) -> dict[str, str]:
    """What a checkpoint must share with the work that takes any of its weights."""
    return {"dataset": _hash(work.dataset), "content": splits.content_hash}


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> schema.CheckpointRef:
    """Writes a checkpoint so that at no moment a part of one bears its name.

    Raises:
        OSError: When it cannot be written, such as on a full disk; an older file is left as it was.
    """
    buffer = io.BytesIO()
    torch.save(checkpoint, buffer)
    content = buffer.getbuffer()
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".partial", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)
    return schema.CheckpointRef(path=str(path), sha256=hashlib.sha256(content).hexdigest())


def load_checkpoint(ref: schema.CheckpointRef, device: torch.device) -> Checkpoint:
    """Reads the checkpoint that a reference names, its tensors on the device.

    Raises:
        DataError: When the file is missing or has another content than the reference states.
    """
    path = Path(ref.path)
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise DataError(
            "missing", f"Checkpoint {path} does not exist; put it back or train anew"
        ) from error
    except OSError as error:
        raise DataError(
            "corrupt", f"Checkpoint {path} cannot be read: {error.strerror}; train anew"
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != ref.sha256:
        raise DataError(
            "corrupt",
            f"Checkpoint {path} has the SHA-256 {found}, expected {ref.sha256};"
            " put the right file back or train anew",
        )
    return _decoded(path, content, device)


def verify_identity(checkpoint: Checkpoint, expected: Mapping[str, str], path: str) -> None:
    """Raises InvalidTask unless all expected parts of the identity are the checkpoint's."""
    for part, wanted in expected.items():
        found = checkpoint["identity"].get(part)
        if found != wanted:
            raise InvalidTask(
                f"Checkpoint {path} belongs to other work: its {_WORDS[part]} {found}, expected"
                f" {wanted}; name the checkpoint of this work or start anew"
            )


_WORDS = {
    "graph": "network graph has the SHA-256",
    "recipe": "recipe has the SHA-256",
    "dataset": "data set split has the SHA-256",
    "content": "data set has the content hash",
    "seed": "seed is",
}


def _decoded(path: Path, content: bytes, device: torch.device) -> Checkpoint:
    try:
        checkpoint = torch.load(io.BytesIO(content), map_location=device, weights_only=True)
    except (RuntimeError, pickle.UnpicklingError, EOFError, ValueError) as error:
        raise DataError(
            "corrupt", f"{path} is not a checkpoint: {str(error).splitlines()[0]}; train anew"
        ) from error
    found = checkpoint.get("format") if isinstance(checkpoint, dict) else None
    if found != FORMAT:
        raise DataError(
            "corrupt",
            f"{path} has the checkpoint format {found}, expected {FORMAT}; train anew",
        )
    return checkpoint  # type: ignore[no-any-return]  # our own format, proven by its hash


def _hash(part: msgspec.Struct) -> str:
    return hashlib.sha256(msgspec.json.encode(part)).hexdigest()


def _sync_folder(folder: Path) -> None:
    """Makes a rename lasting, where the system can."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)
