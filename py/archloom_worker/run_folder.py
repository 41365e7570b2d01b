"""The folder that a worker reads and writes checkpoints in: no path of a message leads out of it.

Paths of a task are relative to it, or absolute and inside. Links are followed before a path is
judged, so that one inside the folder cannot point out of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import msgspec

from archloom_worker import schema
from archloom_worker.errors import InvalidTask

Work = TypeVar("Work", bound=msgspec.Struct)

PATH_FIELDS = ("path", "checkpoint_path")
"""Fields of a task's work, and of checkpoints in it, that hold a path; a test looks for others."""


def locate_files(work: Work, root: Path | None) -> Work:
    """The same work with absolute paths, all of them inside the folder.

    Args:
        work: What a task asks for.
        root: The folder; None for none, where no path is taken.

    Raises:
        InvalidTask: When a path leads out of the folder, or there is no folder.
    """
    changes: dict[str, Any] = {}
    for name in work.__struct_fields__:
        value = getattr(work, name)
        if name in PATH_FIELDS and isinstance(value, str):
            changes[name] = str(locate_file(value, root))
        elif isinstance(value, schema.CheckpointRef | schema.Inheritance):
            changes[name] = locate_files(value, root)
    return msgspec.structs.replace(work, **changes) if changes else work


def locate_file(path: str, root: Path | None) -> Path:
    """Where a path of a message leads, links followed. Raises InvalidTask as `locate_files`."""
    if root is None:
        raise InvalidTask(
            f"The task names the file {path[:200]!r}, but this worker was started without a folder"
            " for checkpoints; start it with --root FOLDER, or ask for no checkpoint"
        )
    try:
        folder = root.resolve()
        place = (folder / path).resolve()
    except (OSError, ValueError, RuntimeError) as error:
        raise InvalidTask(
            f"The task names the file {path[:200]!r}, which is no path: {error}"
        ) from error
    if place == folder or not place.is_relative_to(folder):
        raise InvalidTask(
            f"The task names the file {path[:200]!r}, which leads to {place} outside this worker's"
            f" folder {folder}; name one inside, or start the worker with another --root"
        )
    return place
