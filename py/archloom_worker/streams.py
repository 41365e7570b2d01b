"""Random streams by purpose and epoch, from a task's seed alone.

An epoch draws the same whether the training came to it in one go or from a checkpoint, whatever ran
in this process before, and however much another purpose drew.
"""

from __future__ import annotations

import hashlib
from typing import Literal

import torch

Purpose = Literal["init", "shuffle", "augment", "dropout"]


def derive_seed(seed: str, purpose: Purpose, epoch: int) -> int:
    """The first 63 bits of SHA-256 of `"<seed>/<purpose>/<epoch>"` (ASCII).

    Args:
        seed: The task's seed, a decimal string.
        purpose: What the stream is for.
        epoch: Zero-based.
    """
    digest = hashlib.sha256(f"{seed}/{purpose}/{epoch}".encode("ascii")).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def stream(seed: str, purpose: Purpose, epoch: int, device: torch.device) -> torch.Generator:
    """A generator of its own for one purpose in one epoch, on the device."""
    return torch.Generator(device).manual_seed(derive_seed(seed, purpose, epoch))
