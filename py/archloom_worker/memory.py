"""What memory this process holds, for people to look at."""

import os
import sys
from pathlib import Path

from msgspec import UNSET, UnsetType

from archloom_worker import schema

_STATM = Path("/proc/self/statm")


def of_process(device_bytes: int | None) -> schema.WorkerMemory | UnsetType:
    """What the process holds now; unset where the system does not tell."""
    resident_bytes = _resident_bytes()
    if resident_bytes is None:
        return UNSET
    return schema.WorkerMemory(resident_bytes=resident_bytes, device_bytes=device_bytes)


def device_bytes() -> int | None:
    """What PyTorch holds on the current GPU; None while it uses none. May wait for the GPU."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return None
    return int(torch.cuda.memory_reserved())


def _resident_bytes() -> int | None:
    try:
        pages = int(_STATM.read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")
