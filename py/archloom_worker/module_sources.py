"""Which code a module of the user's consists of, found without running any of it.

Results of two versions of a pipeline must not pass for comparable, so the fingerprint holds a hash
over every source file that an allowed module imports from the user's own folders. Installed
packages are known by their versions; what code imports by other means than import statements is
not seen.
"""

from __future__ import annotations

import ast
import hashlib
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from archloom_worker.errors import EnvironmentProblem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def module_hash(name: str, folders: Sequence[Path]) -> str:
    """SHA-256 over the source files that a module is made of: their places and their bytes.

    Args:
        name: As it is imported, such as `team.training`.
        folders: The user's own folders, in the order in which Python looks through them; what is
            found elsewhere counts with its whole package.

    Raises:
        EnvironmentProblem: When there is no such module.
    """
    files = _own_files(name, folders) or _installed_files(name)
    if files is None:
        own = ", ".join(str(folder) for folder in folders)
        looked = f"neither in {own} nor among" if own else "not among"
        raise EnvironmentProblem(
            f"The module {name} was not found, {looked} installed packages, "
            "mend its name or the folders that are to be looked through"
        )
    digest = hashlib.sha256()
    for place, path in sorted(files.items()):
        content = path.read_bytes()
        digest.update(f"{place}\n{len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def _own_files(name: str, folders: Sequence[Path]) -> dict[str, Path]:
    """Every file that importing the module runs, as far as import statements say, by its place."""
    found: dict[str, Path] = {}
    waiting = [name, *_modules_below(name, folders)]
    seen: set[str] = set()
    while waiting:
        module = waiting.pop()
        if module in seen:
            continue
        seen.add(module)
        path = _locate(module, folders)
        if path is None:
            continue
        found[module] = path
        waiting.extend(_packages_above(module))
        if path.suffix == ".py":
            waiting.extend(_imported(module, path))
    return found if name in found else {}


def _locate(module: str, folders: Sequence[Path]) -> Path | None:
    place = Path(*module.split("."))
    for folder in folders:
        package = folder / place / "__init__.py"
        if package.is_file():
            return package
        for suffix in (".py", *EXTENSION_SUFFIXES):
            path = folder / place.with_name(place.name + suffix)
            if path.is_file():
                return path
    return None


def _modules_below(name: str, folders: Sequence[Path]) -> Iterator[str]:
    """What a package allows besides itself."""
    path = _locate(name, folders)
    if path is None or path.name != "__init__.py":
        return
    for below in path.parent.rglob("*.py"):
        parts = below.relative_to(path.parent).with_suffix("").parts
        yield ".".join([name, *(parts[:-1] if parts[-1] == "__init__" else parts)])


def _packages_above(module: str) -> Iterator[str]:
    parts = module.split(".")
    for count in range(1, len(parts)):
        yield ".".join(parts[:count])


def _imported(module: str, path: Path) -> Iterator[str]:
    """Names that may be modules, from every import statement of a file, wherever it stands."""
    try:
        tree = ast.parse(path.read_bytes())
    except SyntaxError:
        return  # importing it will say so
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, package)
            yield base
            for alias in node.names:
                yield f"{base}.{alias.name}"


def _absolute(node: ast.ImportFrom, package: str) -> str:
    """The module that a `from` names, relative ones made absolute."""
    if node.level == 0:
        return node.module or ""
    parts = package.split(".") if package else []
    kept = parts[: len(parts) - (node.level - 1)]
    return ".".join([*kept, *([node.module] if node.module else [])])


def _installed_files(name: str) -> dict[str, Path] | None:
    top = name.partition(".")[0]
    spec = find_spec(top)  # imports nothing, as the name has no dot
    if spec is None:
        return None
    if spec.submodule_search_locations is None:
        # What is built into Python is known by its version.
        return {top: Path(spec.origin)} if spec.has_location and spec.origin else {}
    return {
        path.relative_to(folder).as_posix(): path
        for folder in spec.submodule_search_locations
        for path in Path(folder).rglob("*.py")
    }
