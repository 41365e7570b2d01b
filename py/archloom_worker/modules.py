"""Which functions of the user's may be called, and how they are found.

Only what is defined in a module that the worker was started with permission for can be called: not
what such a module merely imports, as that would open everything that it uses.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from archloom_worker.errors import InvalidTask
from archloom_worker.home import home_of
from archloom_worker.user_traceback import own_place

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


class Modules:
    """The modules that may be called; a package allows what is in it."""

    def __init__(self, allowed: Sequence[str] = (), folders: Sequence[Path] = ()) -> None:
        """Imports nothing yet.

        Args:
            allowed: Dotted names.
            folders: Where they were said to lie, for messages.
        """
        self._allowed = tuple(allowed)
        self._folders = tuple(folders)

    def __bool__(self) -> bool:
        """Whether anything may be called at all."""
        return bool(self._allowed)

    def find(self, name: str) -> Callable[..., Any]:
        """The function or class that `module:name` names; imports its module with the first use.

        Raises:
            InvalidTask: When it is not there, cannot be imported or may not be called.
        """
        module_name, _, attribute = name.partition(":")
        self._require(module_name, f"{name} may not be called")
        module = self._imported(module_name)
        try:
            found = getattr(module, attribute)
        except AttributeError:
            own = [key for key, value in vars(module).items() if _defined_in(value, module_name)]
            offers = ", ".join(sorted(key for key in own if not key.startswith("_")))
            raise InvalidTask(
                f"The module {module_name} has no {attribute}, it defines {offers or 'nothing'}"
            ) from None
        if not callable(found):
            raise InvalidTask(f"{name} is a {type(found).__name__}, expected a function or a class")
        home = home_of(found)
        self._require(home, f"{name} may not be called, since it is defined in {home}")
        return found  # type: ignore[no-any-return]  # callable is all that is known

    def _require(self, module: str, refusal: str) -> None:
        if any(module == name or module.startswith(f"{name}.") for name in self._allowed):
            return
        allowed = f"{', '.join(self._allowed)} only" if self._allowed else "no module"
        raise InvalidTask(
            f"{refusal}: this worker allows {allowed}; start it with permission for {module}"
            f" (allow, or --allow {module})"
        )

    def _imported(self, name: str) -> Any:
        try:
            return importlib.import_module(name)
        except (Exception, SystemExit) as error:  # whatever it is, no call can be made
            # One of the packages above it counts, too; what it imports itself is another matter.
            missing = error.name if isinstance(error, ModuleNotFoundError) else None
            if missing is None or not f"{name}.".startswith(f"{missing}."):
                reason = f"{type(error).__name__}: {error}".rstrip(": .\n")
                raise InvalidTask(
                    f"The module {name} cannot be imported: {reason}{own_place(error)}"
                ) from error
            folders = ", ".join(map(str, self._folders)) or "no folder"
            raise InvalidTask(
                f"There is no module {missing} in this environment; the folders given for it"
                f" are: {folders} (pythonPath, or --python-path FOLDER)"
            ) from None


def _defined_in(value: object, module: str) -> bool:
    return callable(value) and getattr(value, "__module__", None) == module
