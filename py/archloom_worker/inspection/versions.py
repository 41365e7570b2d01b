"""What is installed of the packages that a module imports."""

import ast
import importlib.metadata
import platform
import sys
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from archloom_worker.inspection.failure import is_library


def installed_versions(module: ModuleType, python_path: list[str]) -> dict[str, Any]:
    """Python, PyTorch, and each package that the user's files import, null where it is missing."""
    names = _imported(module, python_path)
    packages = {name: _version(name) for name in names}
    others = {name for name, version in packages.items() if version is None}
    if others:
        # Reads the record of every package: only for those that are not called what they are.
        distributions = importlib.metadata.packages_distributions()
        for name in others & set(distributions):
            del packages[name]
            distribution = distributions[name][0]
            packages[distribution] = _version(distribution)
    return {
        "python": platform.python_version(),
        "torch": _version("torch"),
        "packages": dict(sorted(packages.items())),
    }


def _imported(module: ModuleType, python_path: list[str]) -> set[str]:
    """Packages that the module, or a file of the user's that it loaded, imports anywhere."""
    own = [loaded for loaded in list(sys.modules.values()) if _is_own(loaded, python_path)]
    names = {name for loaded in {*own, module} for name in _names_in(loaded)}
    local = {loaded.__name__.partition(".")[0] for loaded in own} | {
        module.__name__.partition(".")[0],
        "archloom_worker",
        "__future__",
    }
    others = names - local - sys.stdlib_module_names
    return {name for name in others if not any(_lies_in(folder, name) for folder in python_path)}


def _lies_in(folder: str, name: str) -> bool:
    return (Path(folder) / name).is_dir() or (Path(folder) / f"{name}.py").exists()


def _is_own(module: ModuleType, python_path: list[str]) -> bool:
    path = getattr(module, "__file__", None)
    if not isinstance(path, str) or is_library(path):
        return False
    resolved = Path(path).resolve()
    return any(resolved.is_relative_to(Path(folder).resolve()) for folder in python_path)


def _names_in(module: ModuleType) -> set[str]:
    path = getattr(module, "__file__", None)
    names: set[str] = set()
    if not isinstance(path, str):
        return names
    with suppress(OSError, SyntaxError, ValueError):
        for node in ast.walk(ast.parse(Path(path).read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names.add(node.module.partition(".")[0])
    return names


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
