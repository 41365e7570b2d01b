"""Which part of a traceback is the user's own."""

from __future__ import annotations

import sysconfig
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

_LIBRARIES = ("stdlib", "platstdlib", "purelib", "platlib")
"""Where Python's own modules and installed packages lie."""


def own_traceback(error: BaseException) -> TracebackType | None:
    """The traceback from the user's first frame on; the whole of it where none is the user's."""
    folder = Path(__file__).parent
    part = error.__traceback__
    while part is not None and Path(part.tb_frame.f_code.co_filename).parent == folder:
        part = part.tb_next
    return part or error.__traceback__


def own_place(error: BaseException) -> str:
    """Where in the user's code an error was raised, as the end of its message, or nothing."""
    others = (str(Path(__file__).parent), *map(sysconfig.get_path, _LIBRARIES))
    found = ""
    for frame in traceback.extract_tb(error.__traceback__):
        is_file = not frame.filename.startswith("<")
        if is_file and not frame.filename.startswith(others):
            found = f" ({Path(frame.filename).name}, line {frame.lineno})"
    return found
