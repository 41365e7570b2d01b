"""Checkpoint files: whole or not there, known by content, and of no other work than their own.

A file is safetensors with tensors, numbers and texts only; see `tensor_file.py`.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, TypedDict

import msgspec

from archloom_worker import schema
from archloom_worker.errors import DataError, InvalidTask
from archloom_worker.tensor_file import read_tensors, write_tensors

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import torch

    from archloom_worker.data.store import Splits

FORMAT = "archloom checkpoint 2"


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
    """Writes a checkpoint; see `write_tensors`.

    Raises:
        OSError: When it cannot be written, such as on a full disk; an older file is left as it was.
    """
    return write_tensors(path, checkpoint)


def load_checkpoint(ref: schema.CheckpointRef) -> Checkpoint:
    """Reads the checkpoint that a reference names, its tensors on the CPU.

    Raises:
        DataError: When the file is missing, has another content than the reference states, or is no
            checkpoint of a training.
    """
    checkpoint = read_tensors(ref)
    found = checkpoint.get("format") if isinstance(checkpoint, dict) else None
    if found != FORMAT:
        raise DataError(
            "corrupt",
            f"{ref.path} has the checkpoint format {found}, expected {FORMAT}; train anew",
        )
    return checkpoint  # type: ignore[no-any-return]  # our own format, proven by its hash


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


def _hash(part: msgspec.Struct) -> str:
    return hashlib.sha256(msgspec.json.encode(part)).hexdigest()
