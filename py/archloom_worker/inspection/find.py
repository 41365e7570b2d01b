"""From `module:function` to the function."""

import importlib
from dataclasses import dataclass
from difflib import get_close_matches
from types import ModuleType
from typing import Any

from archloom_worker.inspection.failure import Problem, import_problem


@dataclass(frozen=True)
class Found:
    """What a target names."""

    module: ModuleType
    name: str
    """Of the function in its module, dots and all."""
    thing: Any


def find(target: str, python_path: list[str]) -> Found:
    """Imports the module and takes the function out of it.

    Raises:
        Problem: When there is no such module or function, or the import fails.
    """
    module_name, _, name = target.partition(":")
    module = _import(module_name, python_path)
    thing: Any = module
    for part in name.split("."):
        try:
            thing = getattr(thing, part)
        except AttributeError:
            raise _missing(module, name) from None
    if not callable(thing):
        raise Problem("not-callable", type=type(thing).__name__, callables=_callables(module))
    return Found(module, name, thing)


def _import(name: str, python_path: list[str]) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        is_itself = error.name is not None and f"{name}.".startswith(f"{error.name}.")
        if is_itself:
            raise Problem("no-module", missing=error.name, searched=python_path) from None
        raise import_problem(error) from error
    except BaseException as error:
        raise import_problem(error) from error


def _missing(module: ModuleType, name: str) -> Problem:
    callables = _callables(module)
    near = get_close_matches(name, callables, n=1)
    return Problem("no-function", near=near[0] if near else None, callables=callables)


def _callables(module: ModuleType) -> list[str]:
    """What the module itself defines and could be called."""
    return sorted(
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and callable(value)
        and getattr(value, "__module__", None) == module.__name__
    )[:50]
