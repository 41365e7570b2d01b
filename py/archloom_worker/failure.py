"""What an error that a task raised counts as, and how it is told to the orchestrator."""

from __future__ import annotations

import gc
import sys
import traceback
from typing import TYPE_CHECKING

from archloom_worker import schema
from archloom_worker.errors import WorkerError
from archloom_worker.protocol import clean_text

if TYPE_CHECKING:
    import torch

TRACEBACK_CHARACTERS = 16_000
"""What is kept of a traceback, from its end: where it happened stands there."""

MESSAGE_CHARACTERS = 16_000
"""What is kept of an error's message, from its beginning."""

_MEMORY_MARKS = (
    "DefaultCPUAllocator",
    "not enough memory: you tried to allocate",
    "out of memory",
    "CUDNN_STATUS_ALLOC_FAILED",
    "CUBLAS_STATUS_ALLOC_FAILED",
)
"""How PyTorch says that memory ran out where it has no class for it."""


def classify(error: BaseException) -> schema.FailureKind:
    """The kind of failure that an error from a task is.

    A CUDA error other than lack of memory sticks to the process: that is `crashed`, and the worker
    leaves so that a fresh one takes its place.
    """
    text = str(error)
    torch = sys.modules.get("torch")  # what was never imported has raised nothing
    if isinstance(error, WorkerError):
        return error.failure_kind
    if isinstance(error, MemoryError) or (torch and isinstance(error, torch.OutOfMemoryError)):
        return "out_of_memory"
    if isinstance(error, RuntimeError):
        if any(mark in text for mark in _MEMORY_MARKS):
            return "out_of_memory"
        stuck = torch and isinstance(error, torch.AcceleratorError)
        if stuck or text.startswith("CUDA error:"):
            return "crashed"
    return "invalid_task" if isinstance(error, ValueError) else "internal"


def describe_failure(
    error: BaseException, kind: schema.FailureKind, cost: schema.Cost, place: str = ""
) -> schema.Failure:
    """The failure as it goes on the wire; an error that explains itself needs no traceback.

    Args:
        error: What was raised.
        kind: What it counts as.
        cost: What the task had cost by then.
        place: Where it was raised, to follow the message.
    """
    if isinstance(error, WorkerError) and kind != "internal":
        message = clean_text(error.message[:MESSAGE_CHARACTERS])
        return schema.Failure(kind=kind, message=message, cost=cost)
    trace = "".join(traceback.format_exception(error))[-TRACEBACK_CHARACTERS:]
    message = f"{type(error).__name__}: {error}"[:MESSAGE_CHARACTERS].rstrip(":. \n") + place
    return schema.Failure(
        kind=kind, message=clean_text(message), traceback=clean_text(trace), cost=cost
    )


def free_memory(device: torch.device | None) -> None:
    """Gives back what a failed task may still hold."""
    gc.collect()
    if device is not None and device.type == "cuda":
        import torch  # noqa: PLC0415 - an environment without it has no such device

        torch.cuda.empty_cache()
