"""Why a module could not be looked into, with the line of it that is to blame."""

import linecache
import sysconfig
import traceback
from pathlib import Path
from typing import Any

LONGEST_TEXT = 500
"""Characters of a message or a line that are passed on."""

_PATHS = sysconfig.get_paths()
LIBRARY_FOLDERS = tuple(
    str(Path(_PATHS[name]).resolve()) for name in ("stdlib", "platstdlib", "purelib", "platlib")
)
OWN_FOLDER = str(Path(__file__).resolve().parent)


class Problem(Exception):  # noqa: N818 - what is found, not a failure of this program
    """The target cannot be described; `facts` are what Node is told."""

    def __init__(self, problem: str, **facts: Any) -> None:
        super().__init__(problem)
        self.facts = {"problem": problem, **facts}


def import_problem(error: BaseException) -> Problem:
    """What went wrong while a module was imported, and where in the user's own files."""
    facts = {"error": _one_line(error), "missing": getattr(error, "name", None)}
    if not isinstance(error, ModuleNotFoundError):
        facts["missing"] = None
    if isinstance(error, SystemExit):
        return Problem("exited", **facts, **_blame(error))
    return Problem("import-failed", **facts, **_blame(error))


def is_library(path: str) -> bool:
    """Whether a file is of Python, of an installed package or of archloom, not of the user."""
    if path.startswith("<"):
        return True
    resolved = str(Path(path).resolve())
    return resolved.startswith((*LIBRARY_FOLDERS, OWN_FOLDER))


def _blame(error: BaseException) -> dict[str, Any]:
    """The innermost line in the user's files; where there is none, the innermost of all."""
    if isinstance(error, SyntaxError) and error.filename is not None:
        return _line(error.filename, error.lineno or 1, error.text)
    frames = [
        (frame.f_code.co_filename, number)
        for frame, number in traceback.walk_tb(error.__traceback__)
    ]
    own = [place for place in frames if not is_library(place[0])]
    shown = own or [place for place in frames if not place[0].startswith("<")]
    outside = [place for place in shown if not place[0].startswith(OWN_FOLDER)]
    return _line(*outside[-1]) if outside else {"file": None, "line": None, "code": None}


def _line(path: str, number: int, text: str | None = None) -> dict[str, Any]:
    code = text if text is not None else linecache.getline(path, number)
    return {"file": path, "line": number, "code": code.strip()[:LONGEST_TEXT]}


def _one_line(error: BaseException) -> str:
    try:
        text = str(error.msg if isinstance(error, SyntaxError) else error)
    except Exception:
        text = ""
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    name = type(error).__name__
    return f"{name}: {first}"[:LONGEST_TEXT] if first else name
